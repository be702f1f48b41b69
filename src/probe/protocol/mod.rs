//! Checks in the service's own protocol, a file each. The time limit around them is the caller's.

mod ber;
mod datagram;
mod dns;
mod error;
mod ftp;
mod grpc;
mod grpc_status;
mod imap;
mod ldap;
mod ldap_results;
mod lines;
mod mysql;
mod nntp;
mod oracle;
mod peer;
#[cfg(feature = "postgres")]
mod pgsql;
#[cfg(feature = "postgres")]
mod pgsql_frames;
mod pop;
mod radius;
mod simpletcp;
mod sip;
mod smtp;
mod udp;

use std::net::SocketAddr;

use director_core::model::ProtocolCheck;

pub(super) use self::error::ProtocolError;
use super::error::ProbeError;
use super::settings::ProbeSettings;
use peer::Peer;

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
        ProtocolCheck::Grpc(check) => grpc::ask(peer, check).await,
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
        ProtocolCheck::Udp(check) => datagram::ask(peer, check).await,
    }
}
