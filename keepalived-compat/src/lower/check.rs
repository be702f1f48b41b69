//! A check before its places: two servers have the same check when all of this is the same.

use std::net::IpAddr;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, CommandCheckDefinition, HttpCheckDefinition, Placed,
    PortDefinition, ProtocolCheckDefinition, TlsFilesDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{CheckProtocol, PemFile, Protocol};

use super::timing::CheckTimes;

/// One check of a real server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Check {
    pub(super) kind: Kind,
    pub(super) times: CheckTimes,
    /// The port, where it is not that of the server.
    pub(super) port: Option<u16>,
    /// The address to probe from.
    pub(super) source: Option<IpAddr>,
}

/// What is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Connect,
    Ping,
    Http(Http),
    Smtp,
    Dns {
        request: String,
    },
    Udp {
        /// What is sent.
        request: Option<String>,
        /// The server has to answer.
        answers: bool,
    },
    Command(Command),
    /// Nothing; the server counts as up.
    None,
}

/// A request by HTTP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Http {
    pub(super) tls: bool,
    pub(super) path: String,
    pub(super) virtual_host: Option<String>,
    pub(super) server_name: Option<String>,
    pub(super) status: Vec<String>,
    pub(super) body: Option<String>,
    pub(super) md5: Option<String>,
    pub(super) identity: TlsIdentityFiles,
}

/// The director's own certificate and its key.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct TlsIdentityFiles {
    pub(super) certificate: Option<String>,
    pub(super) key: Option<String>,
}

/// A program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command {
    pub(super) argv: Vec<String>,
    pub(super) user: Option<String>,
}

/// What the file says once for all checks.
#[derive(Debug, Clone, Default)]
pub(super) struct FileDefaults {
    pub(super) identity: TlsIdentityFiles,
    /// The user of programs that name none.
    pub(super) script_user: Option<String>,
}

impl Command {
    pub(super) fn definition(&self, place: &Place) -> CommandCheckDefinition {
        let placed = |text: &String| Placed::new(text.clone(), place.clone());
        CommandCheckDefinition {
            argv: self.argv.iter().map(placed).collect(),
            user: self.user.as_ref().map(placed),
        }
    }
}

impl Check {
    /// The check as a definition, all of it at one place.
    pub(super) fn definition(&self, place: &Place) -> CheckDefinition {
        fn at<T>(value: T, place: &Place) -> Placed<T> {
            Placed::new(value, place.clone())
        }
        let times = &self.times;
        let is_asked = self.kind != Kind::None;
        let check = CheckDefinition {
            kind: Some(at(self.kind.definition(place), place)),
            ..CheckDefinition::default()
        };
        if !is_asked {
            return check;
        }
        CheckDefinition {
            port: self
                .port
                .map(|port| at(PortDefinition::Number(port.into()), place)),
            every: Some(at(times.every, place)),
            every_while_changing: (times.retry > 0 && times.before_retry < times.every)
                .then(|| at(times.before_retry.max(SOONEST), place)),
            timeout: Some(at(times.timeout, place)),
            rise: Some(at(1, place)),
            fall: Some(at(times.retry.saturating_add(1), place)),
            start_spread: times.warmup.map(|warmup| at(warmup, place)),
            source: self.source.map(|source| at(source, place)),
            ..check
        }
    }
}

/// keepalived may repeat a failed check at once; and a busy loop finds nothing sooner.
const SOONEST: std::time::Duration = std::time::Duration::from_millis(100);

/// Matches every answer, the empty one too.
const ANY_ANSWER: &str = "^";

impl Kind {
    /// What a check of this kind is called, before its number.
    pub(super) fn word(&self) -> &'static str {
        match self {
            Self::Connect => "tcp",
            Self::Ping => "ping",
            Self::Http(Http { tls: false, .. }) => "http",
            Self::Http(_) => "https",
            Self::Smtp => "smtp",
            Self::Dns { .. } => "dns",
            Self::Udp { .. } => "udp",
            Self::Command(_) => "command",
            Self::None => "none",
        }
    }

    fn definition(&self, place: &Place) -> CheckKindDefinition {
        let protocol = |protocol| ProtocolCheckDefinition::plain(protocol, false);
        match self {
            Self::Connect => CheckKindDefinition::Connect,
            Self::Ping => CheckKindDefinition::Ping { attempts: 1 },
            Self::None => CheckKindDefinition::AlwaysUp,
            Self::Http(http) => CheckKindDefinition::Http(Box::new(http.definition(place))),
            Self::Smtp => CheckKindDefinition::Protocol(Box::new(protocol(CheckProtocol::Smtp))),
            Self::Dns { request } => {
                CheckKindDefinition::Protocol(Box::new(ProtocolCheckDefinition {
                    transport: Some(Protocol::Udp),
                    request: Some(Placed::new(request.clone(), place.clone())),
                    ..protocol(CheckProtocol::Dns)
                }))
            }
            Self::Udp { request, answers } => {
                CheckKindDefinition::Protocol(Box::new(ProtocolCheckDefinition {
                    request: (request.as_ref())
                        .map(|text| Placed::new(text.clone(), place.clone())),
                    receive: answers.then(|| Placed::new(ANY_ANSWER.to_owned(), place.clone())),
                    ..protocol(CheckProtocol::Udp)
                }))
            }
            Self::Command(command) => CheckKindDefinition::Command(command.definition(place)),
        }
    }
}

impl Http {
    fn definition(&self, place: &Place) -> HttpCheckDefinition {
        let placed = |text: &String| Placed::new(text.clone(), place.clone());
        let file = |path: &String| Placed::new(PemFile::unread(path.clone()), place.clone());
        HttpCheckDefinition {
            tls: self.tls,
            // keepalived verifies no certificate.
            verify: self.tls.then(|| Placed::new(false, place.clone())),
            server_name: self.server_name.as_ref().map(placed),
            tls_files: TlsFilesDefinition {
                certificate: self.identity.certificate.as_ref().map(file),
                key: self.identity.key.as_ref().map(file),
                ..TlsFilesDefinition::default()
            },
            path: Some(placed(&self.path)),
            virtual_host: self.virtual_host.as_ref().map(placed),
            status: self.status.iter().map(placed).collect(),
            body: self.body.as_ref().map(placed),
            md5: self.md5.as_ref().map(placed),
            ..HttpCheckDefinition::default()
        }
    }
}
