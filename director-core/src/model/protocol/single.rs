//! Settings that belong to a single protocol.

use serde::Serialize;

use super::settings::Credentials;
use crate::model::{Pattern, Protocol, Secret, TlsCheck};

/// Settings of FTP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct FtpCheck {
    /// User to log in as; without one, anonymous.
    pub credentials: Credentials,
    /// The file to transfer.
    pub request: Option<String>,
    /// What the file must match.
    pub receive: Option<Pattern>,
}

/// Settings of gRPC.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct GrpcCheck {
    /// The service that is checked; the whole server when none is named.
    pub service: Option<String>,
    /// TLS, if any.
    pub tls: Option<TlsCheck>,
}

/// Settings of LDAP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct LdapCheck {
    /// Who binds; anonymous unless both parts are there.
    pub credentials: Credentials,
    /// The entry to search for; the root when none is named.
    pub request: Option<String>,
    /// What the entry's name must match.
    pub receive: Option<Pattern>,
    /// TLS, if any.
    pub tls: Option<TlsCheck>,
}

/// Settings of an Oracle listener's check.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct OracleCheck {
    /// The SID; without one the listener alone is probed.
    pub database: Option<String>,
    /// TLS from the first byte.
    pub tls: Option<TlsCheck>,
}

/// Settings of RADIUS.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct RadiusCheck {
    /// For whom access is requested.
    pub credentials: Credentials,
    /// The secret shared with the server.
    pub secret: Option<Secret>,
}

/// Settings of SIP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct SipCheck {
    /// TCP or UDP.
    pub transport: Protocol,
    /// TLS over TCP.
    pub tls: Option<TlsCheck>,
    /// The probed address.
    pub login: Option<String>,
    /// What the final answer must match.
    pub receive: Option<Pattern>,
}

/// Settings of a datagram.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct DatagramCheck {
    /// What is sent; an empty datagram without it.
    pub request: Option<String>,
    /// What the answer must match. Without it the server need not answer.
    pub receive: Option<Pattern>,
}
