//! How the real servers of a service are checked: check type, protocol, request, answer and time limits.

use std::fmt::Write as _;
use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, CommandCheckDefinition, ConnectsBetweenDefinition,
    HttpCheckDefinition, Placed, PortDefinition, ProtocolCheckDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{CheckProtocol, Protocol, Secret, TlsMode, raw_bytes};

use super::scope::Scope;
use crate::directives::keywords::{CheckType, Negotiation, ServiceName, service_by_name};
use crate::directives::{Key, Used};

/// Redirects that are followed, as many as the Perl library follows.
const REDIRECTS: u64 = 7;

/// What is asked of the real servers.
pub(super) struct Plan {
    pub(super) check_type: CheckType,
    /// Service to negotiate with; `none` when nothing is written and none belongs to the port.
    pub(super) service: Option<&'static ServiceName>,
    /// Whether the service is written and not implied by the port.
    pub(super) service_written: bool,
    /// The directive that decides, for messages.
    pub(super) place: Place,
}

impl Plan {
    pub(super) fn of(scope: &Scope<'_>) -> Self {
        let written = scope.own.service();
        let check_type = scope.own.check_type();
        let place = [Key::Service, Key::CheckType]
            .iter()
            .find_map(|key| scope.own.place(*key));
        Self {
            check_type: check_type.map_or(CheckType::Negotiate, |written| written.value),
            service_written: written.is_some(),
            service: written
                .map(|written| written.value)
                .or_else(|| scope.implied_service())
                .or_else(|| service_by_name("none")),
            place: place.unwrap_or(scope.place()).clone(),
        }
    }

    pub(super) fn negotiation(&self) -> Negotiation {
        self.service
            .map_or(Negotiation::None, |service| service.negotiation)
    }

    /// The directives that the check makes use of, other than ports and times.
    pub(super) fn uses(&self) -> &[Key] {
        match (self.check_type, self.service) {
            (CheckType::Negotiate | CheckType::Combined(_), Some(service)) => &service.uses,
            (CheckType::External | CheckType::ExternalPerl, _) => &[Key::CheckCommand],
            _ => &[],
        }
    }

    /// The port of the protocol, for servers that have none.
    pub(super) fn default_port(&self) -> Option<u16> {
        self.service.and_then(|service| service.port)
    }

    pub(super) fn lower(&self, scope: &Scope<'_>) -> CheckDefinition {
        let kind = self.kind(scope);
        CheckDefinition {
            kind: Some(Placed::new(kind, self.place.clone())),
            port: scope
                .own
                .number(Key::CheckPort)
                .map(|port| port.map(PortDefinition::Number)),
            default_port: self.default_port(),
            every: Some(interval(scope)),
            timeout: Some(self.timeout(scope)),
            rise: Some(scope.default(1)),
            fall: Some(
                scope
                    .number(Key::FailureCount)
                    .unwrap_or_else(|| scope.default(1)),
            ),
            connects_between: self.connects_between(scope),
            ..CheckDefinition::default()
        }
    }

    /// The limit of one check.
    fn timeout(&self, scope: &Scope<'_>) -> Placed<Duration> {
        let short = matches!(
            self.negotiation(),
            Negotiation::Protocol {
                protocol: CheckProtocol::Ldap | CheckProtocol::Radius,
                ..
            }
        );
        if self.check_type.negotiates() && !short {
            negotiate_timeout(scope)
        } else {
            check_timeout(scope)
        }
    }

    fn kind(&self, scope: &Scope<'_>) -> CheckKindDefinition {
        let attempts = scope.number(Key::CheckCount).map_or(1, |count| count.value);
        match self.check_type {
            CheckType::On => CheckKindDefinition::AlwaysUp,
            CheckType::Off => CheckKindDefinition::AlwaysDown,
            CheckType::Connect if scope.protocol() == Some(Protocol::Udp) => {
                CheckKindDefinition::Ping { attempts }
            }
            CheckType::Connect => CheckKindDefinition::Connect,
            CheckType::Ping => CheckKindDefinition::Ping { attempts },
            CheckType::External => command(scope, &[]),
            CheckType::ExternalPerl => command(scope, &PERL_FILE),
            CheckType::Negotiate => self.question(scope),
            CheckType::Combined(_) => self.question(scope),
        }
    }

    /// The connects between two negotiate checks. UDP has none.
    fn connects_between(&self, scope: &Scope<'_>) -> Option<ConnectsBetweenDefinition> {
        match self.check_type {
            CheckType::Combined(count) if scope.protocol() != Some(Protocol::Udp) => {
                Some(ConnectsBetweenDefinition {
                    count,
                    timeout: check_timeout(scope).value,
                })
            }
            _ => None,
        }
    }

