//! A saved table as definitions, every value at the line of its command.

use std::sync::Arc;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, Definitions, ForwardingDefinition, Host,
    JudgingDefinition, ListenDefinition, Placed, PortDefinition, RealServerDefinition,
    RecoveryDefinition, ServiceDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{Endpoint, Forwarding, MarkRange, Scheduling, ServiceId, Tunnel};

use super::super::super::restore::{SavedServer, SavedService};
use super::lines::{RuleLines, SERVICE};

/// The services in this order, without checks.
pub(super) fn of(services: &[(&ServiceId, &SavedService)], source: &RuleLines<'_>) -> Definitions {
    let marks = MarkRange::USUAL;
    let whole = Place::whole_file(&Arc::from(""));
    Definitions {
        probe_marks: Some(Placed::new((marks.first.into(), marks.last.into()), whole)),
        services: services
            .iter()
            .map(|(id, service)| definition(id, service, source))
            .collect(),
        ..Definitions::empty()
    }
}

fn definition(id: &ServiceId, service: &SavedService, source: &RuleLines<'_>) -> ServiceDefinition {
    let line = service.line;
    let here = source.place(line);
    let at = |options: [&str; 2]| source.value(line, &options);
    let scheduling = &service.scheduling;
    let persistence = scheduling.persistence.as_ref();
    // Without persistence it has no effect.
    let has_mask = persistence.is_some() && !scheduling.mask.is_single_client();
    let mut servers: Vec<(&Endpoint, &SavedServer)> = service.servers.iter().collect();
    servers.sort_by_key(|(_, server)| server.line);
    ServiceDefinition {
        name: None,
        listen: Placed::new(listen(id), source.value(line, &SERVICE)),
        vip: None,
        scheduler: Some(Placed::new(
            scheduling.scheduler.clone(),
            at(["-s", "--scheduler"]),
        )),
        scheduler_flags: flags(scheduling)
            .into_iter()
            .map(|flag| Placed::new(flag, at(["-b", "--sched-flags"])))
            .collect(),
        persistence: persistence.map(|persistence| {
            Placed::new(
                persistence.timeout_seconds.into(),
                at(["-p", "--persistent"]),
            )
        }),
        mask: has_mask.then(|| Placed::new(scheduling.mask.to_string(), at(["-M", "--netmask"]))),
        persistence_engine: persistence
            .and_then(|persistence| persistence.engine.clone())
            .map(|engine| Placed::new(engine, at(["--pe", "--pe"]))),
        persistence_each_port: None,
        one_packet: scheduling
            .one_packet
            .then(|| Placed::new(true, here.clone())),
        forwarding: None,
        check: unchecked(&here),
        judging: JudgingDefinition::default(),
        on_failure: None,
        on_stop: None,
        publish: None,
        real_servers: servers
            .into_iter()
            .map(|(endpoint, server)| real_server(*endpoint, server, source))
            .collect(),
        fallback: None,
        recovery: RecoveryDefinition::default(),
        place: here,
    }
}

fn unchecked(place: &Place) -> CheckDefinition {
    CheckDefinition {
        kind: Some(Placed::new(CheckKindDefinition::AlwaysUp, place.clone())),
        ..CheckDefinition::default()
    }
}

fn listen(id: &ServiceId) -> ListenDefinition {
    match *id {
        ServiceId::Address {
            protocol,
            vip,
            port,
        } => ListenDefinition::Address {
            protocol,
            host: Host::Address(vip),
            port: PortDefinition::Number(port.into()),
            family: None,
        },
        ServiceId::Mark { family, mark } => ListenDefinition::Mark {
            family,
            mark: mark.into(),
        },
    }
}

/// The flags without the name of their scheduler, as in YAML.
fn flags(scheduling: &Scheduling) -> Vec<String> {
    let scheduler = scheduling.scheduler.as_str();
    let names = scheduling.flags.names(scheduler).into_iter();
    let short = |name: &str| {
        let own = name.strip_prefix(scheduler);
        let own = own.and_then(|name| name.strip_prefix('-'));
        own.unwrap_or(name).to_owned()
    };
    names.map(short).collect()
}

fn real_server(
    endpoint: Endpoint,
    server: &SavedServer,
    source: &RuleLines<'_>,
) -> RealServerDefinition {
    let at = |options: [&str; 2]| source.value(server.line, &options);
    let place = at(["-r", "--real-server"]);
    let number = |options| move |number: u32| Placed::new(i64::from(number), at(options));
    RealServerDefinition {
        port: Some(Placed::new(
            PortDefinition::Number(endpoint.port.into()),
            place.clone(),
        )),
        forwarding: Some(Placed::new(forwarding(server.forwarding), place.clone())),
        weight: Some(number(["-w", "--weight"])(server.weight)),
        upper_threshold: server.upper_threshold.map(number(["-x", "--u-threshold"])),
        lower_threshold: server.lower_threshold.map(number(["-y", "--l-threshold"])),
        ..RealServerDefinition::at(
            place.clone(),
            Placed::new(Host::Address(endpoint.address), place.clone()),
        )
    }
}

fn forwarding(method: Forwarding) -> ForwardingDefinition {
    match method {
        Forwarding::Masq => ForwardingDefinition::Masq,
        // The kernel delivers to addresses of its own by itself.
        Forwarding::Direct | Forwarding::Local | Forwarding::Bypass => ForwardingDefinition::Direct,
        Forwarding::Tunnel(Tunnel::Ipip) => ForwardingDefinition::Ipip,
        Forwarding::Tunnel(Tunnel::Gue { port, checksum }) => ForwardingDefinition::Gue {
            port: port.into(),
            checksum,
        },
        Forwarding::Tunnel(Tunnel::Gre { checksum }) => ForwardingDefinition::Gre { checksum },
    }
}
