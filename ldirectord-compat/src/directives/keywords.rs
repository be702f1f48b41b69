//! The words that `service`, `checktype` and `emailalertstatus` take, with what follows from each.

use std::sync::LazyLock;

use director_core::model::{CheckProtocol, Setting, protocol_forms};

use super::{Key, Support};

/// What a negotiate check speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Negotiation {
    /// Nothing: the server counts as up.
    None,
    /// HTTP over plain TCP.
    Http,
    /// HTTP over TLS.
    Https,
    /// HTTP through the real server as a proxy.
    HttpProxy,
    /// One of the core's protocols.
    Protocol {
        /// The protocol.
        protocol: CheckProtocol,
        /// Whether TLS is below it.
        tls: bool,
    },
}

/// A word of `service=`.
#[derive(Debug, Clone)]
pub struct ServiceName {
    /// The word.
    pub name: &'static str,
    /// Its port, both ways: the service of a virtual service at this port, and the port to ask when there is no other.
    pub port: Option<u16>,
    /// What is spoken.
    pub negotiation: Negotiation,
    /// Directives that such a check makes use of, other than ports and times.
    pub uses: Vec<Key>,
    /// Whether the daemon can do it.
    pub support: Support,
}

impl ServiceName {
    /// Whether TLS is spoken from the first byte.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(
            self.negotiation,
            Negotiation::Https | Negotiation::Protocol { tls: true, .. }
        )
    }
}

impl PartialEq for ServiceName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

/// The services that are not protocols of the core's table.
#[rustfmt::skip]
const OTHERS: [(&str, Option<u16>, Negotiation, &[Key]); 4] = [
    ("http", Some(80), Negotiation::Http, &[Key::Request, Key::Receive, Key::VirtualHost, Key::HttpMethod]),
    ("https", Some(443), Negotiation::Https, &[Key::Request, Key::Receive, Key::VirtualHost, Key::HttpMethod]),
    ("http_proxy", Some(3128), Negotiation::HttpProxy, &[Key::Request, Key::Receive, Key::HttpMethod]),
    ("none", None, Negotiation::None, &[]),
];

/// All words of `service=`, by their ports.
pub static SERVICES: LazyLock<Vec<ServiceName>> = LazyLock::new(|| {
    let protocols = protocol_forms().filter_map(|(row, form)| {
        let uses = form
            .ldirectord?
            .iter()
            .filter_map(|setting| key_of(*setting));
        let negotiation = Negotiation::Protocol {
            protocol: row.protocol,
            tls: form.tls,
        };
        Some((
            form.name,
            form.port,
            negotiation,
            uses.collect::<Vec<Key>>(),
        ))
    });
    let others =
        OTHERS.map(|(name, port, negotiation, uses)| (name, port, negotiation, uses.to_vec()));
    let mut services: Vec<ServiceName> = protocols
        .chain(others)
        .map(|(name, port, negotiation, uses)| ServiceName {
            name,
            port,
            negotiation,
            uses,
            support: Support::Ready,
        })
        .collect();
    for service in services.iter_mut().filter(|service| service.is_tls()) {
        service.uses.push(Key::VerifyCertificate);
    }
    services.sort_by_key(|service| service.port.map_or(u32::MAX, u32::from));
    services
});

/// The directive for a setting of a protocol.
fn key_of(setting: Setting) -> Option<Key> {
    match setting {
        Setting::Request => Some(Key::Request),
        Setting::Receive => Some(Key::Receive),
        Setting::Login => Some(Key::Login),
        Setting::Password => Some(Key::Passwd),
        Setting::Database => Some(Key::Database),
        Setting::Secret => Some(Key::Secret),
        Setting::Verify => Some(Key::VerifyCertificate),
        _ => None,
    }
}

/// The service with this word.
#[must_use]
pub fn service_by_name(name: &str) -> Option<&'static ServiceName> {
    SERVICES.iter().find(|service| service.name == name)
}

