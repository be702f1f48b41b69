//! A virtual service and its real servers.

use director_core::definitions::{
    ForwardingDefinition, Host, Placed, RealServerDefinition, ServiceDefinition,
};
use director_core::model::{OnFailure, OnStop, TunnelChecksum};

use super::address;
use super::host;
use super::judging;
use super::node::{Content, Node};
use super::reader::{Fields, Reader};
use super::recovery;
use super::shape;

const FORWARDING_WORDS: &str = "write nat, dr or tunnel";

/// A service, as far as it can be read.
pub(super) fn service(node: &Node, reader: &mut Reader) -> Option<ServiceDefinition> {
    let fields = reader.fields(node, &shape::SERVICE, &[])?;
    let listen = match fields.get("listen") {
        Some(listen) => address::listen(listen, reader),
        None => {
            let hint = format!("write {}", fields.example("listen"));
            reader.error(fields.place, "this service has no listen address", hint);
            Placed::new(address::unusable_listen(), node.place.clone())
        }
    };
    let (scheduler, scheduler_flags) = scheduler(&fields, reader);
    let persistence = persistence(&fields, reader);
    let (check, judging) = judging::checks(&fields, reader);
    let (recovery, fallback) = recovery::recovery(&fields, reader);
    Some(ServiceDefinition {
        place: node.place.clone(),
        name: reader.text_of(&fields, "name"),
        listen,
        vip: host::vip(&fields, reader),
        scheduler,
        scheduler_flags,
        persistence: persistence.timeout,
        mask: persistence.mask,
        persistence_engine: persistence.engine,
        one_packet: reader.truth_of(&fields, "one_packet"),
        forwarding: forwarding(&fields, reader),
        check,
        judging,
        on_failure: reader.word_of(
            &fields,
            "on_failure",
            &[
                ("remove", OnFailure::Remove),
                ("quiesce", OnFailure::Quiesce),
                ("drain", OnFailure::Drain),
            ],
        ),
        on_stop: reader.word_of(
            &fields,
            "on_stop",
            &[("keep", OnStop::Keep), ("remove", OnStop::Remove)],
        ),
        real_servers: real_servers(&fields, reader),
        fallback,
        recovery,
    })
}

