//! A virtual server becomes a service for each address and mark that it listens on.

use director_core::definitions::{
    CheckDefinition, DrainDefinition, ForwardingDefinition, JudgingDefinition, ListenDefinition,
    Placed, RealServerDefinition, RecoveryDefinition, ServiceDefinition, WeightFromDefinition,
    WeightSourceDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{InitialHealth, OnFailure, OnStop, Protocol};

use super::check::FileDefaults;
use super::checker_list::CheckerList;
use super::group::AddressGroup;
use super::listening::{Listening, PERSISTENCE_OF_ALL_PORTS, listening, report_usual};
use super::quorum;
use super::server::{ServerBlock, bare, is_tunnel};
use super::shared::{Ports, checks_of, definitions, is_same, report_other_weights, shared};
use super::virtual_server::VirtualServer;
use crate::findings::Findings;

/// The services of a virtual server.
pub(super) fn services(
    server: &VirtualServer<'_>,
    groups: &[AddressGroup],
    of_file: &FileDefaults,
    findings: &mut Findings,
) -> Vec<ServiceDefinition> {
    let listening = listening(server, groups, findings);
    let plan = Plan::of(server, &listening, of_file, findings);
    report_usual(server, &listening, findings);
    listening
        .iter()
        .filter_map(|listen| plan.service(server, listen, findings))
        .collect()
}

/// What all services of a virtual server share.
struct Plan {
    checks: Vec<CheckerList>,
    shared: CheckerList,
    judging: JudgingDefinition,
    check: CheckDefinition,
    on_failure: OnFailure,
    /// Seconds; where one of several addresses has no port, all are persistent.
    persistence: Option<Placed<u64>>,
}

impl Plan {
    fn of(
        server: &VirtualServer<'_>,
        listening: &[Listening],
        of_file: &FileDefaults,
        findings: &mut Findings,
    ) -> Self {
        let ports = Ports {
            all: listening.iter().map(|listen| listen.port).collect(),
            is_nat: usual_forwarding(server, &server.place).value == ForwardingDefinition::Masq,
        };
        let checks: Vec<CheckerList> = server
            .servers
            .iter()
            .map(|real| checks_of(real, server, &ports, of_file, findings))
            .collect();
        let shared = shared(&checks);
        for (real, own) in server.servers.iter().zip(&checks) {
            report_other_weights(real, own, &shared, findings);
        }
        let mut definitions = definitions(&shared, &server.place).into_iter();
        let starts_down = checks.iter().any(|checks| checks.starts_down);
        Self {
            check: definitions.next().unwrap_or_default(),
            judging: JudgingDefinition {
                further_checks: definitions.collect(),
                initial_health: starts_down
                    .then(|| Placed::new(InitialHealth::Down, server.place.clone())),
                weight_from: shared.weight_from.as_ref().map(|program| {
                    let place = &server.place;
                    let weight = WeightFromDefinition {
                        source: WeightSourceDefinition::Command(program.command.definition(place)),
                        every: Some(Placed::new(program.every, place.clone())),
                        timeout: Some(Placed::new(program.timeout, place.clone())),
                    };
                    Placed::new(weight, place.clone())
                }),
                ..JudgingDefinition::default()
            },
            on_failure: on_failure(server, findings),
            persistence: server.persistence.clone().or_else(|| {
                let is_open = |listen: &Listening| listen.is_of_all_ports();
                let usual = Placed::new(PERSISTENCE_OF_ALL_PORTS, server.place.clone());
                listening.iter().any(is_open).then_some(usual)
            }),
            checks,
            shared,
        }
    }

    fn service(
        &self,
        server: &VirtualServer<'_>,
        listening: &Listening,
        findings: &mut Findings,
    ) -> Option<ServiceDefinition> {
        let placed = |text: String| Placed::new(text, listening.place.clone());
        let is_mark = matches!(listening.listen, ListenDefinition::Mark { .. });
        let is_udp = matches!(
            listening.listen,
            ListenDefinition::Address {
                protocol: Protocol::Udp,
                ..
            }
        );
        let real_servers = self.real_servers(server, listening);
        if real_servers.is_empty() {
            let message = format!(
                "no real server is {}, so this address is not balanced",
                listening.family
            );
            findings.faulty(
                &listening.place,
                message,
                "add a real_server of this family, or use TUN",
            );
            return None;
        }
        let persistence = self.persistence.clone();
        let minimum_healthy = quorum::minimum(server, real_servers.len(), findings);
        let scheduler = server
            .scheduler
            .clone()
            .unwrap_or_else(|| placed("wlc".to_owned()));
        Some(ServiceDefinition {
            place: listening.place.clone(),
            name: None,
            listen: Placed::new(listening.listen.clone(), listening.place.clone()),
            vip: None,
            scheduler_flags: server.flags.clone(),
            scheduler: Some(scheduler),
            mask: server.mask.clone().filter(|_| persistence.is_some()),
            persistence_engine: server.persistence_engine.clone(),
            persistence_each_port: None,
            persistence,
            one_packet: server
                .one_packet
                .as_ref()
                .filter(|_| is_udp || is_mark)
                .map(|place| Placed::new(true, place.clone())),
            forwarding: Some(usual_forwarding(server, &listening.place)),
            check: self.check.clone(),
            judging: self.judging.clone(),
            on_failure: Some(Placed::new(self.on_failure, listening.place.clone())),
            on_stop: Some(Placed::new(OnStop::Remove, listening.place.clone())),
            publish: None,
            real_servers,
            fallback: fallback(server, listening),
            recovery: RecoveryDefinition {
                // A server that leaves the file leaves the table at once.
                drain: drains(server).then(|| DrainDefinition {
                    place: listening.place.clone(),
                    off: true,
                    timeout: None,
                    then: None,
                }),
                minimum_healthy,
                ..RecoveryDefinition::default()
            },
        })
    }

    /// The servers of this family, and those behind tunnels.
    fn real_servers(
        &self,
        server: &VirtualServer<'_>,
        listening: &Listening,
    ) -> Vec<RealServerDefinition> {
        let usual = usual_forwarding(server, &listening.place);
        let fits = |real: &ServerBlock<'_>| {
            let method = real.forwarding.as_ref().unwrap_or(&usual);
            real.family() == listening.family || is_tunnel(Some(method))
        };
        let own = server
            .servers
            .iter()
            .zip(&self.checks)
            .filter(|(real, _)| fits(real));
        own.map(|(real, checks)| {
            let address = checks.address.as_ref();
            let definition =
                real.definition(server.weight.as_ref(), address, &usual, listening.port == 0);
            RealServerDefinition {
                checks: match is_same(checks, &self.shared) {
                    true => Vec::new(),
                    false => definitions(checks, &real.place),
                },
                ..definition
            }
        })
        .collect()
    }
}

