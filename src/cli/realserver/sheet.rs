//! What each real server of a definitions file needs, as commands with their reasons: one block a server.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;

use director_core::model::{Model, RealServer, ServiceId};
use director_core::realserver::{Mode, Setup, script};

use super::super::error::CliError;
use super::super::output::{Exit, Output};
use crate::loader::load;

/// Loads and prints.
pub(super) fn print(file: &Path, output: &mut Output) -> Result<Exit, CliError> {
    let loaded = match load(file) {
        Ok(loaded) => loaded,
        Err(error) => {
            output.findings(&error.report())?;
            return Ok(Exit::Unusable);
        }
    };
    output.findings(&loaded.report)?;
    output.text(&sheet(&loaded.model))?;
    Ok(Exit::Fine)
}

/// What one real server has to do.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Need {
    /// A VIP to be set up.
    Vip(Setup),
    /// A firewall mark, whose addresses the definitions do not tell.
    Mark(String, Mode),
    /// Replies must go back by the director.
    WayBack(String),
}

fn sheet(model: &Model) -> String {
    let mut needs: BTreeMap<IpAddr, Vec<Need>> = BTreeMap::new();
    for service in model.services() {
        for server in service.real_servers.iter().chain(&service.fallback) {
            let need = need(&service.id, &service.name, server);
            let known = needs.entry(server.endpoint.address).or_default();
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

fn need(service: &ServiceId, name: &str, server: &RealServer) -> Need {
    let Some(mode) = Mode::of(server.forwarding) else {
        return Need::WayBack(name.to_owned());
    };
    let ServiceId::Address { vip, .. } = service else {
        return Need::Mark(name.to_owned(), mode);
    };
    let setup = Setup::of_road(*vip, server.endpoint.address, server.forwarding);
    setup.map_or_else(|| Need::WayBack(name.to_owned()), Need::Vip)
}

fn block(server: IpAddr, needs: &[Need]) -> String {
    let mut text = format!("# on {server}\n");
    for need in needs {
        match need {
            Need::WayBack(name) => {
                text += &format!(
                    "# {name}, NAT: nothing is set here, but its replies must go back by the director:\n\
                     # the route to the clients (mostly the default route) must lead to the director's address on this network\n"
                );
            }
            Need::Mark(name, mode) => {
                text += &format!(
                    "# {name}, {mode}: the service is a firewall mark; do this for each address that the mark is set for:\n\
                     #   ipvsctl realserver up --vip ADDRESS --mode {}\n",
                    flags(*mode)
                );
            }
            Need::Vip(setup) => {
                let local = setup
                    .local
                    .map(|local| format!(" --local {local}"))
                    .unwrap_or_default();
                text += &format!(
                    "ipvsctl realserver up --vip {} --mode {}{local}\n",
                    setup.vip,
                    flags(setup.mode)
                );
                text += "# the same without ipvsctl:\n";
                for command in script(setup) {
                    text += &format!("#   {command}\n");
                }
            }
        }
    }
    text
}

fn flags(mode: Mode) -> String {
    match mode {
        Mode::Dr => "dr".to_owned(),
        Mode::Ipip => "ipip".to_owned(),
        Mode::Gre { checksum: false } => "gre".to_owned(),
        Mode::Gre { checksum: true } => "gre --checksum".to_owned(),
        Mode::Gue { port } => format!("gue --port {port}"),
    }
}
