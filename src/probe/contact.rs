//! What the end of a probe shows of the network between this host and the server: an answer, silence, or nothing at all. And
//! what a redirect makes of an error: a server that leads a probe astray has failed.

use std::io;
use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

use director_core::health::Contact;
use nix::errno::Errno;

use super::error::ProbeError;
use crate::net::SourceAddressError;

impl ProbeError {
    pub(super) fn contact(&self) -> Contact {
        match self {
            Self::Silent(_)
            | Self::SilentVipPath { .. }
            | Self::Echoless { .. }
            | Self::NoRoute => Contact::Silent,
            Self::SourceAddress(SourceAddressError::NoRoute { .. }) => Contact::Silent,
            Self::CannotAsk(error) if !is_want(error) && !is_forbidden(error) => Contact::Silent,
            // What the kernel reports of a connection, such as a time-out of its own, is no answer.
            Self::Connection(error) if error.raw_os_error().is_some() => Contact::Silent,
            // A program that ends by itself may have met with an answer as well as with silence. One that is ended at the time
            // limit was silent.
            Self::Command(_) => Contact::NotAsked,
            Self::Protocol(error) => error.contact(),
            Self::AlwaysDown | Self::Advice(_) => Contact::NotAsked,
            error if error.is_ours() => Contact::NotAsked,
            _ => Contact::Answered,
        }
    }

    /// The words for a fault that the kernel reports at once when a connection to `peer` begins.
    pub(super) fn of_connecting(error: io::Error, peer: SocketAddr) -> Self {
        match error.raw_os_error() {
            // The same number says that no port is left, and that there is no address of the family.
            Some(errno) if errno == Errno::EADDRNOTAVAIL as i32 && can_send_to(peer) => {
                Self::NoLocalPort
            }
            _ => Self::of_asking(error),
        }
    }

    /// The same error after a redirect: where the server leads a probe to is the server's doing, a want of this host is not.
    pub(super) fn after_redirect(self, to: String) -> Self {
        match self {
            Self::CannotAsk(error) if is_want(&error) => Self::CannotAsk(error),
            Self::NoPort | Self::CannotAsk(_) | Self::NoSuchRequest(_) => Self::RedirectedOut {
                to,
                source: Box::new(self),
            },
            other => other,
        }
    }
}

/// Whether this host has a route and a source address for this peer. Nothing is sent.
fn can_send_to(peer: SocketAddr) -> bool {
    let any: SocketAddr = match peer {
        SocketAddr::V4(_) => (Ipv4Addr::UNSPECIFIED, 0).into(),
        SocketAddr::V6(_) => (Ipv6Addr::UNSPECIFIED, 0).into(),
    };
    UdpSocket::bind(any).is_ok_and(|socket| socket.connect(peer).is_ok())
}

/// Whether this host lacks something that it needs for any connection, to any server: descriptors, memory, ports. All
/// else that keeps it from sending is a matter of its network, no route, no link, no address, or is forbidden.
fn is_want(error: &io::Error) -> bool {
    matches!(
        Errno::from_raw(error.raw_os_error().unwrap_or(0)),
        Errno::EMFILE | Errno::ENFILE | Errno::ENOMEM | Errno::ENOBUFS | Errno::EAGAIN
    )
}

/// Whether this host forbids the probe: a filter of its own, or a right that this program lacks. Clients may reach the server
/// all the same.
fn is_forbidden(error: &io::Error) -> bool {
    matches!(
        Errno::from_raw(error.raw_os_error().unwrap_or(0)),
        Errno::EPERM | Errno::EACCES
    )
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::probe::protocol::ProtocolError;
    use crate::probe::tls_error::TlsError;

    fn cannot_ask(errno: Errno) -> ProbeError {
        ProbeError::CannotAsk(io::Error::from_raw_os_error(errno as i32))
    }

    #[test]
    fn silence_and_a_missing_network_may_be_the_fault_of_this_host_and_answers_are_not() {
        let timed_out = io::Error::from_raw_os_error(Errno::ETIMEDOUT as i32);
        let cases = [
            (ProbeError::Silent(Duration::from_secs(1)), Contact::Silent),
            (ProbeError::NoRoute, Contact::Silent),
            (cannot_ask(Errno::ENETUNREACH), Contact::Silent),
            (ProbeError::of_connection(timed_out), Contact::Silent),
            (ProbeError::Refused, Contact::Answered),
            (ProbeError::Reset, Contact::Answered),
            (ProbeError::Closed, Contact::Answered),
            (ProbeError::BodyLacks("OK".to_owned()), Contact::Answered),
            (ProbeError::Tls(TlsError::NotTls), Contact::Answered),
            (
                ProbeError::Protocol(ProtocolError::NoRow),
                Contact::Answered,
            ),
            (cannot_ask(Errno::EHOSTUNREACH), Contact::Silent),
            (cannot_ask(Errno::ENETDOWN), Contact::Silent),
            (cannot_ask(Errno::EADDRNOTAVAIL), Contact::Silent),
            (cannot_ask(Errno::EMFILE), Contact::NotAsked),
            (cannot_ask(Errno::ENOMEM), Contact::NotAsked),
            (cannot_ask(Errno::EPERM), Contact::NotAsked),
            (cannot_ask(Errno::EACCES), Contact::NotAsked),
            (ProbeError::NoPort, Contact::NotAsked),
            // Only probes need this; clients reach the server all the same.
            (
                ProbeError::RepliesDropped {
                    interface: "back".to_owned(),
                },
                Contact::NotAsked,
            ),
        ];
        for (error, expected) in cases {
            assert_eq!(error.contact(), expected, "{error}");
        }
    }

    #[test]
    fn a_server_that_redirects_astray_has_failed_and_a_want_of_descriptors_is_none_of_its_doing() {
        let after = |error: ProbeError| error.after_redirect("http://192.0.2.1:0/".to_owned());
        for error in [
            ProbeError::NoPort,
            cannot_ask(Errno::ENETUNREACH),
            cannot_ask(Errno::EINVAL),
        ] {
            assert!(!after(error).is_ours());
        }
        assert!(after(cannot_ask(Errno::EMFILE)).is_ours());
    }

    #[test]
    fn a_want_of_ports_is_none_of_the_servers_doing_and_a_missing_family_may_be() {
        let connecting = |peer: &str| {
            let error = io::Error::from_raw_os_error(Errno::EADDRNOTAVAIL as i32);
            ProbeError::of_connecting(error, peer.parse().unwrap())
        };
        let error = connecting("127.0.0.1:80");
        assert_eq!(error.contact(), Contact::NotAsked);
        assert!(error.after_redirect(String::new()).is_ours());
        // Without permission to broadcast the kernel lets nothing out to this address.
        let error = connecting("255.255.255.255:80");
        assert!(!error.after_redirect(String::new()).is_ours());
    }
}
