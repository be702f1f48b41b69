//! Why a probe was not answered as expected. The texts are what operators read in logs and in `ipvsctl status`, so they
//! are words about the server, without error numbers. [`ProbeError::is_ours`] separates the director's own troubles.

use std::fmt;
use std::io;
use std::net::IpAddr;
use std::time::Duration;

use director_core::model::StatusRange;
use nix::errno::Errno;

use super::advice_error::AdviceError;
use super::command_error::CommandError;
use super::memory::TooMuchSent;
use super::pauses;
use super::protocol::ProtocolError;
use super::tls_error::TlsError;
use super::words::{Short, ShownDuration, words};
use crate::net::SourceAddressError;

/// What went wrong with a probe.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    /// The definition says that the server is down.
    #[error("no check, always down")]
    AlwaysDown,
    /// The kind is a feature that was left out.
    #[cfg(not(feature = "postgres"))]
    #[error("local error: this build lacks the feature {0}")]
    NotInThisBuild(&'static str),
    /// There is no port to ask.
    #[error("no port to probe; set a port on the check")]
    NoPort,
    /// This host could not ask: no route of its own, no descriptor, no memory.
    #[error("local error: {}", words(.0))]
    CannotAsk(#[source] io::Error),
    /// All ports of this host are in use for connections to one server.
    #[error("local error: no local port is free; widen net.ipv4.ip_local_port_range")]
    NoLocalPort,
    /// The check's source address is none of this host.
    #[error(
        "local error: this host does not have the source address {0}; add it to an interface, or change source"
    )]
    NoSource(IpAddr),
    /// The definition cannot be put into a request.
    #[error("local error: {0}")]
    NoSuchRequest(#[source] hyper::http::Error),
    /// The system's certificate store is of no use.
    #[error("local error: {0}")]
    Authorities(#[from] super::tls_error::AuthoritiesError),
    /// A protocol's check failed.
    #[error(transparent)]
    Protocol(#[from] ProtocolError),
    /// A server does not say how it fares.
    #[error(transparent)]
    Advice(#[from] AdviceError),
    /// A program did not say that the server is up.
    #[error(transparent)]
    Command(#[from] CommandError),
    /// Several echo requests found no answer.
    #[error("no answer to {attempts} echo requests within {} each", ShownDuration(*.each))]
    Echoless {
        attempts: u32,
        /// Time given to each.
        each: Duration,
    },
    #[error("connection refused")]
    Refused,
    /// The server cut the connection off.
    #[error("connection reset")]
    Reset,
    /// The server ended the connection before it said anything.
    #[error("connection closed without an answer")]
    Closed,
    /// Nobody on the way knows the server.
    #[error("no route to host")]
    NoRoute,
    /// The time limit of the probe.
    #[error("no answer within {}", ShownDuration(*.0))]
    Silent(Duration),
    /// The time limit of a probe by the clients' road.
    #[error(
        "no answer from {vip} through {toward} within {}; the VIP or the tunnel may be missing there", ShownDuration(*.limit)
    )]
    SilentVipPath {
        vip: IpAddr,
        toward: IpAddr,
        limit: Duration,
    },
    /// The same after a connection was made, when the question was to fill a packet.
    #[error(
        "connected through {toward}, but no answer to a full-size packet within {}; probably a path-MTU problem", ShownDuration(*.limit)
    )]
    Swallowed { toward: IpAddr, limit: Duration },
    /// This machine has no address that could ask the VIP.
    #[error("local error: {0}")]
    SourceAddress(#[from] SourceAddressError),
    /// The answer would be dropped on its way in.
    #[error(
        "local error: {interface} drops answers whose source is a VIP of this machine; ipvsd sets \
         net.ipv4.conf.{interface}.accept_local=1 and rp_filter=2 for path checks, and logs why if it cannot"
    )]
    RepliesDropped {
        /// The interface by which the answer comes.
        interface: String,
    },
    /// Any other fault of the connection.
    #[error("{}", words(.0))]
    Connection(#[source] io::Error),
    /// TLS was refused, broken or not trusted.
    #[error("TLS: {0}")]
    Tls(#[from] TlsError),
    /// The connection ended within the TLS handshake.
    #[error("TLS: connection closed during the handshake")]
    TlsClosed,
    /// What comes does not begin like an answer.
    #[error("not a valid HTTP answer: it begins with {:?}", Short(&String::from_utf8_lossy(.0)).to_string())]
    NoStatusLine(Vec<u8>),
    /// An answer without a body in sight.
    #[error("not a valid HTTP answer: its headers are longer than {} KiB", .0 / 1024)]
    HeadTooLarge(usize),
    #[error("not a valid HTTP answer: it has more than {0} header lines")]
    TooManyHeaders(usize),
    /// The body broke off.
    #[error("body ended early")]
    BodyEnded,
    /// A status that does not count as good.
    #[error("status {status}, expected {}", Ranges(.expected))]
    Status {
        status: u16,
        /// What counts as good.
        expected: Vec<StatusRange>,
    },
    /// More redirects than allowed.
    #[error("more than {0} redirects")]
    Redirects(u8),
    /// A redirect to something that cannot be asked.
    #[error("redirected to {}, which is not an HTTP URL", Short(.0))]
    RedirectedAstray(String),
    /// A redirect to a name without an address.
    #[error("redirected to {}, whose host name was not resolved within the time limit or has no address", Short(.0))]
    RedirectedNowhere(String),
    /// A redirect to something that this host cannot ask.
    #[error("redirected to {}, which cannot be reached: {source}", Short(.to))]
    RedirectedOut { to: String, source: Box<ProbeError> },
    /// This process was stopped, or had no processor time.
    #[error("local error: {}", pauses::words(*.0))]
    Paused(Duration),
    /// Lookups for other servers took all threads for lookups.
    #[error("local error: cannot look up {}, too many lookups wait for the name service; check the name service", Short(.0))]
    LookupsBusy(String),
    /// The system gave no thread, or it ended without a result.
    #[error("local error: thread failed: {}", words(.0))]
    NoThread(#[source] io::Error),
    /// A question that names a host of its own, which has no address: this host's name service says so.
    #[error("local error: the host of {} has no address", Short(.0))]
    Nowhere(String),
    /// The expression goes back and forth over the answer.
    #[error("the answer takes too much work to match {}; use an expression without back-references", Short(.0))]
    TooMuchToMatch(String),
    /// The answer came too late, or is too long for the time limit.
    #[error("the answer was not matched with {} within the time limit", Short(.0))]
    NotMatchedInTime(String),
    /// Other searches took all the time.
    #[error(
        "local error: the answer was not matched in time, because ipvsd was matching other answers"
    )]
    NoTurnToMatch,
    /// Other probes read long answers.
    #[error(
        "local error: the answer was not read in time, because long answers of other servers used the memory for answers"
    )]
    NoTurnToRead,
    /// The server sends more than any answer has.
    #[error("sent more than {} KiB without an end to its answer", .0 / 1024)]
    TooMuchSent(u64),
    /// The body is complete and lacks what was expected.
    #[error("body does not match {}", Short(.0))]
    BodyLacks(String),
    /// The library cannot compute a digest.
    #[error("local error: no MD5 digest: {0}")]
    Digest(#[source] openssl::error::ErrorStack),
    /// The body is complete and has another MD5 digest.
    #[error("body has MD5 digest {found}, expected {expected}")]
    BodyDigest { found: String, expected: String },
    /// The body is longer than what is read of it, so it has no digest.
    #[error("body has more than {0} bytes (the limit), so its MD5 digest is not known")]
    BodyTooLong(usize),
    /// The body did not end within the time limit, and what had come lacks what was expected.
    #[error("body does not match {} and did not end within the time limit", Short(.0))]
    BodySoFarLacks(String),
    /// What was read of the body lacks what was expected, and there was more.
    #[error("body does not match {} in its first {limit} bytes (the limit)", Short(.pattern))]
    BodyStartLacks { pattern: String, limit: usize },
}

