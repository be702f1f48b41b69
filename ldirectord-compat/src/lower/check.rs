//! How the real servers of a service are checked: check type, protocol, request, answer and time limits.

use std::fmt::Write as _;
use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, CommandCheckDefinition, ConversationCheckDefinition,
    HttpCheckDefinition, Placed, PortDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{Conversation, Protocol, Secret};

use super::scope::Scope;
use crate::directives::keywords::{CheckType, Dialogue, ServiceName, service_by_name};
use crate::directives::{Key, Used};
use crate::findings::Findings;

/// Redirects that are followed, as many as the Perl library follows.
const REDIRECTS: u64 = 7;

/// What is asked of the real servers.
pub(super) struct Plan {
    pub(super) check_type: CheckType,
    /// Protocol of the dialogue; `none` when nothing is written and none belongs to the port.
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

    pub(super) fn dialogue(&self) -> Dialogue {
        self.service
            .map_or(Dialogue::None, |service| service.dialogue)
    }

    /// The directives that the check makes use of, besides ports and times.
    pub(super) fn uses(&self) -> &'static [Key] {
        match (self.check_type, self.service) {
            (CheckType::Negotiate | CheckType::Combined(_), Some(service)) => service.uses,
            (CheckType::External | CheckType::ExternalPerl, _) => &[Key::CheckCommand],
            _ => &[],
        }
    }

    /// The port of the protocol, for servers that have none.
    pub(super) fn default_port(&self) -> Option<u16> {
        self.service.and_then(|service| service.port)
    }

    pub(super) fn lower(&self, scope: &Scope<'_>, findings: &mut Findings) -> CheckDefinition {
        let kind = self.kind(scope, findings);
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
            ..CheckDefinition::default()
        }
    }

    /// The limit of one check.
    fn timeout(&self, scope: &Scope<'_>) -> Placed<Duration> {
        let short = matches!(
            self.dialogue(),
            Dialogue::Plain(Conversation::Ldap | Conversation::Radius)
                | Dialogue::Tls(Conversation::Ldap)
        );
        if self.check_type.negotiates() && !short {
            negotiate_timeout(scope)
        } else {
            check_timeout(scope)
        }
    }

    fn kind(&self, scope: &Scope<'_>, findings: &mut Findings) -> CheckKindDefinition {
        let attempts = scope.number(Key::CheckCount).map_or(1, |count| count.value);
        match self.check_type {
            CheckType::On => CheckKindDefinition::AlwaysUp,
            CheckType::Off => CheckKindDefinition::AlwaysDown,
            CheckType::Connect if scope.protocol() == Some(Protocol::Udp) => {
                CheckKindDefinition::Ping { attempts }
            }
            CheckType::Connect => CheckKindDefinition::Connect,
            CheckType::Ping => CheckKindDefinition::Ping { attempts },
            CheckType::External => command(scope, None, findings),
            CheckType::ExternalPerl => command(scope, Some("perl"), findings),
            CheckType::Negotiate => self.question(scope),
            CheckType::Combined(_) if scope.protocol() == Some(Protocol::Udp) => {
                self.question(scope)
            }
            CheckType::Combined(connects) => CheckKindDefinition::Combined {
                connects,
                connect_timeout: check_timeout(scope).value,
                question: Box::new(self.question(scope)),
            },
        }
    }

    fn question(&self, scope: &Scope<'_>) -> CheckKindDefinition {
        match self.dialogue() {
            Dialogue::None => CheckKindDefinition::AlwaysUp,
            Dialogue::Http | Dialogue::Https | Dialogue::HttpProxy => {
                CheckKindDefinition::Http(self.http(scope))
            }
            Dialogue::Plain(conversation) => self.conversation(scope, conversation, false),
            Dialogue::Tls(conversation) => self.conversation(scope, conversation, true),
        }
    }

    fn http(&self, scope: &Scope<'_>) -> HttpCheckDefinition {
        let own = scope.own;
        let proxy = self.dialogue() == Dialogue::HttpProxy;
        let host = own
            .text(Key::VirtualHost)
            .filter(|host| !host.value.is_empty() && !proxy);
        HttpCheckDefinition {
            tls: self.dialogue() == Dialogue::Https,
            verify: scope.yes_no(Key::VerifyCertificate),
            server_name: None,
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
            body_limit: None,
            follow_redirects: Some(scope.default(REDIRECTS)),
        }
    }

    fn conversation(
        &self,
        scope: &Scope<'_>,
        conversation: Conversation,
        tls: bool,
    ) -> CheckKindDefinition {
        let own = scope.own;
        let secret = |key| own.text(key).map(|text| text.map(Secret::new));
        let anonymous =
            || (conversation == Conversation::Ftp).then(|| scope.default("anonymous".to_owned()));
        CheckKindDefinition::Conversation(ConversationCheckDefinition {
            conversation,
            transport: transport(conversation, scope.protocol()),
            tls,
            verify: scope.yes_no(Key::VerifyCertificate).filter(|_| tls),
            request: own
                .text(Key::Request)
                .map(|request| request.map(|text| self.request(&text))),
            receive: own.text(Key::Receive),
            login: own.text(Key::Login).or_else(anonymous),
            password: secret(Key::Passwd),
            database: own.text(Key::Database),
            secret: secret(Key::Secret),
        })
    }

    /// A request as the protocol needs it: the dialect puts a slash before every request, and some protocols take it away.
    fn request(&self, text: &str) -> String {
        match self.dialogue() {
            Dialogue::Http | Dialogue::Https => {
                format!("/{}", encoded(text.strip_prefix('/').unwrap_or(text)))
            }
            Dialogue::HttpProxy => encoded(text.strip_prefix('/').unwrap_or(text)),
            Dialogue::Plain(Conversation::Ftp) => {
                format!("/{}", text.strip_prefix('/').unwrap_or(text))
            }
            Dialogue::Plain(Conversation::Simpletcp) => text.replace("\\n", "\n"),
            Dialogue::Plain(_) | Dialogue::Tls(_) | Dialogue::None => {
                text.strip_prefix('/').unwrap_or(text).to_owned()
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
        match self.dialogue() {
            Dialogue::Http => text.starts_with("http://"),
            Dialogue::Https => text.starts_with("https://"),
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

/// DNS, RADIUS, SIP and simpletcp follow the service; DNS behind a mark is UDP and RADIUS always is.
fn transport(conversation: Conversation, protocol: Option<Protocol>) -> Option<Protocol> {
    match conversation {
        Conversation::Radius => Some(Protocol::Udp),
        Conversation::Dns => Some(protocol.unwrap_or(Protocol::Udp)),
        Conversation::Sip | Conversation::Simpletcp => Some(protocol.unwrap_or(Protocol::Tcp)),
        _ => Some(Protocol::Tcp),
    }
}

fn command(
    scope: &Scope<'_>,
    interpreter: Option<&str>,
    _findings: &mut Findings,
) -> CheckKindDefinition {
    let written = scope
        .own
        .text(Key::CheckCommand)
        .unwrap_or_else(|| scope.default("/bin/true".to_owned()));
    let place = &written.place;
    let words = written.value.split_whitespace().map(str::to_owned);
    let addresses = ["{vip}", "{vport}", "{rip}", "{rport}"].map(str::to_owned);
    let argv = interpreter
        .map(str::to_owned)
        .into_iter()
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

/// What a URL cannot hold as it is, percent-encoded.
fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte <= b' ' || byte >= 0x7f || b"\"<>\\^`{|}".contains(&byte) {
            let _ = write!(out, "%{byte:02X}");
        } else {
            out.push(char::from(byte));
        }
    }
    out
}
