//! `ipvsctl drain`, `disable`, `maintenance`, `weight` and `enable`: overrides by an operator;
//! `ipvsctl overrides` lists them.

mod author;
mod list;
mod wait;

use std::collections::BTreeSet;
use std::time::Duration;

use clap::Args;
use director_core::model::LARGEST_WEIGHT;
use director_core::overrides::OverrideKind;

use super::completion;
use super::error::CliError;
use super::output::{Exit, Output};
use super::status::SocketArg;
use crate::api::Client;
use crate::api::overrides::{AffectedServer, OverrideOutcome, OverrideRequest};
use crate::loader;

pub(super) use list::{OverridesArgs, run as run_list};

/// Whom an order concerns.
#[derive(Debug, Args)]
pub(super) struct TargetArgs {
    /// Virtual service (its name, or its listen address such as tcp://192.0.2.10:80) and real server (its address or its
    /// host name in the configuration, with the port if needed)
    #[arg(
        value_name = "SERVICE SERVER",
        num_args = 1..=2,
        required = true,
        add = completion::service_and_server()
    )]
    whom: Vec<String>,
    /// Apply to every service of this server; name only the server
    #[arg(long)]
    all_services: bool,
    /// Name to record beside your user name [default: the user behind sudo]
    #[arg(long, value_name = "NAME")]
    author: Option<String>,
    #[command(flatten)]
    socket: SocketArg,
}

/// An order.
#[derive(Debug, Args)]
pub(super) struct OverrideArgs {
    #[command(flatten)]
    whom: TargetArgs,
    /// Reason to record
    #[arg(long, short, value_name = "TEXT", default_value = "no reason given")]
    message: String,
    /// Remove the override after this time, for example 30m or 2h [default: never]
    #[arg(long = "for", value_name = "TIME", value_parser = time)]
    lasts: Option<Duration>,
    /// Skip the safety limits, for example for the last server of a service
    #[arg(long)]
    force: bool,
    /// Replace the override that another author has set, or one that is stricter or lasts longer
    #[arg(long)]
    replace: bool,
    /// Wait until the server has no active connection, and no persistent client that it would get again; exit with status 1 if it
    /// does not get there
    #[arg(long)]
    wait: bool,
    /// Stop waiting after this time
    #[arg(long, value_name = "TIME", value_parser = time, requires = "wait")]
    wait_at_most: Option<Duration>,
}

/// The arguments of `ipvsctl enable`.
#[derive(Debug, Args)]
pub(super) struct EnableArgs {
    #[command(flatten)]
    whom: TargetArgs,
    /// End the override that another author has set, too
    #[arg(long)]
    replace: bool,
}

/// The arguments of `ipvsctl weight`.
#[derive(Debug, Args)]
pub(super) struct WeightArgs {
    /// New weight; 0 sends no new connections
    #[arg(long, value_name = "WEIGHT", value_parser = clap::value_parser!(u32).range(0..=i64::from(LARGEST_WEIGHT)))]
    to: u32,
    #[command(flatten)]
    args: OverrideArgs,
}

/// A time as typed.
pub(super) fn time(text: &str) -> Result<Duration, String> {
    let known = loader::duration(text).filter(|time| !time.is_zero());
    known.ok_or_else(|| "write a number and its unit: 30s, 10m, 2h".to_owned())
}

impl TargetArgs {
    /// Service and server as typed.
    fn named(&self) -> Result<(Option<String>, String), CliError> {
        match (self.whom.as_slice(), self.all_services) {
            ([server], true) => Ok((None, server.clone())),
            ([service, server], false) => Ok((Some(service.clone()), server.clone())),
            ([server], false) => Err(CliError::Usage(format!(
                "write the service before {server}, or use --all-services"
            ))),
            _ => Err(CliError::Usage(
                "with --all-services write only the server".to_owned(),
            )),
        }
    }

    fn request(&self, kind: Option<OverrideKind>) -> Result<OverrideRequest, CliError> {
        let (service, server) = self.named()?;
        Ok(OverrideRequest {
            kind,
            service,
            server,
            author: self.author.clone().unwrap_or_else(author::behind_sudo),
            reason: String::new(),
            duration_seconds: None,
            force: false,
            replace: false,
        })
    }
}

