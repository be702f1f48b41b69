//! The words that `service`, `checktype` and `emailalertstatus` take, with what follows from each.

use director_core::model::Conversation;

use super::{Key, Support};

/// What a negotiate check speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialogue {
    /// Nothing: the server counts as up.
    None,
    /// HTTP over plain TCP.
    Http,
    /// HTTP over TLS.
    Https,
    /// HTTP through the real server as a proxy.
    HttpProxy,
    /// A protocol of its own over plain TCP or UDP.
    Plain(Conversation),
    /// A protocol of its own over TLS.
    Tls(Conversation),
}

/// A word of `service=`.
#[derive(Debug, Clone, Copy)]
pub struct ServiceName {
    /// The word.
    pub name: &'static str,
    /// Its port, both ways: the service of a virtual service at this port, and the port to ask when there is no other.
    pub port: Option<u16>,
    /// What is spoken.
    pub dialogue: Dialogue,
    /// Directives that such a check makes use of, besides ports and times.
    pub uses: &'static [Key],
    /// Whether the daemon can do it.
    pub support: Support,
}

impl ServiceName {
    /// Whether TLS is spoken from the first byte.
    #[must_use]
    pub fn is_tls(&self) -> bool {
        matches!(self.dialogue, Dialogue::Https | Dialogue::Tls(_))
    }
}

impl PartialEq for ServiceName {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

const fn service(
    name: &'static str,
    port: u16,
    dialogue: Dialogue,
    uses: &'static [Key],
    support: Support,
) -> ServiceName {
    let port = if port == 0 { None } else { Some(port) };
    ServiceName {
        name,
        port,
        dialogue,
        uses,
        support,
    }
}

const HTTP: &[Key] = &[
    Key::Request,
    Key::Receive,
    Key::VirtualHost,
    Key::HttpMethod,
];
const HTTPS: &[Key] = &[
    Key::Request,
    Key::Receive,
    Key::VirtualHost,
    Key::HttpMethod,
    Key::VerifyCertificate,
];
const PROXY: &[Key] = &[Key::Request, Key::Receive, Key::HttpMethod];
const ASK: &[Key] = &[Key::Request, Key::Receive];
const LOGIN: &[Key] = &[Key::Login, Key::Passwd];
const LOGIN_TLS: &[Key] = &[Key::Login, Key::Passwd, Key::VerifyCertificate];
const LDAP: &[Key] = &[Key::Request, Key::Receive, Key::Login, Key::Passwd];
const LDAPS: &[Key] = &[
    Key::Request,
    Key::Receive,
    Key::Login,
    Key::Passwd,
    Key::VerifyCertificate,
];
const SQL: &[Key] = &[Key::Request, Key::Login, Key::Passwd, Key::Database];
const RADIUS: &[Key] = &[Key::Login, Key::Passwd, Key::Secret];

/// All words of `service=`.
#[rustfmt::skip]
pub const SERVICES: &[ServiceName] = &[
    service("ftp", 21, Dialogue::Plain(Conversation::Ftp), LDAP, Support::Ready),
    service("smtp", 25, Dialogue::Plain(Conversation::Smtp), &[], Support::Ready),
    service("dns", 53, Dialogue::Plain(Conversation::Dns), ASK, Support::Ready),
    service("http", 80, Dialogue::Http, HTTP, Support::Ready),
    service("pop", 110, Dialogue::Plain(Conversation::Pop), LOGIN, Support::Ready),
    service("nntp", 119, Dialogue::Plain(Conversation::Nntp), &[], Support::Ready),
    service("imap", 143, Dialogue::Plain(Conversation::Imap), LOGIN, Support::Ready),
    service("ldap", 389, Dialogue::Plain(Conversation::Ldap), LDAP, Support::Ready),
    service("https", 443, Dialogue::Https, HTTPS, Support::Ready),
    service("submission", 587, Dialogue::Plain(Conversation::Smtp), &[], Support::Ready),
    service("ldaps", 636, Dialogue::Tls(Conversation::Ldap), LDAPS, Support::Ready),
    service("imaps", 993, Dialogue::Tls(Conversation::Imap), LOGIN_TLS, Support::Ready),
    service("pops", 995, Dialogue::Tls(Conversation::Pop), LOGIN_TLS, Support::Ready),
    service("oracle", 1521, Dialogue::Plain(Conversation::Oracle), SQL, Support::Ready),
    service("radius", 1812, Dialogue::Plain(Conversation::Radius), RADIUS, Support::Ready),
    service("http_proxy", 3128, Dialogue::HttpProxy, PROXY, Support::Ready),
    service("mysql", 3306, Dialogue::Plain(Conversation::Mysql), SQL, Support::Ready),
    service("sip", 5060, Dialogue::Plain(Conversation::Sip), &[Key::Login], Support::Ready),
    service("pgsql", 5432, Dialogue::Plain(Conversation::Pgsql), SQL, Support::Ready),
    service("simpletcp", 0, Dialogue::Plain(Conversation::Simpletcp), ASK, Support::Ready),
    service("none", 0, Dialogue::None, &[], Support::Ready),
];

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
