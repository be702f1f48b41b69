//! Why a protocol's check failed.

use director_core::health::Contact;
use hickory_proto::op::ResponseCode;
use hickory_proto::rr::RecordType;

use super::grpc_status::status_name as grpc_status;
use super::ldap_results::result_name;
use crate::probe::words::Short;

/// What went wrong in a protocol's check.
#[derive(Debug, thiserror::Error)]
pub(in crate::probe) enum ProtocolError {
    /// The server hung up.
    #[error("connection closed while waiting for {0}")]
    Closed(&'static str),
    /// The server does not come to an end.
    #[error("the {what} is longer than {limit} bytes")]
    TooLong {
        /// What was read.
        what: &'static str,
        /// Bytes read.
        limit: usize,
    },
    /// The server does not come to an end, in short lines.
    #[error("sent more than {0} lines without an end to its answer")]
    TooManyLines(usize),
    /// A result wider than any database gives.
    #[error("the row has {0} columns; the limit is {1}")]
    TooManyColumns(u64, u64),
    /// What comes are only the answers that may come before one.
    #[error("sent more than {0} interim answers and no final one")]
    TooManyInterim(usize),
    /// The server said something else.
    #[error("{what} \"{}\", expected {expected}", Short(.said))]
    Unexpected {
        /// What it answered.
        what: &'static str,
        /// The answer.
        said: String,
        /// What would have been good.
        expected: &'static str,
    },
    /// The answer is complete and lacks what was expected.
    #[error("answer does not match {}", Short(.0))]
    AnswerLacks(String),
    /// The answer is of another protocol, or broken.
    #[error("the answer is not {0}")]
    NotSpoken(&'static str),
    /// A name server answers with an error.
    #[error("answered \"{0}\"")]
    DnsError(ResponseCode),
    /// A name server answers another question.
    #[error("sent {0} answers to other requests")]
    Unrelated(usize),
    /// A name server knows nothing of what was asked.
    #[error("no {kind} record of {}", Short(.name))]
    NoRecord {
        /// The kind of record.
        kind: RecordType,
        /// Whose.
        name: String,
    },
    /// A RADIUS answer that was not made with our secret.
    #[error("the answer is not signed with the secret")]
    NotSigned,
    /// A directory refuses an operation.
    #[error("{operation} refused: {}{}", result_name(*.code), said(.text))]
    LdapRefused {
        /// The operation.
        operation: &'static str,
        /// Its result code.
        code: u8,
        /// The server's own words.
        text: String,
    },
    /// The search did not find exactly the entry that is its base.
    #[error("{found} entries at {}, expected one", Short(.base))]
    Entries {
        /// How many came.
        found: usize,
        /// The base.
        base: String,
    },
    /// An Oracle listener refuses.
    #[error("refused by the listener{}", said(.0))]
    ListenerRefused(String),
    /// A database refuses.
    #[error("refused: {} ({code})", Short(.text))]
    DatabaseRefused {
        /// The database's number or code for it.
        code: String,
        /// The database's own words.
        text: String,
    },
    /// The database's client library met a fault.
    #[cfg(feature = "postgres")]
    #[error("{0}")]
    Postgres(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A query worked and found nothing.
    #[error("the query returned no row")]
    NoRow,
    /// A login in a way that the probe cannot do.
    #[error(
        "the server requires login by {}, which this probe does not support; give the user of the check \
         mysql_native_password, caching_sha2_password, sha256_password or ed25519", Short(.0)
    )]
    UnknownLogin(String),
    /// A login that would show the password to everyone on the network.
    #[error(
        "the server wants the password in clear text (mysql_clear_password), which this probe sends over TLS only; \
         write tls: require"
    )]
    ClearPassword,
    /// The key that the server wants the password encrypted for is none.
    #[error("the public key of the server is not one of RSA in PEM")]
    NoKey,
    /// The question wants TLS and the server has none.
    #[error("the server offers no TLS")]
    NoTls,
    /// The same in a protocol that begins in plain text.
    #[error("the server offers no STARTTLS")]
    NoStartTls,
    /// The server chose another protocol than HTTP/2.
    #[error("the server does not choose HTTP/2 (h2) by ALPN")]
    NoHttp2,
    /// The server ended the request or the connection.
    #[error("HTTP/2: the server ended the request ({0})")]
    Http2Refused(h2::Reason),
    /// An answer of another program in front of the gRPC server, or of none.
    #[error("status {0}, and the answer is not gRPC")]
    NoGrpc(u16),
    /// A gRPC server answers with an error.
    #[error("gRPC status {}{}", grpc_status(*.code), said(.text))]
    Grpc {
        /// Its code.
        code: u32,
        /// The server's own words.
        text: String,
    },
    /// A gRPC service reports that it does not serve.
    #[error("the service reports {0}")]
    NotServing(&'static str),
    /// The definition lacks something.
    #[error("local error: {protocol} needs {what}")]
    Missing {
        /// The protocol.
        protocol: &'static str,
        /// What it needs.
        what: &'static str,
    },
    /// The definition holds something that the protocol has no room for.
    #[error("local error: the {what} is longer than {limit} bytes")]
    NoRoom {
        /// What is too long.
        what: &'static str,
        /// Bytes there are.
        limit: usize,
    },
    /// The definition's name is none.
    #[error("local error: {} is not a host name", Short(.0))]
    NoName(String),
    /// The definition holds something that would break the protocol.
    #[error("local error: the {0} contains a line break or a zero byte")]
    LineBreak(&'static str),
    /// The system gives no random bytes.
    #[error("local error: the system gives no random bytes")]
    NoRandomness,
}

impl ProtocolError {
    /// Whether the director cannot ask, for now or as the check is defined.
    pub(in crate::probe) fn is_ours(&self) -> bool {
        matches!(
            self,
            Self::Missing { .. }
                | Self::NoRoom { .. }
                | Self::NoName(_)
                | Self::LineBreak(_)
                | Self::NoRandomness
        )
    }

    /// What it shows of the network: without a question there was no answer.
    pub(in crate::probe) fn contact(&self) -> Contact {
        match self.is_ours() {
            true => Contact::NotAsked,
            false => Contact::Answered,
        }
    }
}

fn said(text: &str) -> String {
    if text.is_empty() {
        String::new()
    } else {
        format!(" ({})", Short(text))
    }
}