/// The service that a virtual service at this port has when none is written.
#[must_use]
pub fn service_by_port(port: u64) -> Option<&'static ServiceName> {
    SERVICES
        .iter()
        .find(|service| service.port.is_some_and(|own| u64::from(own) == port))
}

/// Names of the services database (/etc/services, and the older aliases in it) for the ports that have a service here.
const PORT_NAMES: &[(&str, u64)] = &[
    ("ftp", 21),
    ("smtp", 25),
    ("mail", 25),
    ("domain", 53),
    ("http", 80),
    ("www", 80),
    ("pop3", 110),
    ("pop-3", 110),
    ("nntp", 119),
    ("readnews", 119),
    ("untp", 119),
    ("imap2", 143),
    ("imap", 143),
    ("ldap", 389),
    ("https", 443),
    ("submission", 587),
    ("ldaps", 636),
    ("imaps", 993),
    ("pop3s", 995),
    ("radius", 1812),
    ("mysql", 3306),
    ("sip", 5060),
    ("postgresql", 5432),
    ("postgres", 5432),
];

/// The number of a well-known port name, as far as a service belongs to it.
#[must_use]
pub fn port_by_name(name: &str) -> Option<u64> {
    PORT_NAMES
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, port)| *port)
}

/// A word of `checktype=`, or the number in its place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckType {
    /// A dialogue in the protocol of `service`.
    Negotiate,
    /// A TCP connect.
    Connect,
    /// An ICMP echo.
    Ping,
    /// A program.
    External,
    /// A Perl program.
    ExternalPerl,
    /// Always up.
    On,
    /// Always down.
    Off,
    /// So many connects between two dialogues.
    Combined(u64),
}

/// The words of `checktype=`.
pub const CHECK_TYPES: &[(&str, CheckType)] = &[
    ("negotiate", CheckType::Negotiate),
    ("connect", CheckType::Connect),
    ("ping", CheckType::Ping),
    ("external", CheckType::External),
    ("external-perl", CheckType::ExternalPerl),
    ("on", CheckType::On),
    ("off", CheckType::Off),
];

impl CheckType {
    /// Whether the daemon can do it.
    #[must_use]
    pub fn support(self) -> Support {
        match self {
            Self::Negotiate
            | Self::Connect
            | Self::Ping
            | Self::External
            | Self::ExternalPerl
            | Self::On
            | Self::Off
            | Self::Combined(_) => Support::Ready,
        }
    }

    /// The word for it.
    #[must_use]
    pub fn word(self) -> String {
        match (
            self,
            CHECK_TYPES
                .iter()
                .find(|(_, check_type)| *check_type == self),
        ) {
            (_, Some((word, _))) => (*word).to_owned(),
            (Self::Combined(connects), None) => connects.to_string(),
            (_, None) => String::new(),
        }
    }

    /// Whether a dialogue is part of it.
    #[must_use]
    pub fn negotiates(self) -> bool {
        matches!(self, Self::Negotiate | Self::Combined(_))
    }
}

/// A phase of the director's life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Phase {
    /// Until the first round of checks is over.
    Starting,
    /// Afterwards.
    Running,
    /// While it stops.
    Stopping,
    /// From a reload to the end of the round after it.
    Reloading,
}

/// The phases by name.
pub const PHASES: &[(&str, Phase)] = &[
    ("starting", Phase::Starting),
    ("running", Phase::Running),
    ("stopping", Phase::Stopping),
    ("reloading", Phase::Reloading),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_services_lead_to_each_other() {
        assert_eq!(
            SERVICES
                .iter()
                .filter(|service| service.port.is_some())
                .count(),
            19
        );
        for service in SERVICES.iter().filter(|service| service.port.is_some()) {
            let port = service.port.map(u64::from).expect("filtered");
            assert_eq!(
                service_by_port(port).map(|found| found.name),
                Some(service.name)
            );
        }
        for (name, port) in PORT_NAMES {
            assert!(service_by_port(*port).is_some(), "{name}");
        }
        assert!(service_by_port(8080).is_none());
    }
}
