//! `ipvsctl doctor`: what is wrong with this machine as a director or a real server, each fault with what was seen, why it
//! matters and what mends it.

mod daemon_service;

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use director_core::model::{HostConfig, Profile};
use serde::Serialize;

use super::error::CliError;
use super::output::{Exit, Output, count};
use super::status::{SocketArg, asked};
use crate::doctor::{DaemonService, DoctorOptions, Finding, HostFacts, gather, judge};
use crate::loader::load;
use crate::machine::real_server::default_journal;

/// The definitions that are read when nobody names others.
const USUAL_DEFINITIONS: &str = "/etc/ipvsd/ipvsd.yaml";

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct DoctorArgs {
    /// Configuration file to compare with [default: /etc/ipvsd/ipvsd.yaml if it exists]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Profile to compare the kernel's settings with: nat-gateway, dr or maglev-ecmp
    #[arg(long, value_parser = profile)]
    profile: Option<Profile>,
    /// Seconds to wait for replies from the network
    #[arg(long, value_name = "SECONDS", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=60))]
    wait: u64,
    /// Send no packets: no pings, no ARP or neighbour requests
    #[arg(long)]
    quiet: bool,
    /// State file of `ipvsctl realserver` [default: the one that it uses in this network namespace]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArg,
}

fn profile(text: &str) -> Result<Profile, String> {
    let known = Profile::ALL.iter().find(|(name, _)| *name == text);
    known
        .map(|(_, profile)| *profile)
        .ok_or_else(|| "write nat-gateway, dr or maglev-ecmp".to_owned())
}

/// Looks, judges and prints.
pub(super) fn run(args: &DoctorArgs, output: &mut Output) -> Result<Exit, CliError> {
    let usual = PathBuf::from(USUAL_DEFINITIONS);
    let file = args
        .config
        .clone()
        .or_else(|| usual.exists().then_some(usual));
    let loaded = match file.as_deref().map(load).transpose() {
        Ok(loaded) => loaded,
        Err(error) => {
            output.findings(&error.report())?;
            return Ok(Exit::Unusable);
        }
    };
    let journal = args.state.clone().unwrap_or_else(default_journal);
    let status = asked(args.socket.client().status()).ok();
    let withdrawn_vips = status.iter().flat_map(|status| &status.withdrawn_vips);
    let withdrawn_vips: BTreeSet<IpAddr> = withdrawn_vips.copied().collect();
    let services = status.iter().flat_map(|status| &status.services);
    let services: Vec<DaemonService> = services.map(daemon_service::of).collect();
    let leaving = status.iter().flat_map(|status| &status.departing);
    let leaving = leaving.map(|service| service.listen.clone()).collect();
    // ldirectord.cf has no word for such a choice.
    let yaml = loaded.as_ref().filter(|loaded| loaded.process.is_none());
    let is_declined = |choice: fn(&HostConfig) -> Option<bool>| {
        yaml.is_some_and(|loaded| choice(loaded.model.host()) == Some(false))
    };
    let options = DoctorOptions {
        model: loaded.as_ref().map(|loaded| &*loaded.model),
        profile: args
            .profile
            .or_else(|| loaded.as_ref()?.model.host().profile),
        persistent_clients_stay: is_declined(|host| host.expire_quiescent_template),
        reused_ports_stay: is_declined(|host| host.conn_reuse_mode),
        journal: &journal,
        services: &services,
        leaving: &leaving,
        withdrawn_vips: &withdrawn_vips,
        wait: (!args.quiet).then_some(Duration::from_secs(args.wait)),
    };
    let facts = gather(&options)?;
    let findings = judge(&facts);
    if args.json {
        output.json(&DoctorReport {
            healthy: findings.is_empty(),
            director: facts.is_director(),
            real_server: facts.is_real_server(),
            findings: &findings,
        })?;
    } else {
        output.text(&in_words(&facts, &findings))?;
    }
    Ok(if findings.is_empty() {
        Exit::Fine
    } else {
        Exit::Found
    })
}

/// The findings for programs.
#[derive(Serialize)]
struct DoctorReport<'a> {
    healthy: bool,
    director: bool,
    real_server: bool,
    findings: &'a [Finding],
}

fn in_words(facts: &HostFacts, findings: &[Finding]) -> String {
    let role = match (facts.is_director(), facts.is_real_server()) {
        (true, true) => "a director and real server",
        (true, false) => "a director",
        (false, true) => "a real server",
        (false, false) => "a machine without services or VIPs",
    };
    let mut text = String::new();
    for finding in findings {
        text += &format!(
            "{}: {}\n  observed  {}\n  why       {}\n  fix       {}\n\n",
            finding.fault, finding.subject, finding.observed, finding.why, finding.fix
        );
    }
    text + &format!("{} on {role}\n", count(findings.len(), "fault"))
}
