//! TLS client configurations of probes, and the name a probe says and checks.
//!
//! Session resumption is off: a resumed handshake skips the certificate, which may have changed meanwhile.

use std::net::IpAddr;
use std::sync::Arc;

use rustls::client::Resumption;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, ConfigBuilder, DigitallySignedStruct, RootCertStore, SignatureScheme};

/// Why a TLS configuration could not be made.
#[derive(Debug, thiserror::Error)]
pub(super) enum AuthoritiesError {
    /// There is nothing to verify against.
    #[error("the system's certificate store is empty; install ca-certificates")]
    NoneFound,
    /// The reading task was ended.
    #[error("reading the system's certificate store was interrupted")]
    Interrupted(#[from] tokio::task::JoinError),
    /// The library refuses its own defaults.
    #[error("cannot set up TLS: {0}")]
    Setup(#[from] rustls::Error),
}

/// A configuration that takes any certificate.
pub(super) fn accepting_any() -> Result<Arc<ClientConfig>, AuthoritiesError> {
    let provider = ring::default_provider();
    let schemes = provider
        .signature_verification_algorithms
        .supported_schemes();
    let verifier = Arc::new(AcceptAny { schemes });
    let config = builder(provider)?
        .dangerous()
        .with_custom_certificate_verifier(verifier)
        .with_no_client_auth();
    Ok(finish(config))
}

/// A configuration that verifies against the authorities of the system's store.
pub(super) fn trusting_the_system() -> Result<Arc<ClientConfig>, AuthoritiesError> {
    // A single unreadable file in the store is no reason to distrust the others.
    trusting(rustls_native_certs::load_native_certs().certs)
}

/// A configuration that verifies against `authorities`.
pub(super) fn trusting(
    authorities: Vec<CertificateDer<'static>>,
) -> Result<Arc<ClientConfig>, AuthoritiesError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(authorities);
    if roots.is_empty() {
        return Err(AuthoritiesError::NoneFound);
    }
    let config = builder(ring::default_provider())?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(finish(config))
}

fn builder(
    provider: CryptoProvider,
) -> Result<ConfigBuilder<ClientConfig, rustls::WantsVerifier>, rustls::Error> {
    ClientConfig::builder_with_provider(Arc::new(provider)).with_safe_default_protocol_versions()
}

fn finish(mut config: ClientConfig) -> Arc<ClientConfig> {
    config.resumption = Resumption::disabled();
    Arc::new(config)
}

/// The name for SNI and certificate: the first of `names` that is one, else the address, for which no SNI is sent.
pub(super) fn server_name<'a>(
    names: impl IntoIterator<Item = &'a str>,
    address: IpAddr,
) -> ServerName<'static> {
    names
        .into_iter()
        .find_map(|name| ServerName::try_from(name.to_owned()).ok())
        .unwrap_or(ServerName::IpAddress(address.into()))
}

/// Takes every certificate: the probe asks whether the service works, not who it is.
#[derive(Debug)]
struct AcceptAny {
    schemes: Vec<SignatureScheme>,
}

impl ServerCertVerifier for AcceptAny {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        _message: &[u8],
        _cert: &CertificateDer<'_>,
        _dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.schemes.clone()
    }
}