/// `rr`, or `{name: sh, flags: [fallback, port]}`.
fn scheduler(
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> (Option<Placed<String>>, Vec<Placed<String>>) {
    let Some(node) = fields.get("scheduler") else {
        return (None, Vec::new());
    };
    if !matches!(node.content, Content::Mapping(_)) {
        return (reader.text(node, &fields.example("scheduler")), Vec::new());
    }
    let Some(inner) = reader.fields(node, &shape::SCHEDULER, &[]) else {
        return (None, Vec::new());
    };
    let example = inner.example("flags");
    let flags = match inner.get("flags") {
        Some(flags) => reader.list(flags, "flags", &example),
        None => &[],
    };
    let flags = flags
        .iter()
        .filter_map(|flag| reader.text(flag, &example))
        .collect();
    let name = reader.text_of(&inner, "name");
    if name.is_none() && inner.get("name").is_none() {
        let hint = format!("write {}", inner.example("name"));
        reader.error(inner.place, "the scheduler has no name", hint);
    }
    (name, flags)
}

#[derive(Default)]
struct Persistence {
    timeout: Option<Placed<u64>>,
    mask: Option<Placed<String>>,
    engine: Option<Placed<String>>,
}

/// `5m`, or `{timeout: 5m, mask: 24, engine: sip}`.
fn persistence(fields: &Fields<'_>, reader: &mut Reader) -> Persistence {
    let Some(node) = fields.get("persistence") else {
        return Persistence::default();
    };
    if !matches!(node.content, Content::Mapping(_)) {
        let text = reader.text(node, &fields.example("persistence"));
        return Persistence {
            timeout: text.and_then(|text| whole_seconds(&text, reader)),
            ..Persistence::default()
        };
    }
    let Some(inner) = reader.fields(node, &shape::PERSISTENCE, &[]) else {
        return Persistence::default();
    };
    if inner.get("timeout").is_none() {
        let hint = format!("write {}", inner.example("timeout"));
        reader.error(inner.place, "the persistence has no timeout", hint);
    }
    let timeout = reader.text_of(&inner, "timeout");
    Persistence {
        timeout: timeout.and_then(|text| whole_seconds(&text, reader)),
        mask: reader.text_of(&inner, "mask"),
        engine: reader.text_of(&inner, "engine"),
    }
}

fn whole_seconds(text: &Placed<String>, reader: &mut Reader) -> Option<Placed<u64>> {
    let span = reader.duration(text)?;
    if span.value.subsec_nanos() != 0 {
        let message = format!(
            "the kernel counts persistence in whole seconds, not {}",
            text.value
        );
        reader.error(
            &text.place,
            message,
            "write whole seconds, such as 300s or 5m",
        );
    }
    Some(span.map(|span| span.as_secs()))
}

/// `nat`, `dr`, `tunnel`, or `{tunnel: gue, port: 6080, checksum: on}`. What cannot be read is marked as unusable, so that
/// nobody is told that the method is missing.
fn forwarding(fields: &Fields<'_>, reader: &mut Reader) -> Option<Placed<ForwardingDefinition>> {
    let node = fields.get("forwarding")?;
    let choice = match node.content {
        Content::Mapping(_) => reader
            .fields(node, &shape::TUNNEL, &[])
            .and_then(|inner| tunnel(&inner, reader)),
        _ => reader
            .text(node, &fields.example("forwarding"))
            .and_then(|text| forwarding_word(&text, reader)),
    };
    let choice = choice.unwrap_or(ForwardingDefinition::Unusable);
    Some(Placed::new(choice, node.place.clone()))
}

fn forwarding_word(text: &Placed<String>, reader: &mut Reader) -> Option<ForwardingDefinition> {
    let old_name = match text.value.as_str() {
        "masq" | "masquerade" | "masquerading" => Some("nat"),
        "gate" | "direct" | "gatewaying" => Some("dr"),
        "ipip" => Some("tunnel"),
        _ => None,
    };
    if let Some(name) = old_name {
        let message = format!("forwarding {:?} has another name here", text.value);
        reader.error(&text.place, message, format!("write {name}"));
        return None;
    }
    let words = [
        ("nat", ForwardingDefinition::Masq),
        ("dr", ForwardingDefinition::Direct),
        ("tunnel", ForwardingDefinition::Ipip),
    ];
    reader.word(text, "forwarding", &words)
}

fn tunnel(fields: &Fields<'_>, reader: &mut Reader) -> Option<ForwardingDefinition> {
    /// The port that IANA assigned to GUE.
    const GUE_PORT: u64 = 6080;
    #[derive(Clone, Copy, PartialEq)]
    enum Kind {
        Ipip,
        Gue,
        Gre,
    }
    let kinds = [("ipip", Kind::Ipip), ("gue", Kind::Gue), ("gre", Kind::Gre)];
    let checksums = [
        ("off", TunnelChecksum::Off),
        ("on", TunnelChecksum::On),
        ("remote", TunnelChecksum::Remote),
    ];
    let kind = reader.word_of(fields, "tunnel", &kinds);
    let port = reader.number_of::<u64>(fields, "port");
    let checksum = reader.word_of(fields, "checksum", &checksums);
    let Some(kind) = kind else {
        if fields.get("tunnel").is_none() {
            let hint = format!(
                "{}, or give forwarding the settings of a tunnel",
                FORWARDING_WORDS
            );
            reader.error(fields.place, "the kind of tunnel is missing", hint);
        }
        return None;
    };
    if let Some(port) = port.as_ref().filter(|_| kind.value != Kind::Gue) {
        reader.error(&port.place, "only a gue tunnel has a port", "leave it out");
    }
    if let Some(checksum) = &checksum {
        let fault = match (kind.value, checksum.value) {
            (Kind::Ipip, _) => Some(("an ipip tunnel has no checksum", "leave it out")),
            (Kind::Gre, TunnelChecksum::Remote) => {
                Some(("a gre tunnel knows no remote checksum", "write on or off"))
            }
            _ => None,
        };
        if let Some((message, hint)) = fault {
            reader.error(&checksum.place, message, hint);
        }
    }
    let checksum = checksum.map_or(TunnelChecksum::Off, |checksum| checksum.value);
    Some(match kind.value {
        Kind::Ipip => ForwardingDefinition::Ipip,
        Kind::Gue => ForwardingDefinition::Gue {
            port: port.map_or(GUE_PORT, |port| port.value),
            checksum,
        },
        Kind::Gre => ForwardingDefinition::Gre { checksum },
    })
}

fn real_servers(fields: &Fields<'_>, reader: &mut Reader) -> Vec<RealServerDefinition> {
    let Some(node) = fields.get("real_servers") else {
        return Vec::new();
    };
    reader
        .list(node, "real_servers", &fields.example("real_servers"))
        .iter()
        .filter_map(|item| real_server(item, reader))
        .collect()
}

/// `192.168.6.4:80`, or `{address: 192.168.6.4:80, weight: 2}`.
pub(super) fn real_server(node: &Node, reader: &mut Reader) -> Option<RealServerDefinition> {
    let fields = match node.content {
        Content::Mapping(_) => Some(reader.fields(node, &shape::REAL_SERVER, &[])?),
        _ => None,
    };
    let example = "a real server as 10.0.0.11:80";
    let address = match &fields {
        None => Some(node),
        Some(fields) => fields.get("address"),
    };
    let written = match address {
        Some(address) => {
            let text = reader.text(address, example)?;
            address::server(address, &text.value, reader)
        }
        None => {
            reader.error(
                &node.place,
                "this real server has no address",
                "write address: 10.0.0.11:80",
            );
            address::Address {
                host: Placed::new(Host::Unusable, node.place.clone()),
                last: None,
                port: None,
            }
        }
    };
    let mut server = RealServerDefinition {
        place: node.place.clone(),
        host: written.host,
        last: written.last,
        port: written.port,
        forwarding: None,
        weight: None,
        tier: None,
        upper_threshold: None,
        lower_threshold: None,
        request: None,
        receive: None,
    };
    if let Some(fields) = &fields {
        server.forwarding = forwarding(fields, reader);
        server.weight = reader.number_of(fields, "weight");
        server.tier = reader.number_of(fields, "tier");
        server.upper_threshold = reader.number_of(fields, "upper_threshold");
        server.lower_threshold = reader.number_of(fields, "lower_threshold");
        server.request = reader.text_of(fields, "request");
        server.receive = reader.text_of(fields, "receive");
    }
    Some(server)
}
