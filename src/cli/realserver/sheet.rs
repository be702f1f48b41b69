//! What each real server of a definitions file needs, as commands with their reasons: one block a server.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::path::Path;

use director_core::model::{Model, RealServer, ServiceId};
use director_core::realserver::{Mode, Setup, arguments, changes, script};

use super::super::error::CliError;
use super::super::output::{Exit, Output};
use crate::loader::load;
use crate::machine::real_server::addresses_as_director;

pub(super) fn print(file: &Path, output: &mut Output) -> Result<Exit, CliError> {
    let loaded = match load(file) {
        Ok(loaded) => loaded,
        Err(error) => {
            output.findings(&error.report())?;
            return Ok(Exit::Unusable);
        }
    };
    output.findings(&loaded.report)?;
    output.text(&sheet(&loaded.model, &directors_addresses(&loaded.model)))?;
    Ok(Exit::Fine)
}

/// What one real server has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RealServerNeed {
    /// A VIP to be set up.
    Vip(Setup),
    /// A firewall mark, whose addresses the definitions do not tell.
    Mark(String, Mode),
    /// Replies must go back by the director.
    WayBack(String),
    /// The director serves by itself.
    Director(String),
}

/// The addresses that the director has for itself, as far as that can be told: its VIPs, and those of this machine when it
/// answers for one of them. Where this machine cannot be looked at it is taken for another.
fn directors_addresses(model: &Model) -> BTreeSet<IpAddr> {
    let vip = |id: ServiceId| match id {
        ServiceId::Address { vip, .. } => Some(vip),
        ServiceId::Mark { .. } => None,
    };
    let vips = model
        .services()
        .iter()
        .filter_map(|service| vip(service.id));
    let vips: BTreeSet<IpAddr> = vips.collect();
    let own = addresses_as_director(&vips).unwrap_or_default();
    vips.into_iter().chain(own).collect()
}

fn sheet(model: &Model, directors: &BTreeSet<IpAddr>) -> String {
    let mut needs: BTreeMap<IpAddr, Vec<RealServerNeed>> = BTreeMap::new();
    for service in model.services() {
        for server in service.real_servers.iter().chain(&service.fallback) {
            let address = server.endpoint.address;
            let need = if address.is_loopback() || directors.contains(&address) {
                RealServerNeed::Director(service.name.clone())
            } else {
                need(&service.id, &service.name, server)
            };
            let known = needs.entry(address).or_default();
            if !known.contains(&need) {
                known.push(need);
            }
        }
    }
    let blocks: Vec<String> = needs
        .iter()
        .map(|(server, needs)| block(*server, needs))
        .collect();
    blocks.join("\n")
}

fn need(service: &ServiceId, name: &str, server: &RealServer) -> RealServerNeed {
    let Some(mode) = Mode::of(server.forwarding) else {
        return RealServerNeed::WayBack(name.to_owned());
    };
    let ServiceId::Address { vip, .. } = service else {
        return RealServerNeed::Mark(name.to_owned(), mode);
    };
    let rip = server.endpoint.address;
    let setup = Setup::of_road(*vip, rip, server.forwarding).map(|setup| match mode {
        // ip(8) of iproute2 6.1 leaves the checksum out of a tunnel for all addresses (`external`).
        Mode::Gre { checksum: true } => Setup {
            local: Some(rip),
            ..setup
        },
        _ => setup,
    });
    setup.map_or_else(
        || RealServerNeed::WayBack(name.to_owned()),
        RealServerNeed::Vip,
    )
}

fn block(server: IpAddr, needs: &[RealServerNeed]) -> String {
    let setup = |need: &RealServerNeed| match need {
        RealServerNeed::Vip(setup) => Some(*setup),
        _ => None,
    };
    let setups: BTreeSet<Setup> = needs.iter().filter_map(setup).collect();
    let remarks: String = needs.iter().filter_map(remark).collect();
    format!("# on {server}\n{}{remarks}", commands(&setups))
}

/// The commands for all VIPs of a server; what they share is made once.
fn commands(setups: &BTreeSet<Setup>) -> String {
    if setups.is_empty() {
        return String::new();
    }
    let ups = setups
        .iter()
        .map(|setup| format!("ipvsctl realserver up {}\n", arguments(setup)));
    let same = script(&changes(setups)).into_iter();
    let same = same.map(|command| format!("#   {command}\n"));
    format!(
        "{}# the same without ipvsctl:\n{}",
        ups.collect::<String>(),
        same.collect::<String>()
    )
}

/// What a need leaves to the reader.
fn remark(need: &RealServerNeed) -> Option<String> {
    match need {
        RealServerNeed::Vip(_) => None,
        RealServerNeed::WayBack(name) => Some(format!(
            "# {name}, NAT: set nothing here, but its replies must return through the director:\n# the route to the \
             clients (usually the default route) must lead to the director's address on this network\n"
        )),
        RealServerNeed::Director(name) => Some(format!(
            "# {name}: this is the director itself, which has the VIP and must answer for it; set nothing here\n"
        )),
        RealServerNeed::Mark(name, mode) => Some(format!(
            "# {name}, {mode}: the service is a firewall mark; run this for each address of the mark:\n#   ipvsctl \
             realserver up --vip ADDRESS {}\n",
            mode.arguments()
        )),
    }
}
