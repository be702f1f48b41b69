//! What to send to a real server and what to expect. Plain data: `src/probe` runs the probes.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use serde::Serialize;

use super::{
    PathCheck, Pattern, Protocol, ProtocolCheck, ProxyHeader, RequestContent, RequestTarget,
    TlsCheck,
};

/// One probe of one real server.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct Probe {
    /// What to ask; shared by all servers that are asked the same.
    pub kind: Arc<ProbeKind>,
    /// Whom to ask.
    pub address: IpAddr,
    /// Port to ask; 0 only where the kind needs none.
    pub port: u16,
    /// Limit for the whole probe, from the first packet to the last byte that matters.
    pub timeout: Duration,
    /// Path of the probe when it goes to the VIP; none when it goes to the server's own address.
    pub vip_path: Option<PathCheck>,
    /// Address of this host to probe from; the kernel chooses one when none is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub source: Option<IpAddr>,
    /// The header of the PROXY protocol that its TCP connections begin with.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy_header: Option<ProxyHeader>,
}

impl Probe {
    /// Where the server listens itself, also when the probe goes to the VIP; port 0 where none is known.
    #[must_use]
    pub fn own_place(&self) -> SocketAddr {
        let (address, port) = self.vip_path.map_or((self.address, self.port), |vip_path| {
            (vip_path.toward, vip_path.port)
        });
        SocketAddr::new(address, port)
    }
}

/// The kinds of probe.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ProbeKind {
    /// Counts as up without a probe.
    AlwaysUp,
    /// Counts as down without a probe, unless the kernel's table has it in service: then it stays there.
    AlwaysDown,
    /// A TCP connection is accepted.
    Connect,
    /// An ICMP echo is answered; several attempts may be made, each within the timeout.
    Ping {
        /// Echo requests before it counts as failed, at least 1.
        attempts: u32,
    },
    /// HTTP or HTTPS request.
    Http(HttpProbe),
    /// A program of the operator's says so.
    Command(CommandProbe),
    /// A check in the service's own protocol.
    Protocol(ProtocolCheck),
    /// What a server says of itself; a good answer's words are its own, the first line of them.
    Advice(AdviceSource),
}

impl ProbeKind {
    /// The transport that it checks, where it is one that clients use.
    #[must_use]
    pub fn transport(&self) -> Option<Protocol> {
        match self {
            Self::Connect | Self::Http(_) => Some(Protocol::Tcp),
            Self::Protocol(check) => Some(check.transport()),
            Self::AlwaysUp
            | Self::AlwaysDown
            | Self::Ping { .. }
            | Self::Command(_)
            | Self::Advice(_) => None,
        }
    }

    /// Whether it needs a secret that is not known any more.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        match self {
            Self::Protocol(check) => check.is_withheld(),
            Self::Http(check) => {
                let tls = check.tls.as_ref();
                check.target.is_withheld()
                    || check.content.is_withheld()
                    || tls.is_some_and(TlsCheck::is_withheld)
            }
            _ => false,
        }
    }

    /// The secrets that it sends to a server, each with the user that it belongs to.
    #[must_use]
    pub fn credentials(&self) -> Vec<(&str, &str)> {
        match self {
            Self::Protocol(check) => check.credentials(),
            Self::Http(check) => {
                let url = check.target.user_and_password().into_iter();
                url.chain(check.content.credentials()).collect()
            }
            _ => Vec::new(),
        }
    }

    /// Whether it goes to the server over TCP.
    #[must_use]
    pub fn uses_tcp(&self) -> bool {
        match self {
            Self::Connect | Self::Http(_) => true,
            Self::Protocol(check) => check.transport() == Protocol::Tcp,
            _ => false,
        }
    }

    /// Whether it sends packets to the server itself; a program does what it wants.
    #[must_use]
    pub fn sends_packets(&self) -> bool {
        matches!(
            self,
            Self::Connect | Self::Ping { .. } | Self::Http(_) | Self::Protocol(_)
        )
    }

    /// Whether anything is sent to the server, or a program run.
    #[must_use]
    pub fn is_probed(&self) -> bool {
        !matches!(self, Self::AlwaysUp | Self::AlwaysDown)
    }
}

