//! TLS of probes: when it begins, what of the server is verified, and what the director shows of itself.

use serde::{Deserialize, Serialize};

use super::Secret;

/// TLS of a probe.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Default, Serialize)]
pub struct TlsCheck {
    /// When it begins.
    #[serde(skip_serializing_if = "TlsStart::is_immediate")]
    pub start: TlsStart,
    /// What of the certificate is checked.
    pub verify: Verification,
    /// Name for SNI and, when verified, in the certificate; the virtual host or the address when none is given.
    pub server_name: Option<String>,
    /// The authorities to verify against; those of the system when none are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ca: Option<PemFile>,
    /// What the director shows to servers that want a client certificate.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity: Option<TlsIdentity>,
    /// Protocols that are offered by ALPN (RFC 7301), the preferred one first; no offer when empty.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub alpn: Vec<String>,
}

/// When TLS begins on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum TlsStart {
    /// With the first byte.
    #[default]
    Immediate,
    /// After both sides have agreed in the protocol itself, which is required.
    Negotiated,
    /// After both sides have agreed; without TLS where the server has none.
    Preferred,
}

impl TlsStart {
    fn is_immediate(&self) -> bool {
        *self == Self::Immediate
    }
}

/// What of a server's certificate is checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verification {
    /// Nothing: a probe finds out whether the service works, not who it is.
    #[default]
    None,
    /// Chain to a trusted authority, validity and name.
    Full,
}

/// Whether a check uses TLS, as it is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TlsMode {
    /// Never.
    Off,
    /// Where the server offers it.
    Prefer,
    /// Always.
    Require,
}

/// A certificate of the director's, and the private key for it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize)]
pub struct TlsIdentity {
    /// The certificate, with those of the authorities between it and the root.
    pub certificate: PemFile,
    /// The private key.
    pub key: PemFile,
}

/// A file of certificates or of a private key. Its text is hidden like a secret: a key is one, and certificates are long.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct PemFile {
    /// Its path as written.
    pub path: String,
    /// Its text. Checks that name the same file share it.
    pub text: Secret,
}

impl PemFile {
    /// A file that was not read yet.
    #[must_use]
    pub fn unread(path: String) -> Self {
        let text = Secret::new(String::new());
        Self { path, text }
    }
}

impl TlsCheck {
    /// Whether it needs the text of a file that is not known any more.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        let identity = self.identity.as_ref();
        let identity = identity.map(|identity| [&identity.certificate, &identity.key]);
        let files = self.ca.iter().chain(identity.into_iter().flatten());
        files.into_iter().any(|file| file.text.is_withheld())
    }
}