    fn question(&self, scope: &Scope<'_>) -> CheckKindDefinition {
        match self.negotiation() {
            Negotiation::None => CheckKindDefinition::AlwaysUp,
            Negotiation::Http | Negotiation::Https | Negotiation::HttpProxy => {
                CheckKindDefinition::Http(Box::new(self.http(scope)))
            }
            Negotiation::Protocol { protocol, tls } => self.protocol(scope, protocol, tls),
        }
    }

    fn http(&self, scope: &Scope<'_>) -> HttpCheckDefinition {
        let own = scope.own;
        let proxy = self.negotiation() == Negotiation::HttpProxy;
        let host = own
            .text(Key::VirtualHost)
            .filter(|host| !host.value.is_empty() && !proxy);
        HttpCheckDefinition {
            tls: self.negotiation() == Negotiation::Https,
            verify: scope.yes_no(Key::VerifyCertificate),
            method: Some(
                own.text(Key::HttpMethod)
                    .unwrap_or_else(|| scope.default("GET".to_owned())),
            ),
            path: own
                .text(Key::Request)
                .map(|request| request.map(|text| self.request(&text))),
            proxy,
            virtual_host: host,
            status: vec![scope.default("2xx".to_owned())],
            body: own.text(Key::Receive),
            follow_redirects: Some(scope.default(REDIRECTS)),
            ..HttpCheckDefinition::default()
        }
    }

    fn protocol(
        &self,
        scope: &Scope<'_>,
        protocol: CheckProtocol,
        tls: bool,
    ) -> CheckKindDefinition {
        // What ldirectord does not use has no effect here either, also where the protocol could make use of it.
        let used = |key| {
            let written = scope.own.text(key);
            written.filter(|_| self.uses().contains(&key))
        };
        let secret = |key| used(key).map(|text| text.map(Secret::new));
        let anonymous =
            || (protocol == CheckProtocol::Ftp).then(|| scope.default("anonymous".to_owned()));
        CheckKindDefinition::Protocol(Box::new(ProtocolCheckDefinition {
            transport: transport(protocol, scope.protocol()),
            tls_mode: library_tls(protocol).map(|mode| scope.default(mode)),
            verify: scope.yes_no(Key::VerifyCertificate).filter(|_| tls),
            request: used(Key::Request).map(|request| request.map(|text| self.request(&text))),
            receive: used(Key::Receive),
            login: used(Key::Login).or_else(anonymous),
            password: secret(Key::Passwd),
            database: used(Key::Database),
            secret: secret(Key::Secret),
            ..ProtocolCheckDefinition::plain(protocol, tls)
        }))
    }

    /// A request as the protocol needs it: the dialect puts a slash before every request, and some protocols take it away.
    fn request(&self, text: &str) -> String {
        match self.negotiation() {
            Negotiation::Http | Negotiation::Https => {
                format!("/{}", encoded(text.strip_prefix('/').unwrap_or(text)))
            }
            Negotiation::HttpProxy => encoded(text.strip_prefix('/').unwrap_or(text)),
            Negotiation::Protocol {
                protocol: CheckProtocol::Ftp,
                ..
            } => readable(&format!("/{}", text.strip_prefix('/').unwrap_or(text))),
            Negotiation::Protocol {
                protocol: CheckProtocol::Simpletcp,
                ..
            } => text.replace("\\n", "\n"),
            Negotiation::Protocol { .. } | Negotiation::None => {
                readable(text.strip_prefix('/').unwrap_or(text))
            }
        }
    }

    /// The request of a single real server, which may be a whole URL.
    pub(super) fn request_of_server(&self, text: &str) -> String {
        if self.is_url(text) {
            encoded(text)
        } else {
            self.request(text)
        }
    }

    /// Whether a real server's own request names host and all.
    pub(super) fn is_url(&self, text: &str) -> bool {
        match self.negotiation() {
            Negotiation::Http => text.starts_with("http://"),
            Negotiation::Https => text.starts_with("https://"),
            _ => false,
        }
    }

