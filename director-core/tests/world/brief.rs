//! Definitions in one line each, and the model that is made of them.

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, Definitions, ForwardingDefinition, FreezeDefinition,
    Host, HostDefinition, JudgingDefinition, ListenDefinition, Placed, PortDefinition,
    PublishDefinition, RealServerDefinition, RecoveryDefinition, ServiceDefinition, VipDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::validate::validate;
use director_core::model::{Endpoint, Model, OnFailure, OnStop, Protocol, ServiceId};

use super::MARKS;

/// One virtual service in short: VIP, real servers with weights, and what happens on failure and stop.
#[derive(Debug, Clone)]
pub(crate) struct Brief {
    pub(crate) vip: &'static str,
    pub(crate) port: u64,
    pub(crate) servers: Vec<(&'static str, i64)>,
    pub(crate) fallback: Option<&'static str>,
    pub(crate) fall: u64,
    pub(crate) on_failure: OnFailure,
    pub(crate) on_stop: OnStop,
    pub(crate) recovery: RecoveryDefinition,
    /// Tiers of servers that are not in the first.
    pub(crate) tiers: Vec<(&'static str, u64)>,
    /// The interface for its VIP.
    pub(crate) interface: Option<&'static str>,
    /// The file for its state.
    pub(crate) publish: Option<&'static str>,
    /// Changes the check where a story needs another one.
    pub(crate) tune: fn(&mut CheckDefinition),
    /// Adds what else makes the verdict.
    pub(crate) evaluate: fn(&mut JudgingDefinition),
}

impl Brief {
    pub(crate) fn new(vip: &'static str, servers: &[(&'static str, i64)]) -> Self {
        Self {
            vip,
            port: 80,
            servers: servers.to_vec(),
            fallback: None,
            fall: 1,
            on_failure: OnFailure::Remove,
            on_stop: OnStop::Keep,
            recovery: RecoveryDefinition::default(),
            tiers: Vec::new(),
            interface: None,
            publish: None,
            tune: |_| {},
            evaluate: |_| {},
        }
    }
}

pub(crate) fn place() -> Place {
    Place::new(&Arc::from("test"), 1, 1, 1)
}

pub(crate) fn placed<T>(value: T) -> Placed<T> {
    Placed::new(value, place())
}

pub(crate) fn address(text: &str) -> IpAddr {
    text.parse::<IpAddr>()
        .unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED))
}

pub(crate) fn service_id(vip: &str) -> ServiceId {
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: address(vip),
        port: 80,
    }
}

pub(crate) fn endpoint(text: &str) -> Endpoint {
    Endpoint {
        address: address(text),
        port: 80,
    }
}

pub(crate) fn server(text: &str, weight: i64) -> RealServerDefinition {
    RealServerDefinition {
        weight: Some(placed(weight)),
        ..RealServerDefinition::at(place(), placed(Host::Address(address(text))))
    }
}

fn published(file: &str) -> PublishDefinition {
    PublishDefinition {
        file: placed(file.to_owned()),
        up: None,
        degraded: None,
        down: None,
    }
}

fn tier(brief: &Brief, server: &str) -> Option<u64> {
    let named = brief.tiers.iter().find(|(name, _)| *name == server);
    named.map(|(_, tier)| *tier)
}

fn service(brief: &Brief) -> ServiceDefinition {
    let mut check = CheckDefinition {
        kind: Some(placed(CheckKindDefinition::Connect)),
        every: Some(placed(Duration::from_secs(1))),
        fall: Some(placed(brief.fall)),
        ..CheckDefinition::default()
    };
    (brief.tune)(&mut check);
    let mut judging = JudgingDefinition::default();
    (brief.evaluate)(&mut judging);
    ServiceDefinition {
        place: place(),
        name: None,
        listen: placed(ListenDefinition::Address {
            protocol: Protocol::Tcp,
            host: Host::Address(address(brief.vip)),
            port: PortDefinition::Number(brief.port),
            family: None,
        }),
        vip: brief.interface.map(|interface| VipDefinition {
            interface: placed(interface.to_owned()),
            prefix: None,
            on_stop: None,
        }),
        scheduler: Some(placed("wrr".to_owned())),
        scheduler_flags: Vec::new(),
        persistence: None,
        mask: None,
        persistence_engine: None,
        persistence_each_port: None,
        publish: brief.publish.map(published),
        one_packet: None,
        forwarding: Some(placed(ForwardingDefinition::Masq)),
        check,
        judging,
        on_failure: Some(placed(brief.on_failure)),
        on_stop: Some(placed(brief.on_stop)),
        real_servers: brief
            .servers
            .iter()
            .map(|(text, weight)| RealServerDefinition {
                tier: tier(brief, text).map(placed),
                ..server(text, *weight)
            })
            .collect(),
        fallback: brief.fallback.map(|text| server(text, 1)),
        recovery: brief.recovery.clone(),
    }
}

pub(crate) fn model(briefs: &[Brief]) -> Arc<Model> {
    model_with(briefs, None)
}

/// The same with a freeze of this many servers; without one, everybody is judged by himself.
pub(crate) fn model_with(briefs: &[Brief], freeze: Option<u64>) -> Arc<Model> {
    model_of(definitions(briefs, freeze))
}

/// The definitions behind it, for stories that add to them.
pub(crate) fn definitions(briefs: &[Brief], freeze: Option<u64>) -> Definitions {
    let freeze = FreezeDefinition {
        off: freeze.is_none(),
        servers: freeze.map(placed),
        ..FreezeDefinition::default()
    };
    Definitions {
        freeze: Some(placed(freeze)),
        place: place(),
        probe_marks: Some(placed((MARKS.first.into(), MARKS.last.into()))),
        services: briefs.iter().map(service).collect(),
        // Most stories remove failed servers, and few are about the machine. Without a line there is no warning about it.
        host: HostDefinition {
            expire_nodest_conn: Some(Placed::new(false, Place::whole_file(&Arc::from("test")))),
            ..HostDefinition::default()
        },
        ..Definitions::empty()
    }
}

pub(crate) fn model_of(definitions: Definitions) -> Arc<Model> {
    let (model, findings) = validate(&definitions);
    assert!(model.is_some(), "{findings:?}");
    Arc::new(model.unwrap_or_else(Model::empty))
}
