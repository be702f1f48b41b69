//! The TLS configurations of all probes. Each is made once, on a thread, however many probes wait for it, and however many
//! of them give up: making one takes milliseconds, and seconds on a busy host with a large certificate store. A probe that
//! would have too little time left for its server is a local error.

use std::sync::{Arc, Mutex, PoisonError};

use openssl::ssl::SslContext;
use openssl::x509::X509;
use tokio::sync::watch;
use tokio::time::{Instant, timeout_at};

use super::tls::{TlsTrust, system_authorities};
use super::tls_error::AuthoritiesError;
use crate::blocking::BlockingPool;

/// Makes TLS configurations, for which it may read the system's certificate store.
static MAKING: BlockingPool = BlockingPool::new("tls", 2);
/// Configurations that are kept.
const KEPT: usize = 200;

/// A configuration, or why there is none, once it is known.
type Made = Option<Result<SslContext, AuthoritiesError>>;

#[derive(Debug)]
pub(super) struct TlsContexts {
    pool: &'static BlockingPool,
    authorities: Arc<Authorities>,
    known: Mutex<Vec<(TlsTrust, watch::Receiver<Made>)>>,
}

impl Default for TlsContexts {
    fn default() -> Self {
        Self::with(&MAKING, None)
    }
}

impl TlsContexts {
    /// Configurations that trust these authorities, or else those of the system.
    pub(super) fn trusting(authorities: Vec<X509>) -> Self {
        Self::with(&MAKING, Some(authorities))
    }

    pub(super) fn with(pool: &'static BlockingPool, authorities: Option<Vec<X509>>) -> Self {
        Self {
            pool,
            authorities: Arc::new(Authorities(Mutex::new(authorities))),
            known: Mutex::default(),
        }
    }

    /// The configuration for this trust, if it is made by then.
    pub(super) async fn get(
        &self,
        trust: &TlsTrust,
        until: Option<Instant>,
    ) -> Result<SslContext, AuthoritiesError> {
        let mut making = self.making(trust);
        let made = making.wait_for(Option::is_some);
        let made = match until {
            Some(until) => timeout_at(until, made).await,
            None => Ok(made.await),
        };
        let made = made.map_err(|_| AuthoritiesError::Late)?;
        let made = made.ok().and_then(|made| (*made).clone());
        made.unwrap_or(Err(AuthoritiesError::Late))
    }

    /// Waits for the configuration, whose making has begun. One that failed is made again.
    fn making(&self, trust: &TlsTrust) -> watch::Receiver<Made> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|(_, made)| !has_failed(made));
        if let Some((_, made)) = known.iter().find(|(known, _)| known == trust) {
            return made.clone();
        }
        // Those that no check uses any more make room, and the others are made again.
        if known.len() >= KEPT {
            known.clear();
        }
        let made = self.make(trust.clone());
        known.push((trust.clone(), made.clone()));
        made
    }

    /// It goes on when the probe that wanted it first has ended.
    fn make(&self, trust: TlsTrust) -> watch::Receiver<Made> {
        let (tell, made) = watch::channel(None);
        let (pool, authorities) = (self.pool, Arc::clone(&self.authorities));
        tokio::spawn(async move {
            let made = pool.run(move || trust.context(&authorities)).await;
            let made = made.map_err(AuthoritiesError::from).flatten();
            tell.send_replace(Some(made));
        });
        made
    }
}

/// Whether it is not to be had, or the runtime that made it has ended.
fn has_failed(made: &watch::Receiver<Made>) -> bool {
    match &*made.borrow() {
        Some(made) => made.is_err(),
        None => made.has_changed().is_err(),
    }
}

/// The authorities that all checks without their own trust: those of the system, read when a check first needs them.
#[derive(Debug)]
pub(super) struct Authorities(Mutex<Option<Vec<X509>>>);

impl Authorities {
    /// Reads the store of the system, until there is one.
    pub(super) fn get(&self) -> Vec<X509> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = known.get_or_insert_with(system_authorities).clone();
        if found.is_empty() {
            *known = None;
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_configuration_is_made_once_however_many_wait_for_it_or_give_up() {
        static BUSY: BlockingPool = BlockingPool::new("test", 1);
        let contexts = TlsContexts::with(&BUSY, None);
        let trust = TlsTrust::default();
        let turn = BUSY.turn().await;
        for _ in 0..3 {
            let late = contexts.get(&trust, Some(Instant::now())).await;
            assert!(matches!(late, Err(AuthoritiesError::Late)));
        }
        drop(turn);
        assert!(contexts.get(&trust, None).await.is_ok());
        assert_eq!(contexts.known.lock().unwrap().len(), 1);
        // What is known is had at once.
        assert!(contexts.get(&trust, Some(Instant::now())).await.is_ok());
    }
}
