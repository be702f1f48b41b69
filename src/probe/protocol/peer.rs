//! The server that is checked, and how a check reaches it.

use std::net::SocketAddr;

use director_core::model::{Pattern, TlsCheck, Verification};

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

impl Peer<'_> {
    /// Connects, with TLS from the first byte where the check wants it.
    pub(super) async fn connect(&self, tls: Option<&TlsCheck>) -> Result<Stream, ProbeError> {
        let wish = tls.map(|tls| self.tls_wish(Some(tls)));
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

    /// TLS as the check wants it, or without verification where only the protocol asks for it.
    pub(super) fn tls_wish(&self, tls: Option<&TlsCheck>) -> TlsWish {
        let name = tls.and_then(|tls| tls.server_name.as_deref());
        TlsWish {
            verify: tls.map_or(Verification::None, |tls| tls.verify),
            name: server_name(name, self.address.ip()),
        }
    }
}
