//! How the HTTP clients of this program begin: with its name, and with the TLS of the process.

/// A client that is not made yet.
pub(crate) fn http_client() -> reqwest::ClientBuilder {
    // Another part that chose one before has chosen the same.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().user_agent(concat!("ipvsd/", env!("CARGO_PKG_VERSION")))
}