    /// Notes the words that decide about support, where they take effect.
    pub(super) fn record(&self, scope: &Scope<'_>, used: &mut Vec<Used>) {
        let mut note = |key, name: String, place: &Place, support| {
            used.push(Used {
                key,
                name,
                place: place.clone(),
                support,
            });
        };
        if let Some(place) = scope.own.place(Key::CheckType) {
            let name = format!("checktype={}", self.check_type.word());
            note(Key::CheckType, name, place, self.check_type.support());
        }
        // A connect check of a udp service is a ping.
        if self.check_type == CheckType::Connect && scope.protocol() == Some(Protocol::Udp) {
            let name = "checktype=connect for udp (a ping)".to_owned();
            note(Key::CheckType, name, &self.place, CheckType::Ping.support());
        }
        if let (true, Some(service)) = (self.check_type.negotiates(), self.service) {
            let name = if self.service_written {
                format!("service={}", service.name)
            } else {
                format!("service={}, which belongs to the port,", service.name)
            };
            let place = scope.own.place(Key::Service).unwrap_or(scope.place());
            note(Key::Service, name, place, service.support);
        }
    }
}

/// The transport of the service where the protocol has it. Behind a firewall mark SIP is asked over TCP.
fn transport(protocol: CheckProtocol, service: Option<Protocol>) -> Option<Protocol> {
    match protocol {
        CheckProtocol::Sip => Some(service.unwrap_or(Protocol::Tcp)),
        _ => Some(protocol.row().transport(service)),
    }
}

/// What the Perl libraries of the databases do: DBD::Pg leaves it to libpq, which takes TLS where the server has it, and
/// DBD::mysql uses TLS only with an option that the dialect does not know.
fn library_tls(protocol: CheckProtocol) -> Option<TlsMode> {
    match protocol {
        CheckProtocol::Mysql => Some(TlsMode::Off),
        CheckProtocol::Pgsql => Some(TlsMode::Prefer),
        _ => None,
    }
}

/// ldirectord makes a Perl file the body of a function of its own, in which `return` is success and `exit` gives the status. A file
/// that is read by `do` may return too.
const PERL_FILE: [&str; 3] = [
    "perl",
    "-e",
    concat!(
        r#"my $file = shift; $file = "./$file" unless $file =~ m{^/}; "#,
        r#"-r $file or print("cannot read $file: $!\n"), exit 127; "#,
        "$0 = $file; @_ = @ARGV; do $file; die $@ if $@"
    ),
];

/// A program, or what an interpreter runs, with the addresses.
fn command(scope: &Scope<'_>, interpreter: &[&str]) -> CheckKindDefinition {
    let written = scope
        .own
        .text(Key::CheckCommand)
        .unwrap_or_else(|| scope.default("/bin/true".to_owned()));
    let place = &written.place;
    let words: Vec<String> = match (scope.is_file)(&written.value) {
        true => vec![written.value.clone()],
        false => written
            .value
            .split_whitespace()
            .map(str::to_owned)
            .collect(),
    };
    let addresses = ["{vip}", "{vport}", "{rip}", "{rport}"].map(str::to_owned);
    let interpreter = interpreter.iter().map(|&word| word.to_owned());
    let argv = interpreter
        .chain(words)
        .chain(addresses)
        .map(|argument| Placed::new(argument, place.clone()))
        .collect();
    CheckKindDefinition::Command(CommandCheckDefinition { argv, user: None })
}

fn interval(scope: &Scope<'_>) -> Placed<Duration> {
    let forking = scope
        .globals
        .yes_no(Key::Fork)
        .is_some_and(|fork| fork.value);
    let own = scope.own.number(Key::CheckInterval).filter(|_| forking);
    own.or_else(|| scope.globals.number(Key::CheckInterval))
        .unwrap_or_else(|| scope.default(10))
        .map(Duration::from_secs)
}

/// A time limit of the service, of either kind, wins over a global one of the right kind.
fn check_timeout(scope: &Scope<'_>) -> Placed<Duration> {
    timeout(scope, [Key::CheckTimeout, Key::NegotiateTimeout], 5)
}

fn negotiate_timeout(scope: &Scope<'_>) -> Placed<Duration> {
    timeout(scope, [Key::NegotiateTimeout, Key::CheckTimeout], 30)
}

fn timeout(scope: &Scope<'_>, keys: [Key; 2], default: u64) -> Placed<Duration> {
    let first = |entries: &super::Entries| keys.iter().find_map(|key| entries.number(*key));
    first(scope.own)
        .or_else(|| first(scope.globals))
        .unwrap_or_else(|| scope.default(default))
        .map(Duration::from_secs)
}

/// Where the library of a protocol takes characters.
fn readable(text: &str) -> String {
    raw_bytes::readable(text).into_owned()
}

/// What a URL cannot hold as it is, percent-encoded.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for &byte in &*raw_bytes::bytes_of(text) {
        if byte <= b' ' || byte >= 0x7f || b"\"<>\\^`{|}".contains(&byte) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    out
}