impl ProbeError {
    /// Whether the fault lies on the director's side and so says nothing about the server.
    pub(super) fn is_ours(&self) -> bool {
        match self {
            #[cfg(not(feature = "postgres"))]
            Self::NotInThisBuild(_) => true,
            Self::NoPort
            | Self::CannotAsk(_)
            | Self::NoLocalPort
            | Self::NoSource(_)
            | Self::NoSuchRequest(_)
            | Self::Authorities(_)
            | Self::SourceAddress(_)
            | Self::RepliesDropped { .. }
            | Self::Paused(_)
            | Self::LookupsBusy(_)
            | Self::NoThread(_)
            | Self::NoTurnToMatch
            | Self::Digest(_)
            | Self::NoTurnToRead
            | Self::Nowhere(_) => true,
            Self::Tls(error) => error.is_ours(),
            Self::Protocol(error) => error.is_ours(),
            Self::Command(error) => error.is_ours(),
            _ => false,
        }
    }

    /// Whether a pause of this process explains it: the server may have answered in time, or given up waiting, or a program
    /// that ran meanwhile may have been paused too. What a server has said is true whenever this process reads it.
    pub(super) fn may_come_from_a_pause(&self) -> bool {
        match self {
            Self::Echoless { .. }
            | Self::Reset
            | Self::Closed
            | Self::Silent(_)
            | Self::SilentVipPath { .. }
            | Self::Swallowed { .. }
            | Self::Connection(_)
            | Self::TlsClosed
            | Self::BodyEnded
            | Self::RedirectedNowhere(_)
            | Self::NotMatchedInTime(_)
            | Self::BodySoFarLacks(_)
            | Self::Command(_)
            | Self::Protocol(ProtocolError::Closed(_) | ProtocolError::Http2Refused(_)) => true,
            // The server's own time limit for a request (RFC 9110, section 15.5.9).
            Self::Status { status, .. } => *status == 408,
            Self::RedirectedOut { source, .. } => source.may_come_from_a_pause(),
            #[cfg(feature = "postgres")]
            Self::Protocol(ProtocolError::Postgres(_)) => true,
            _ => false,
        }
    }