fn usual_forwarding(server: &VirtualServer<'_>, place: &Place) -> Placed<ForwardingDefinition> {
    let nat = || Placed::new(ForwardingDefinition::Masq, place.clone());
    server.forwarding.clone().unwrap_or_else(nat)
}

/// Whether anything could drain: a hashing scheduler without its fallback flag refuses the clients of a server with weight 0.
fn drains(server: &VirtualServer<'_>) -> bool {
    let flag = match server
        .scheduler
        .as_ref()
        .map_or("", |name| name.value.as_str())
    {
        "dh" => return false,
        "sh" => "sh-fallback",
        "mh" => "mh-fallback",
        _ => return true,
    };
    server.flags.iter().any(|known| known.value == flag)
}

/// `inhibit_on_failure` keeps a failed server with weight 0.
fn on_failure(server: &VirtualServer<'_>, findings: &mut Findings) -> OnFailure {
    let own = |real: &ServerBlock<'_>| {
        let written = real.inhibit.as_ref().map(|inhibit| inhibit.value);
        written.unwrap_or(server.inhibit.is_some())
    };
    let inhibited = server.servers.iter().filter(|real| own(real)).count();
    let inhibits = inhibited * 2 > server.servers.len();
    let otherwise = server.servers.iter().filter(|real| own(real) != inhibits);
    for real in otherwise {
        let place = real
            .inhibit
            .as_ref()
            .map_or(&real.place, |inhibit| &inhibit.place);
        let what = if inhibits {
            "stays with weight 0 when it fails"
        } else {
            "is removed when it fails"
        };
        let message = format!(
            "all servers of a service are treated alike: {} {what}",
            real.address.value
        );
        findings.differs(
            place,
            message,
            "write inhibit_on_failure in the virtual_server, or nowhere",
        );
    }
    if inhibits {
        OnFailure::Quiesce
    } else {
        OnFailure::Remove
    }
}

fn fallback(server: &VirtualServer<'_>, listening: &Listening) -> Option<RealServerDefinition> {
    let sorry = server.sorry_of(listening.family)?;
    let usual = usual_forwarding(server, &sorry.place);
    let own = sorry
        .forwarding
        .as_ref()
        .filter(|method| method.value != usual.value);
    Some(bare(&sorry.place, &sorry.address, sorry.port.as_ref(), own))
}
