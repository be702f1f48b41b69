//! The sentences about changes of the table, as ldirectord has written them for twenty years into logs and subjects.

use std::net::SocketAddr;

use crate::model::{Endpoint, Protocol, ServiceId};
use crate::plan::{Cause, Op};

/// What a change means for the real server that it is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    /// It takes connections from now on.
    In,
    /// It failed, or an override took it out.
    Out,
    /// It is no longer there, without having failed.
    Gone,
    /// The change is about the fallback, or about the service itself.
    Other,
}

/// A change of the table in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableEvent {
    /// The sentence.
    pub text: String,
    /// What it means.
    pub transition: Turn,
}

/// The service as it stands in these sentences: address and port, or the mark.
#[must_use]
pub fn service_words(service: &ServiceId) -> String {
    match service {
        ServiceId::Address { vip, port, .. } => SocketAddr::new(*vip, *port).to_string(),
        ServiceId::Mark { mark, .. } => mark.to_string(),
    }
}

/// The service's protocol as it stands in commands.
#[must_use]
pub fn protocol_word(service: &ServiceId) -> &'static str {
    match service {
        ServiceId::Address { protocol, .. } => match protocol {
            Protocol::Tcp => "tcp",
            Protocol::Udp => "udp",
            Protocol::Sctp => "sctp",
        },
        ServiceId::Mark { .. } => "fwm",
    }
}

/// What a change of the table is called.
#[must_use]
pub fn table_event(op: &Op, cause: Cause) -> TableEvent {
    let service = service_words(&op.service());
    let about_service = |text: String| TableEvent {
        text,
        transition: Turn::Other,
    };
    match op {
        Op::AddService { .. } => about_service(format!("Added virtual server: {service}")),
        Op::EditService { .. } => about_service(format!("Changed virtual server: {service}")),
        Op::DeleteService { .. } => {
            let occasion = occasion(cause);
            about_service(format!("Purged virtual server ({occasion}): {service}"))
        }
        Op::AddServer {
            server, settings, ..
        } => came("Added", &service, server, settings.weight, cause),
        Op::EditServer { server, to, .. } => came("Restored", &service, server, to.weight, cause),
        Op::DeleteServer { server, .. } => left(&service, server, cause),
    }
}

/// What is said of a real server that leaves with its service when the director stops.
#[must_use]
pub fn stopped_server(service: &ServiceId, server: &Endpoint) -> TableEvent {
    purged(&service_words(service), server, Cause::Stop)
}

/// What is said of a real server that was down at its first probe, so that nothing changed in the table.
#[must_use]
pub fn found_down(service: &ServiceId, server: &Endpoint, quiesced: bool) -> TableEvent {
    let service = service_words(service);
    if quiesced {
        came("Quiescent", &service, server, 0, Cause::ServerDown)
    } else {
        left(&service, server, Cause::ServerDown)
    }
}

/// What is said again and again of a real server that stays down.
#[must_use]
pub fn still_down(service: &ServiceId, server: &Endpoint) -> String {
    let service = service_words(service);
    format!("Inaccessible real server: {server} ({service})")
}

fn came(verb: &str, service: &str, server: &Endpoint, weight: u32, cause: Cause) -> TableEvent {
    let quiesced = weight == 0 && matches!(cause, Cause::ServerDown | Cause::Override);
    let (verb, transition) = match cause {
        _ if quiesced => ("Quiescent", Turn::Out),
        Cause::Fallback => (verb, Turn::Other),
        _ => (verb, Turn::In),
    };
    let role = role(cause);
    TableEvent {
        text: format!("{verb} {role} server: {server} ({service}) (Weight set to {weight})"),
        transition,
    }
}

fn left(service: &str, server: &Endpoint, cause: Cause) -> TableEvent {
    let transition = match cause {
        Cause::Fallback => Turn::Other,
        Cause::NoLongerDefined | Cause::Stop => return purged(service, server, cause),
        Cause::Defined | Cause::ServerUp | Cause::ServerDown | Cause::Override => Turn::Out,
    };
    let role = role(cause);
    TableEvent {
        text: format!("Deleted {role} server: {server} ({service})"),
        transition,
    }
}

