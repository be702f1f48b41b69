//! Settings of checks that speak a protocol, before it is known which of them the protocol takes.

use serde::Serialize;

use crate::model::{Pattern, Protocol, Secret, TlsCheck};

/// A setting of a protocol's check, in the order in which they are best written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Setting {
    /// A name, a query, a file or a text to send.
    Request,
    /// A regular expression that the answer must match.
    Receive,
    /// A user name.
    Login,
    /// A password.
    Password,
    /// A database.
    Database,
    /// A shared secret.
    Secret,
    /// TCP or UDP, in place of the service's.
    Transport,
    /// The name of a service on a gRPC server.
    Service,
    /// TLS: from the first byte, where no word of its own says so; with a database, whether it is used.
    Tls,
    /// TLS that begins after the server has agreed.
    Starttls,
    /// Whether the certificate is verified.
    Verify,
    /// Name for SNI and the certificate.
    ServerName,
    /// A file of the authorities to verify against.
    Ca,
    /// A file with the director's own certificate.
    Certificate,
    /// A file with the key for it.
    Key,
    /// Protocols that are offered by ALPN.
    Alpn,
}

impl Setting {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Request,
        Self::Receive,
        Self::Login,
        Self::Password,
        Self::Database,
        Self::Secret,
        Self::Transport,
        Self::Service,
        Self::Tls,
        Self::Starttls,
        Self::Verify,
        Self::ServerName,
        Self::Ca,
        Self::Certificate,
        Self::Key,
        Self::Alpn,
    ];

    /// Its key in YAML.
    #[must_use]
    pub const fn key(self) -> &'static str {
        match self {
            Self::Request => "request",
            Self::Receive => "receive",
            Self::Login => "login",
            Self::Password => "password",
            Self::Database => "database",
            Self::Secret => "secret",
            Self::Transport => "transport",
            Self::Service => "service",
            Self::Tls => "tls",
            Self::Starttls => "starttls",
            Self::Verify => "verify",
            Self::ServerName => "server_name",
            Self::Ca => "ca",
            Self::Certificate => "certificate",
            Self::Key => "key",
            Self::Alpn => "alpn",
        }
    }
}

/// All settings that a protocol may take; see [`ProtocolRow::check`](super::ProtocolRow::check).
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ProtocolSettings {
    /// Transport below it.
    pub transport: Option<Protocol>,
    /// TLS, if any.
    pub tls: Option<TlsCheck>,
    /// A name, a query, a file or a text to send.
    pub request: Option<String>,
    /// What the answer must match.
    pub receive: Option<Pattern>,
    /// User name.
    pub login: Option<String>,
    /// Password.
    pub password: Option<Secret>,
    /// Database.
    pub database: Option<String>,
    /// Shared secret.
    pub secret: Option<Secret>,
    /// The name of a service on a gRPC server.
    pub service: Option<String>,
}

/// Who logs in.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct Credentials {
    /// User name.
    pub login: Option<String>,
    /// Password.
    pub password: Option<Secret>,
}

impl Credentials {
    pub(super) fn of(login: Option<String>, password: Option<Secret>) -> Self {
        Self { login, password }
    }

    /// The user name, unless it is empty.
    #[must_use]
    pub fn login(&self) -> Option<&str> {
        self.login.as_deref().filter(|login| !login.is_empty())
    }

    /// The password; empty when there is none.
    #[must_use]
    pub fn password(&self) -> &str {
        self.password.as_ref().map_or("", Secret::reveal)
    }
}