    /// The words for a fault that the kernel tells at once when something is to be sent. What it has learned from the network
    /// is the server's: refused (the loopback device answers within the call, and a socket of datagrams hears of an earlier
    /// one), reset, no answer to ARP or neighbour discovery. All else is this host's, and says nothing about the server: no
    /// route, no source address or port left, a filter of its own, no descriptor, no memory.
    pub(super) fn of_asking(error: io::Error) -> Self {
        let is_about_the_server = matches!(
            error.kind(),
            io::ErrorKind::ConnectionRefused
                | io::ErrorKind::ConnectionReset
                | io::ErrorKind::HostUnreachable
                | io::ErrorKind::TimedOut
        ) || error.raw_os_error() == Some(Errno::EHOSTDOWN as i32);
        if is_about_the_server {
            Self::of_connection(error)
        } else {
            Self::CannotAsk(error)
        }
    }

    /// The words for a fault in reading or writing an open connection.
    pub(super) fn of_connection(error: io::Error) -> Self {
        Self::known(&error).unwrap_or(Self::Connection(error))
    }

    /// The words for a fault in reading an answer of known length: its end before that is a fault too.
    pub(super) fn of_ending(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::Closed;
        }
        Self::of_connection(error)
    }

    /// The words for a fault within a TLS handshake.
    pub(super) fn of_handshake(error: io::Error) -> Self {
        if error.kind() == io::ErrorKind::UnexpectedEof {
            return Self::TlsClosed;
        }
        Self::of_connection(error)
    }

    fn known(error: &io::Error) -> Option<Self> {
        let inner = error.get_ref();
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<openssl::ssl::Error>()) {
            return Some(Self::Tls(TlsError::of_library(tls)));
        }
        if let Some(tls) = inner.and_then(|inner| inner.downcast_ref::<TlsError>()) {
            return Some(Self::Tls(tls.clone()));
        }
        if let Some(TooMuchSent(limit)) = inner.and_then(|inner| inner.downcast_ref()) {
            return Some(Self::TooMuchSent(*limit));
        }
        match error.kind() {
            io::ErrorKind::ConnectionRefused => Some(Self::Refused),
            io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Some(Self::Reset),
            io::ErrorKind::HostUnreachable => Some(Self::NoRoute),
            _ => None,
        }
    }
}

/// Status ranges in words: `2xx or 301`.
struct Ranges<'a>(&'a [StatusRange]);

impl fmt::Display for Ranges<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, range) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str(" or ")?;
            }
            range.fmt(f)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_name_all_that_would_do() {
        let error = ProbeError::Status {
            status: 503,
            expected: vec![
                StatusRange::SUCCESS,
                StatusRange {
                    first: 301,
                    last: 301,
                },
            ],
        };
        assert_eq!(error.to_string(), "status 503, expected 2xx or 301");
    }

    #[test]
    fn what_keeps_this_host_from_asking_says_nothing_about_the_server() {
        let is_ours = |errno: Errno| {
            ProbeError::of_asking(io::Error::from_raw_os_error(errno as i32)).is_ours()
        };
        for errno in [
            Errno::ENETUNREACH,
            Errno::ENETDOWN,
            Errno::EADDRNOTAVAIL,
            Errno::EACCES,
            Errno::EPERM,
            Errno::EMFILE,
            Errno::ENFILE,
            Errno::ENOBUFS,
            Errno::ENOMEM,
            Errno::EINVAL,
            Errno::EAGAIN,
        ] {
            assert!(is_ours(errno), "{errno}");
        }
        for errno in [
            Errno::ECONNREFUSED,
            Errno::ECONNRESET,
            Errno::EHOSTUNREACH,
            Errno::EHOSTDOWN,
            Errno::ETIMEDOUT,
        ] {
            assert!(!is_ours(errno), "{errno}");
        }
    }

    #[test]
    fn errors_of_the_system_lose_their_number() {
        let error = ProbeError::CannotAsk(io::Error::from_raw_os_error(24));
        assert_eq!(error.to_string(), "local error: too many open files");
        assert!(error.is_ours());
    }
}
