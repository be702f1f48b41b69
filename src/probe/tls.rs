//! TLS of probes: how much is accepted, the name a probe says and checks, and the handshake (ADR 9).
//!
//! Sessions are not resumed: a resumed handshake skips the certificate, which may have changed meanwhile.

use std::io;
use std::net::IpAddr;
use std::pin::Pin;

use director_core::model::{PemFile, TlsCheck, TlsIdentity, Verification};
use openssl::error::ErrorStack;
use openssl::pkey::PKey;
use openssl::ssl::{
    ErrorCode, Ssl, SslContext, SslContextBuilder, SslMethod, SslOptions, SslRef,
    SslSessionCacheMode, SslVerifyMode, SslVersion,
};
use openssl::x509::store::X509StoreBuilder;
use openssl::x509::{X509, X509VerifyResult};
use tokio_openssl::SslStream;

use super::error::ProbeError;
use super::metered::Metered;
use super::tls_contexts::Authorities;
use super::tls_error::{AuthoritiesError, TlsError};

/// The name of a server in its certificate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ServerName {
    /// Also said in the handshake (RFC 6066, 3).
    Dns(String),
    /// Never said.
    Address(IpAddr),
}

/// The name of HTTP/2 in ALPN (RFC 9113, 3.2).
pub(super) const H2: &str = "h2";

/// Whom a probe trusts, and what it shows of itself: all that connections with the same configuration have in common.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct TlsTrust {
    pub(super) verify: Verification,
    pub(super) ca: Option<PemFile>,
    pub(super) identity: Option<TlsIdentity>,
    pub(super) alpn: Vec<String>,
}

impl TlsTrust {
    pub(super) fn of(check: &TlsCheck) -> Self {
        Self {
            verify: check.verify,
            ca: check.ca.clone(),
            identity: check.identity.clone(),
            alpn: check.alpn.clone(),
        }
    }

    /// A configuration with all of it. Without authorities of its own it verifies against `common`.
    pub(super) fn context(&self, common: &Authorities) -> Result<SslContext, AuthoritiesError> {
        let mut context = match (&self.ca, self.verify) {
            (Some(ca), _) => verifying(X509::stack_from_pem(ca.text.reveal().as_bytes())?)?,
            (None, Verification::Full) => verifying(common.get())?,
            (None, Verification::None) => lenient()?,
        };
        if let Some(identity) = &self.identity {
            show(&mut context, identity)?;
        }
        if !self.alpn.is_empty() {
            context.set_alpn_protos(&alpn_list(&self.alpn))?;
        }
        Ok(context.build())
    }
}

/// Has connections show the certificate to servers that want one.
fn show(context: &mut SslContextBuilder, identity: &TlsIdentity) -> Result<(), ErrorStack> {
    let chain = X509::stack_from_pem(identity.certificate.text.reveal().as_bytes())?;
    let mut chain = chain.into_iter();
    if let Some(own) = chain.next() {
        context.set_certificate(&own)?;
    }
    for authority in chain {
        context.add_extra_chain_cert(authority)?;
    }
    let key = identity.key.text.reveal().as_bytes();
    // The loader refuses keys with a passphrase, so nothing waits for one here.
    let key = PKey::private_key_from_pem_callback(key, |_| Err(ErrorStack::get()))?;
    context.set_private_key(&key)
}

/// Names as TLS has them: each behind its length (RFC 7301, 3.1).
fn alpn_list(names: &[String]) -> Vec<u8> {
    let mut list = Vec::new();
    for name in names {
        // Validation refuses longer ones.
        if let Ok(length) = u8::try_from(name.len()) {
            list.push(length);
            list.extend_from_slice(name.as_bytes());
        }
    }
    list
}

/// A configuration that takes any certificate. It asks whether the service works, not who it is nor how well it is protected.
/// So it speaks what the oldest appliance speaks.
fn lenient() -> Result<SslContextBuilder, ErrorStack> {
    let mut context = builder()?;
    context.set_verify(SslVerifyMode::NONE);
    context.set_security_level(0);
    context.set_min_proto_version(Some(SslVersion::TLS1))?;
    context.set_cipher_list("ALL:@SECLEVEL=0")?;
    // Servers from before RFC 5746 are refused otherwise.
    context.set_options(SslOptions::ALLOW_UNSAFE_LEGACY_RENEGOTIATION);
    Ok(context)
}

/// The authorities of the system's store.
pub(super) fn system_authorities() -> Vec<X509> {
    // A single unreadable file in the store is no reason to distrust the others.
    let found = rustls_native_certs::load_native_certs().certs;
    let parsed = found.iter().filter_map(|der| X509::from_der(der).ok());
    parsed.collect()
}