/// Sets a weight.
pub(super) fn run_weight(args: &WeightArgs, output: &mut Output) -> Result<Exit, CliError> {
    run(OverrideKind::Weight(args.to), &args.args, output)
}

/// Gives an order and says whom it concerns; waits where that is wished.
pub(super) fn run(
    kind: OverrideKind,
    args: &OverrideArgs,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let client = args.whom.socket.client();
    let request = OverrideRequest {
        reason: args.message.clone(),
        duration_seconds: args.lasts.map(|lasts| lasts.as_secs_f64()),
        force: args.force,
        replace: args.replace,
        ..args.whom.request(Some(kind))?
    };
    let before = match kind {
        OverrideKind::Drain | OverrideKind::Weight(0) => {
            let status = super::status::asked(client.status())?;
            Some(wait::in_table(&status))
        }
        _ => None,
    };
    let outcome = super::status::asked(client.set_override(&request))?;
    let end = args.lasts.map_or_else(
        || "until removed".to_owned(),
        |lasts| format!("for {}", super::status::span(lasts.as_secs_f64())),
    );
    for one in &outcome.servers {
        output.text(&format!("{}: {kind}, {end}\n", shown(one)))?;
    }
    warn(&outcome, output)?;
    if let Some(before) = before
        && say_what_was_removed(&client, &outcome, &before, output)?
        && args.wait
    {
        return Ok(Exit::Found);
    }
    if args.wait {
        return drained(&client, &outcome, args.wait_at_most, output);
    }
    Ok(Exit::Fine)
}

/// Lifts what was ordered by command.
pub(super) fn run_enable(args: &EnableArgs, output: &mut Output) -> Result<Exit, CliError> {
    let request = OverrideRequest {
        replace: args.replace,
        ..args.whom.request(None)?
    };
    let client = args.whom.socket.client();
    let outcome = super::status::asked(client.set_override(&request))?;
    for one in &outcome.servers {
        output.text(&format!("{}: no overrides\n", shown(one)))?;
    }
    for left in &outcome.remaining {
        output.note(&format!(
            "{}: {} by {} remains: {}",
            shown(&left.server),
            left.status.kind,
            left.status.author,
            left.status.reason
        ))?;
    }
    warn(&outcome, output)?;
    Ok(if outcome.remaining.is_empty() {
        Exit::Fine
    } else {
        Exit::Found
    })
}

/// Says which servers were removed at once in place of weight 0; whether there are any.
fn say_what_was_removed(
    client: &Client,
    outcome: &OverrideOutcome,
    before: &BTreeSet<wait::ServerPlace>,
    output: &mut Output,
) -> Result<bool, CliError> {
    let status = super::status::asked(client.status())?;
    let removed = wait::removed_at_once(&status, &outcome.servers, before);
    for server in &removed {
        output.note(&format!(
            "{}: removed at once, and its open connections end: its scheduler refuses the clients of a server with weight 0",
            shown(server)
        ))?;
    }
    Ok(!removed.is_empty())
}

fn drained(
    client: &Client,
    outcome: &OverrideOutcome,
    limit: Option<Duration>,
    output: &mut Output,
) -> Result<Exit, CliError> {
    match wait::until_drained(client, &outcome.servers, limit, output)? {
        Ok(()) => {
            output.text("drained: no active connections\n")?;
            Ok(Exit::Fine)
        }
        Err(why) => {
            output.note(&why)?;
            Ok(Exit::Found)
        }
    }
}

fn shown(one: &AffectedServer) -> String {
    if one.name == one.listen {
        format!("{} {}", one.listen, one.address)
    } else {
        format!("{} ({}) {}", one.listen, one.name, one.address)
    }
}

fn warn(outcome: &OverrideOutcome, output: &mut Output) -> Result<(), CliError> {
    match &outcome.not_persisted {
        Some(why) => output.note(&format!(
            "a restart of the daemon will lose this override: {why}"
        )),
        None => Ok(()),
    }
}