fn purged(service: &str, server: &Endpoint, cause: Cause) -> TableEvent {
    let occasion = occasion(cause);
    TableEvent {
        text: format!("Purged real server ({occasion}): {server} ({service})"),
        transition: Turn::Gone,
    }
}

fn role(cause: Cause) -> &'static str {
    if cause == Cause::Fallback {
        "fallback"
    } else {
        "real"
    }
}

fn occasion(cause: Cause) -> &'static str {
    if cause == Cause::Stop {
        "stop"
    } else {
        "start"
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Family, Forwarding};
    use crate::table::ServerSettings;

    const SERVICE: ServiceId = ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10)),
        port: 80,
    };

    fn server() -> Endpoint {
        Endpoint {
            address: [10, 0, 0, 1].into(),
            port: 8080,
        }
    }

    fn settings(weight: u32) -> ServerSettings {
        ServerSettings {
            forwarding: Forwarding::Masq,
            weight,
            upper_threshold: 0,
            lower_threshold: 0,
        }
    }

    fn add(weight: u32) -> Op {
        Op::AddServer {
            service: SERVICE,
            server: server(),
            settings: settings(weight),
        }
    }

    fn edit(to: u32) -> Op {
        Op::EditServer {
            service: SERVICE,
            server: server(),
            from: settings(7),
            to: settings(to),
        }
    }

    fn delete() -> Op {
        Op::DeleteServer {
            service: SERVICE,
            server: server(),
            settings: settings(5),
        }
    }

    #[test]
    fn every_change_has_the_sentence_that_filters_look_for() {
        let tail = "server: 10.0.0.1:8080 (192.0.2.10:80)";
        let cases = [
            (
                add(5),
                Cause::ServerUp,
                format!("Added real {tail} (Weight set to 5)"),
                Turn::In,
            ),
            (
                add(0),
                Cause::ServerUp,
                format!("Added real {tail} (Weight set to 0)"),
                Turn::In,
            ),
            (
                add(0),
                Cause::ServerDown,
                format!("Quiescent real {tail} (Weight set to 0)"),
                Turn::Out,
            ),
            (
                add(1),
                Cause::Fallback,
                format!("Added fallback {tail} (Weight set to 1)"),
                Turn::Other,
            ),
            (
                edit(5),
                Cause::ServerUp,
                format!("Restored real {tail} (Weight set to 5)"),
                Turn::In,
            ),
            (
                edit(0),
                Cause::Override,
                format!("Quiescent real {tail} (Weight set to 0)"),
                Turn::Out,
            ),
            (
                delete(),
                Cause::ServerDown,
                format!("Deleted real {tail}"),
                Turn::Out,
            ),
            (
                delete(),
                Cause::Fallback,
                format!("Deleted fallback {tail}"),
                Turn::Other,
            ),
            (
                delete(),
                Cause::NoLongerDefined,
                "Purged real server (start): 10.0.0.1:8080 (192.0.2.10:80)".to_owned(),
                Turn::Gone,
            ),
            (
                Op::DeleteService { service: SERVICE },
                Cause::Stop,
                "Purged virtual server (stop): 192.0.2.10:80".to_owned(),
                Turn::Other,
            ),
        ];
        for (op, cause, text, transition) in cases {
            assert_eq!(table_event(&op, cause), TableEvent { text, transition });
        }
    }

    #[test]
    fn a_mark_stands_by_its_number_and_ipv6_in_brackets() {
        let mark = ServiceId::Mark {
            family: Family::Ipv6,
            mark: 9,
        };
        assert_eq!(
            (service_words(&mark).as_str(), protocol_word(&mark)),
            ("9", "fwm")
        );
        let six = ServiceId::Address {
            protocol: Protocol::Udp,
            vip: std::net::Ipv6Addr::LOCALHOST.into(),
            port: 53,
        };
        assert_eq!(
            (service_words(&six).as_str(), protocol_word(&six)),
            ("[::1]:53", "udp")
        );
    }
}