/// A configuration that verifies against `authorities`.
fn verifying(authorities: Vec<X509>) -> Result<SslContextBuilder, AuthoritiesError> {
    if authorities.is_empty() {
        return Err(AuthoritiesError::NoneFound);
    }
    let mut store = X509StoreBuilder::new()?;
    for authority in authorities {
        store.add_cert(authority)?;
    }
    let mut context = builder()?;
    context.set_cert_store(store.build());
    context.set_verify(SslVerifyMode::PEER);
    Ok(context)
}

fn builder() -> Result<SslContextBuilder, ErrorStack> {
    let mut context = SslContextBuilder::new(SslMethod::tls_client())?;
    // Many servers close without the alert that TLS wants. Whether something is missing then is for the protocol above to say.
    context.set_options(SslOptions::IGNORE_UNEXPECTED_EOF);
    context.set_session_cache_mode(SslSessionCacheMode::OFF);
    Ok(context)
}

/// The name for SNI and certificate: the first of `names` that is one, else the address, for which no SNI is sent.
pub(super) fn server_name<'a>(
    names: impl IntoIterator<Item = &'a str>,
    address: IpAddr,
) -> ServerName {
    let mut names = names.into_iter();
    let name = names.find_map(|name| match name.parse() {
        Ok(address) => Some(ServerName::Address(address)),
        Err(_) => is_dns_name(name).then(|| ServerName::Dns(name.to_owned())),
    });
    name.unwrap_or(ServerName::Address(address))
}

fn is_dns_name(name: &str) -> bool {
    let labels = name.strip_suffix('.').unwrap_or(name).split('.');
    let is_label = |label: &str| {
        (1..64).contains(&label.len())
            && label
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
    };
    name.len() < 254 && labels.clone().all(is_label)
}

/// Shakes hands. Without `says_name` the server is not told which of its sites is meant.
pub(super) async fn handshake(
    connection: Metered,
    context: &SslContext,
    name: &ServerName,
    says_name: bool,
) -> Result<SslStream<Metered>, ProbeError> {
    let ssl = session(context, name, says_name).map_err(AuthoritiesError::Setup)?;
    let mut stream = SslStream::new(ssl, connection).map_err(AuthoritiesError::Setup)?;
    let Err(error) = Pin::new(&mut stream).connect().await else {
        return Ok(stream);
    };
    // The library notes a result also where nothing is to be verified.
    let verifies = context.verify_mode().contains(SslVerifyMode::PEER);
    let verified = stream.ssl().verify_result();
    Err(if verifies && verified != X509VerifyResult::OK {
        ProbeError::Tls(TlsError::of_certificate(verified))
    } else if matches!(error.code(), ErrorCode::ZERO_RETURN | ErrorCode::SYSCALL)
        && error.io_error().is_none()
    {
        ProbeError::TlsClosed
    } else {
        match error.into_io_error() {
            Ok(error) => ProbeError::of_handshake(error),
            Err(error) => {
                let own = stream.ssl().certificate();
                ProbeError::Tls(TlsError::of_library(&error).showing(own))
            }
        }
    })
}

/// An error in reading from a connection with this session. Of TLS 1.3 a server refuses a certificate after the handshake.
pub(super) fn in_reading(error: io::Error, session: &SslRef) -> io::Error {
    let library = error.get_ref().and_then(|inner| inner.downcast_ref());
    match library.map(|error| TlsError::of_library(error).showing(session.certificate())) {
        Some(TlsError::OwnExpired) => io::Error::other(TlsError::OwnExpired),
        _ => error,
    }
}

fn session(context: &SslContext, name: &ServerName, says_name: bool) -> Result<Ssl, ErrorStack> {
    let mut ssl = Ssl::new(context)?;
    match name {
        ServerName::Dns(name) => {
            if says_name {
                ssl.set_hostname(name.trim_end_matches('.'))?;
            }
            ssl.param_mut().set_host(name.trim_end_matches('.'))?;
        }
        ServerName::Address(address) => ssl.param_mut().set_ip(*address)?,
    }
    Ok(ssl)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_name_that_is_one_is_taken() {
        let address: IpAddr = "192.0.2.1".parse().unwrap();
        let dns = |name: &str| ServerName::Dns(name.to_owned());
        for (names, name) in [
            (&["www.example.org", "other"][..], dns("www.example.org")),
            (&["no name", "a..b", "", "my_host."], dns("my_host.")),
            (
                &["2001:db8::1"],
                ServerName::Address("2001:db8::1".parse().unwrap()),
            ),
            (&["-*-"], ServerName::Address(address)),
            (&[], ServerName::Address(address)),
        ] {
            assert_eq!(
                server_name(names.iter().copied(), address),
                name,
                "{names:?}"
            );
        }
    }
}
