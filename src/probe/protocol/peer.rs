//! The server that is checked, and how a check reaches it.

use std::net::SocketAddr;

use director_core::model::{Pattern, TlsCheck, TlsStart};

use super::error::ProtocolError;
use crate::probe::error::ProbeError;
use crate::probe::settings::ProbeSettings;
use crate::probe::stream::{self, Stream, TlsWish};
use crate::probe::tls::server_name;

/// The server that is checked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer<'a> {
    pub(super) address: SocketAddr,
    pub(super) settings: &'a ProbeSettings,
}

/// The TLS that a check wants after a greeting in plain text, if it does.
pub(super) fn starttls(tls: Option<&TlsCheck>) -> Option<&TlsCheck> {
    tls.filter(|tls| tls.start != TlsStart::Immediate)
}

impl Peer<'_> {
    /// Connects, with TLS where the check wants it from the first byte.
    pub(super) async fn connect(&self, tls: Option<&TlsCheck>) -> Result<Stream, ProbeError> {
        let tls = tls.filter(|tls| tls.start == TlsStart::Immediate);
        let wish = tls.map(|tls| self.tls_wish(tls));
        stream::open(self.address, wish.as_ref(), self.settings).await
    }

    /// Fails unless what the server said matches the expression, if there is one.
    pub(super) async fn expect(
        &self,
        receive: Option<&Pattern>,
        said: &[u8],
    ) -> Result<(), ProbeError> {
        match receive {
            Some(pattern) if !self.finds(Some(pattern), said).await? => {
                Err(ProtocolError::AnswerLacks(pattern.as_str().to_owned()).into())
            }
            _ => Ok(()),
        }
    }

    /// Whether what the server said matches the expression; without one it does.
    pub(super) async fn finds(
        &self,
        receive: Option<&Pattern>,
        said: &[u8],
    ) -> Result<bool, ProbeError> {
        match receive {
            Some(pattern) => self.settings.finds(pattern, said).await,
            None => Ok(true),
        }
    }

    /// TLS as the check wants it.
    pub(super) fn tls_wish(&self, tls: &TlsCheck) -> TlsWish {
        let name = tls.server_name.as_deref();
        TlsWish::of(tls, server_name(name, self.address.ip()))
    }
}
