//! Settings that protocols have in common.

use serde::Serialize;

use super::settings::{Credentials, ProtocolSettings};
use crate::model::{Pattern, Protocol, TlsCheck};

/// Settings of DNS and of plain exchanges of bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct ExchangeCheck {
    /// TCP or UDP.
    pub transport: Protocol,
    /// TLS over TCP.
    pub tls: Option<TlsCheck>,
    /// The name to resolve, or the bytes to send.
    pub request: Option<String>,
    /// What a record or line of the answer must match.
    pub receive: Option<Pattern>,
}

pub(super) fn exchange(transport: Protocol, settings: ProtocolSettings) -> ExchangeCheck {
    ExchangeCheck {
        transport,
        tls: settings.tls,
        request: settings.request,
        receive: settings.receive,
    }
}

/// Settings of protocols that greet and know logins: IMAP and POP3.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct MailboxCheck {
    /// User to log in as; without one there is no login.
    pub credentials: Credentials,
    /// What the greeting must match.
    pub receive: Option<Pattern>,
    /// TLS, if any.
    pub tls: Option<TlsCheck>,
}

pub(super) fn mailbox(settings: ProtocolSettings) -> MailboxCheck {
    MailboxCheck {
        credentials: Credentials::of(settings.login, settings.password),
        receive: settings.receive,
        tls: settings.tls,
    }
}

/// Settings of protocols that greet: NNTP and SMTP.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct GreetingCheck {
    /// What the greeting must match.
    pub receive: Option<Pattern>,
    /// TLS, if any.
    pub tls: Option<TlsCheck>,
}

pub(super) fn greeting(settings: ProtocolSettings) -> GreetingCheck {
    GreetingCheck {
        receive: settings.receive,
        tls: settings.tls,
    }
}

/// Settings of MySQL and PostgreSQL.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct SqlCheck {
    /// Who logs in.
    pub credentials: Credentials,
    /// The database to use.
    pub database: Option<String>,
    /// The query.
    pub request: Option<String>,
    /// What the first row must match, a tab between two values.
    pub receive: Option<Pattern>,
    /// TLS, as far as it is used.
    pub tls: Option<TlsCheck>,
}

pub(super) fn sql(settings: ProtocolSettings) -> SqlCheck {
    SqlCheck {
        credentials: Credentials::of(settings.login, settings.password),
        database: settings.database,
        request: settings.request,
        receive: settings.receive,
        tls: settings.tls,
    }
}
