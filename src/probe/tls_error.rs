//! Why TLS failed, in words about the server, or could not begin.

use std::io;
use std::sync::Arc;

use openssl::asn1::Asn1Time;
use openssl::error::{Error, ErrorStack};
use openssl::ssl;
use openssl::x509::{X509Ref, X509VerifyResult};

/// Reasons of the library from here on are alerts of the peer, by their number in RFC 8446, section 6 (`SSL_AD_REASON_OFFSET`).
const ALERTS: i32 = 1000;

/// The alert of a server that knows no site of the name that it was told (RFC 6066, 3).
const UNRECOGNIZED_NAME: i32 = 112;

/// The library's words for the alert about a certificate that has expired.
const EXPIRED: &str = "certificate expired";

/// Why a TLS configuration could not be made.
#[derive(Debug, Clone, thiserror::Error)]
pub(super) enum AuthoritiesError {
    /// There is nothing to verify against.
    #[error("the system's certificate store is empty; install ca-certificates")]
    NoneFound,
    /// No thread could read it.
    #[error("cannot set up TLS: {0}")]
    Interrupted(Arc<io::Error>),
    /// It is still being made.
    #[error(
        "TLS was not set up within half of the time limit; ipvsd or the disk with its certificates is overloaded"
    )]
    Late,
    /// The library refuses its own defaults.
    #[error("cannot set up TLS: {0}")]
    Setup(#[from] ErrorStack),
}

impl From<io::Error> for AuthoritiesError {
    fn from(error: io::Error) -> Self {
        Self::Interrupted(Arc::new(error))
    }
}

/// A fault in TLS.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum TlsError {
    #[error("certificate is not from a trusted authority")]
    Untrusted,
    #[error("certificate has expired")]
    Expired,
    #[error("certificate is not for this name")]
    OtherName,
    #[error("certificate: {0}")]
    Certificate(&'static str),
    #[error("refused by the server (unrecognized name)")]
    UnknownSite,
    #[error("refused by the server ({0})")]
    Refused(String),
    /// The same, and the certificate that the check shows has expired.
    #[error("refused by the server ({EXPIRED}): the client certificate of the check has expired")]
    OwnExpired,
    #[error("the answer is not TLS")]
    NotTls,
    #[error("{0}")]
    Other(String),
}

impl TlsError {
    /// Whether the fault lies on this side: the certificate that the probe has shown is out of date, whatever server it is
    /// shown to.
    pub(super) fn is_ours(&self) -> bool {
        matches!(self, Self::OwnExpired)
    }

    /// The same error of a connection on which the probe may show this certificate. A server can send any alert, so the
    /// alert counts only where the certificate confirms it (RFC 8446, 6.2).
    pub(super) fn showing(self, own: Option<&X509Ref>) -> Self {
        match self {
            Self::Refused(alert) if alert == EXPIRED && own.is_some_and(has_expired) => {
                Self::OwnExpired
            }
            other => other,
        }
    }

    /// What is wrong with a certificate (`X509_V_ERR_*`, openssl/x509_vfy.h).
    pub(super) fn of_certificate(result: X509VerifyResult) -> Self {
        match result.as_raw() {
            // No issuer at hand, an issuer that signed itself, or one of the same name with another key.
            2 | 7 | 18 | 19 | 20 | 21 => Self::Untrusted,
            10 => Self::Expired,
            62 | 64 => Self::OtherName,
            _ => Self::Certificate(result.error_string()),
        }
    }

    /// What the library met in a handshake or after it.
    pub(super) fn of_library(error: &ssl::Error) -> Self {
        let first = error.ssl_error().and_then(|stack| stack.errors().first());
        first.map_or_else(|| Self::Other(error.to_string()), Self::of_reason)
    }

    fn of_reason(error: &Error) -> Self {
        let reason = error.reason().unwrap_or("unknown fault");
        match error.reason_code() - ALERTS {
            UNRECOGNIZED_NAME => Self::UnknownSite,
            0..256 => Self::Refused(alert(reason).to_owned()),
            _ if is_no_tls(reason) => Self::NotTls,
            _ => Self::Other(reason.to_owned()),
        }
    }
}

fn has_expired(certificate: &X509Ref) -> bool {
    Asn1Time::days_from_now(0).is_ok_and(|now| certificate.not_after() < now)
}

/// `handshake failure` for `sslv3 alert handshake failure`.
fn alert(reason: &str) -> &str {
    reason
        .split_once(" alert ")
        .map_or(reason, |(_, alert)| alert)
}

/// What the library says of bytes that make no record of TLS.
fn is_no_tls(reason: &str) -> bool {
    [
        "wrong version number",
        "http request",
        "https proxy request",
        "packet length too long",
        "record layer failure",
        "unexpected message",
    ]
    .contains(&reason)
}
