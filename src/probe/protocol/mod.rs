//! Checks in the service's own protocol, a file each. The time limit around them is the caller's.

mod ber;
mod dns;
mod error;
mod ftp;
mod imap;
mod ldap;
mod lines;
mod mysql;
mod nntp;
mod oracle;
#[cfg(feature = "postgres")]
mod pgsql;
mod pop;
mod radius;
mod simpletcp;
mod sip;
mod smtp;
mod udp;

use std::net::SocketAddr;

use director_core::model::{Pattern, ProtocolCheck, TlsCheck, Verification};

pub(super) use self::error::ProtocolError;
use super::error::ProbeError;
use super::settings::ProbeSettings;
use super::stream::{self, Stream, TlsWish};
use super::tls::server_name;

/// The server that is checked.
#[derive(Debug, Clone, Copy)]
struct Peer<'a> {
    address: SocketAddr,
    settings: &'a ProbeSettings,
}

impl Peer<'_> {
    /// Connects, with TLS from the first byte where the check wants it.
    async fn connect(&self, tls: Option<&TlsCheck>) -> Result<Stream, ProbeError> {
        let wish = tls.map(|tls| self.tls_wish(Some(tls)));
        stream::open(self.address, wish.as_ref(), self.settings).await
    }

    /// TLS as the check wants it, or without verification where only the protocol asks for it.
    fn tls_wish(&self, tls: Option<&TlsCheck>) -> TlsWish {
        let name = tls.and_then(|tls| tls.server_name.as_deref());
        TlsWish {
            verify: tls.map_or(Verification::None, |tls| tls.verify),
            name: server_name(name, self.address.ip()),
        }
    }
}

/// Fails unless what the server said matches the expression, if there is one.
fn expect(receive: Option<&Pattern>, said: &[u8]) -> Result<(), ProtocolError> {
    match receive {
        Some(pattern) if !pattern.is_match(said) => {
            Err(ProtocolError::AnswerLacks(pattern.as_str().to_owned()))
        }
        _ => Ok(()),
    }
}

/// Runs the check; a good answer comes back in words.
pub(super) async fn ask(
    address: SocketAddr,
    check: &ProtocolCheck,
    settings: &ProbeSettings,
) -> Result<String, ProbeError> {
    let peer = Peer { address, settings };
    match check {
        ProtocolCheck::Dns(check) => dns::ask(peer, check).await,
        ProtocolCheck::Ftp(check) => ftp::ask(peer, check).await,
        ProtocolCheck::Imap(check) => imap::ask(peer, check).await,
        ProtocolCheck::Ldap(check) => ldap::ask(peer, check).await,
        ProtocolCheck::Mysql(check) => mysql::ask(peer, check).await,
        ProtocolCheck::Nntp(check) => nntp::ask(peer, check).await,
        ProtocolCheck::Oracle(check) => oracle::ask(peer, check).await,
        #[cfg(feature = "postgres")]
        ProtocolCheck::Pgsql(check) => pgsql::ask(peer, check).await,
        #[cfg(not(feature = "postgres"))]
        ProtocolCheck::Pgsql(_) => Err(ProbeError::NotInThisBuild("postgres")),
        ProtocolCheck::Pop(check) => pop::ask(peer, check).await,
        ProtocolCheck::Radius(check) => radius::ask(peer, check).await,
        ProtocolCheck::Simpletcp(check) => simpletcp::ask(peer, check).await,
        ProtocolCheck::Sip(check) => sip::ask(peer, check).await,
        ProtocolCheck::Smtp(check) => smtp::ask(peer, check).await,
    }
}
