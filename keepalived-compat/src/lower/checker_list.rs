//! The checks of one real server while its checkers are read, and what all checkers over the network share.

use std::net::IpAddr;
use std::time::Duration;

use director_core::definitions::Placed;
use director_core::diagnostic::Place;

use super::check::{Check, Command, FileDefaults, Kind};
use super::timing::{Timing, UsualTiming};
use super::values;
use crate::findings::Findings;
use crate::tree::Entry;

/// What surrounds the checkers of one real server.
pub(super) struct CheckerScope<'s> {
    pub(super) timing: &'s Timing,
    pub(super) virtual_host: Option<&'s Placed<String>>,
    pub(super) address: IpAddr,
    /// The port of the real server.
    pub(super) port: Option<u16>,
    /// Whether a check without a port of its own has one to probe.
    pub(super) port_is_known: bool,
    /// Whether the check has to name the port, because the table has none.
    pub(super) writes_port: bool,
    pub(super) of_file: &'s FileDefaults,
}

/// The checks of one real server.
#[derive(Debug, Clone, Default)]
pub(super) struct CheckerList {
    /// Each with the place of its checker.
    pub(super) list: Vec<(Check, Place)>,
    /// The address to probe, where it is not the server's own.
    pub(super) address: Option<Placed<IpAddr>>,
    /// A program that gives the weight, with its interval and time limit.
    pub(super) weight_from: Option<WeightProgram>,
    /// Whether the server has to pass a check before it is used.
    pub(super) starts_down: bool,
}

/// A program whose exit status gives the weight.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct WeightProgram {
    pub(super) command: Command,
    pub(super) every: Duration,
    pub(super) timeout: Duration,
}

/// Where and how a checker connects.
#[derive(Debug, Clone, Default)]
pub(super) struct Connection {
    pub(super) address: Option<Placed<IpAddr>>,
    pub(super) port: Option<u16>,
    pub(super) source: Option<IpAddr>,
    pub(super) timing: Timing,
}

/// Reads what all checkers over the network share. `other` takes the rest, and says whether it has done so.
pub(super) fn read_connection(
    checker: &Entry,
    findings: &mut Findings,
    mut other: impl FnMut(&Entry, &mut Findings) -> bool,
) -> Connection {
    let mut connection = Connection::default();
    for entry in &checker.entries {
        if connection.timing.take(entry, 0, findings) || other(entry, findings) {
            continue;
        }
        match entry.name.as_str() {
            "connect_ip" => connection.address = values::address_of(entry, findings),
            "connect_port" => {
                let port = values::number(entry, 1..=65_535, findings);
                connection.port = port.and_then(|port| u16::try_from(port.value).ok());
            }
            "bindto" => {
                connection.source = values::address_of(entry, findings).map(|source| source.value);
            }
            "bind_port" | "bind_if" | "fwmark" => {
                let message = format!("{} has no place in ipvsd and is left out", entry.name);
                let hint = "remove it; bindto is followed";
                findings.differs(&entry.place, message, hint);
            }
            // It is about keepalived's log.
            "log_all_failures" => {}
            _ => {}
        }
    }
    connection
}

/// keepalived connects to port 0 here, which fails.
fn without_port(checker: &Entry, findings: &mut Findings) -> Kind {
    let message = format!(
        "this {} has no port to probe, so a ping takes its place",
        checker.name
    );
    findings.differs(&checker.place, message, "add connect_port");
    Kind::Ping
}

impl CheckerList {
    /// Adds a check of this server.
    pub(super) fn add(
        &mut self,
        around: &CheckerScope<'_>,
        checker: &Entry,
        connection: &Connection,
        kind: Kind,
        usual: UsualTiming,
        findings: &mut Findings,
    ) {
        if let Some(address) = &connection.address {
            self.set_address(around, address, findings);
        }
        let timing = connection.timing.within(around.timing);
        self.starts_down |= timing.starts_down();
        let has_port = connection.port.is_some() || around.port_is_known;
        let kind = match has_port || kind == Kind::Ping {
            true => kind,
            false => without_port(checker, findings),
        };
        let own = connection.port.filter(|port| Some(*port) != around.port);
        let named = around.port.filter(|_| around.writes_port);
        let check = Check {
            port: own.or(named).filter(|_| kind != Kind::Ping),
            kind,
            times: timing.complete(usual),
            source: connection.source,
        };
        self.list.push((check, checker.place.clone()));
    }

    fn set_address(
        &mut self,
        around: &CheckerScope<'_>,
        address: &Placed<IpAddr>,
        findings: &mut Findings,
    ) {
        if address.value == around.address {
            return;
        }
        match &self.address {
            Some(known) if known.value != address.value => {
                let message = format!(
                    "all checks of a server probe one address in ipvsd; {} is used, not {}",
                    known.value, address.value
                );
                findings.differs(&address.place, message, "use one connect_ip for the server");
            }
            _ => self.address = Some(address.clone()),
        }
    }
}