/// An HTTP request.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct HttpProbe {
    /// TLS below it, or plain HTTP.
    pub tls: Option<TlsCheck>,
    /// The version of HTTP.
    #[serde(skip_serializing_if = "HttpVersion::is_one")]
    pub version: HttpVersion,
    /// Request method, upper case.
    pub method: String,
    /// Path and query, starting with `/`; or an absolute URL, whose host is probed instead of the server unless the
    /// server is a proxy.
    pub target: RequestTarget,
    /// The server is a proxy and gets a request for the absolute URL in `target`.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub proxy: bool,
    /// Headers, credentials and body.
    #[serde(skip_serializing_if = "RequestContent::is_empty")]
    pub content: RequestContent,
    /// Host header, and SNI with TLS; the server's address when none is given.
    pub virtual_host: Option<String>,
    /// Status codes that count as good.
    pub status: Vec<StatusRange>,
    /// What the body must hold.
    pub body: Option<Pattern>,
    /// The MD5 digest that the body must have, as 32 hexadecimal digits in lower case.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub md5: Option<String>,
    /// Bytes of the body that are read at most.
    pub body_limit: usize,
    /// Redirects that are followed at most.
    pub redirects: Redirects,
}

/// The version of HTTP that a probe speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum HttpVersion {
    /// HTTP/1.1, or what the server chooses by ALPN.
    #[default]
    One,
    /// HTTP/2: by ALPN over TLS, and with prior knowledge without.
    Two,
}

impl HttpVersion {
    fn is_one(&self) -> bool {
        *self == Self::One
    }
}

/// How a redirect is treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Redirects {
    /// It is an answer like any other.
    Answer,
    /// It is followed, at most so many times.
    Follow(u8),
}

/// An inclusive range of HTTP status codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct StatusRange {
    /// Lowest good status.
    pub first: u16,
    /// Highest good status.
    pub last: u16,
}

impl StatusRange {
    /// 200 to 299.
    pub const SUCCESS: Self = Self {
        first: 200,
        last: 299,
    };

    /// Reads a range the way people write one: `200`, `2xx`, `200-399`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let single = |text: &str| {
            text.trim()
                .parse::<u16>()
                .ok()
                .filter(|status| (100..=599).contains(status))
        };
        if let Some(class) = text.strip_suffix("xx") {
            let first = single(&format!("{class}00"))?;
            let last = first + 99;
            return Some(Self { first, last });
        }
        let (first, last) = text.split_once('-').unwrap_or((text, text));
        let (first, last) = (single(first)?, single(last)?);
        (first <= last).then_some(Self { first, last })
    }

    /// Whether `status` lies in the range.
    #[must_use]
    pub fn contains(self, status: u16) -> bool {
        (self.first..=self.last).contains(&status)
    }
}

impl fmt::Display for StatusRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.first == self.last {
            self.first.fmt(f)
        } else if self.first.is_multiple_of(100) && self.last == self.first + 99 {
            write!(f, "{}xx", self.first / 100)
        } else {
            write!(f, "{}-{}", self.first, self.last)
        }
    }
}

/// A program that checks a server; its exit status 0 means up. It is run directly, never through a shell.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct CommandProbe {
    /// Program and its arguments, complete.
    pub argv: Vec<String>,
    /// User to run it as; the director's own when none is given.
    pub user: Option<String>,
}

/// Where a server's own words come from.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum AdviceSource {
    /// An agent on a TCP port of the server, which sends a line after the connect.
    Agent {
        /// What is sent to it first; nothing when empty.
        send: String,
    },
    /// A file of the director's.
    File {
        /// Its path.
        path: String,
    },
    /// The last line that a program prints.
    Command(CommandProbe),
}
