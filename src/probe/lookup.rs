//! Addresses of the hosts that checks and redirects name. getaddrinfo(3) blocks, for half a minute where DNS is silent, so
//! lookups have a pool of their own, and one server gets only a few places in it: a server that redirects to names without
//! an answer delays no other.

use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;
use tokio::time::{Instant, timeout_at};

use crate::blocking::BlockingPool;

/// Lookups of names that checks have. A thread takes some ten kilobytes while it waits.
static OF_CHECKS: BlockingPool = BlockingPool::new("lookup", 256);
/// Lookups of names that servers redirect to, which shall keep no name of a check waiting.
static OF_REDIRECTS: BlockingPool = BlockingPool::new("redirect-lookup", 256);
/// Lookups of one kind for one server, of all its checks together.
const OF_ONE_SERVER: usize = 8;

/// Who names a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum NamedBy {
    Check,
    /// A server, by a redirect.
    Server,
}

/// Why there is no address.
#[derive(Debug)]
pub(super) enum LookupError {
    /// The name service says that there is none.
    NoAddress,
    /// The name service said nothing in time.
    NoAnswer,
    /// Lookups for other servers took all places until then.
    Busy,
    /// The system gave no thread.
    NoThread(io::Error),
}

/// The lookups of all servers.
#[derive(Debug)]
pub(super) struct Lookups {
    of_checks: &'static BlockingPool,
    of_redirects: &'static BlockingPool,
    servers: Mutex<HashMap<(SocketAddr, NamedBy), Arc<Semaphore>>>,
}

impl Default for Lookups {
    fn default() -> Self {
        Self::with(&OF_CHECKS, &OF_REDIRECTS)
    }
}

impl Lookups {
    pub(super) fn with(
        of_checks: &'static BlockingPool,
        of_redirects: &'static BlockingPool,
    ) -> Self {
        Self {
            of_checks,
            of_redirects,
            servers: Mutex::default(),
        }
    }

    /// The address of a host that `server` names, or that its check does.
    pub(super) async fn address(
        &self,
        (host, port): (&str, u16),
        (server, by): (SocketAddr, NamedBy),
        until: Instant,
    ) -> Result<SocketAddr, LookupError> {
        let own = timeout_at(until, self.places_of(server, by).acquire_owned()).await;
        let own = own.map_err(|_| LookupError::NoAnswer)?;
        let pool = match by {
            NamedBy::Check => self.of_checks,
            NamedBy::Server => self.of_redirects,
        };
        let turn = timeout_at(until, pool.turn()).await;
        let turn = turn.map_err(|_| LookupError::Busy)?;
        let host = host.to_owned();
        let look_up = move || {
            // It ends with the lookup, which may go on after the probe.
            let _own = own;
            (host.as_str(), port).to_socket_addrs()
        };
        let found = timeout_at(until, turn.run(look_up)).await;
        let found = found.map_err(|_| LookupError::NoAnswer)?;
        let found = found.map_err(LookupError::NoThread)?;
        let address = found.ok().and_then(|mut addresses| addresses.next());
        address.ok_or(LookupError::NoAddress)
    }

    fn places_of(&self, server: SocketAddr, by: NamedBy) -> Arc<Semaphore> {
        let servers = self.servers.lock();
        let mut servers = servers.unwrap_or_else(PoisonError::into_inner);
        servers.retain(|_, places| Arc::strong_count(places) > 1);
        let places = servers.entry((server, by));
        Arc::clone(places.or_insert_with(|| Arc::new(Semaphore::new(OF_ONE_SERVER))))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const BAD: &str = "192.0.2.1:80";
    const GOOD: &str = "192.0.2.2:80";

    async fn address(
        lookups: &Lookups,
        server: &str,
        by: NamedBy,
        within: u64,
    ) -> Result<SocketAddr, LookupError> {
        let until = Instant::now() + Duration::from_millis(within);
        let named = (server.parse().unwrap(), by);
        lookups.address(("127.0.0.1", 80), named, until).await
    }

    #[tokio::test]
    async fn a_server_whose_names_have_no_answer_delays_no_other() {
        static SMALL: BlockingPool = BlockingPool::new("test", 2);
        let lookups = Lookups::with(&SMALL, &SMALL);
        let by = NamedBy::Server;
        let places = lookups.places_of(BAD.parse().unwrap(), by);
        let stuck = places.acquire_many(OF_ONE_SERVER as u32).await.unwrap();
        let failed = address(&lookups, BAD, by, 1).await;
        assert!(matches!(failed, Err(LookupError::NoAnswer)), "{failed:?}");
        assert!(address(&lookups, GOOD, by, 60_000).await.is_ok());
        // Nor the host that its own check names.
        assert!(address(&lookups, BAD, NamedBy::Check, 60_000).await.is_ok());
        drop(stuck);
        assert!(address(&lookups, BAD, by, 60_000).await.is_ok());
    }

    #[tokio::test]
    async fn names_of_redirects_take_no_places_from_those_of_checks() {
        static FULL: BlockingPool = BlockingPool::new("test", 1);
        static FREE: BlockingPool = BlockingPool::new("test", 1);
        let lookups = Lookups::with(&FREE, &FULL);
        let _taken = FULL.turn().await;
        let failed = address(&lookups, GOOD, NamedBy::Server, 1).await;
        assert!(matches!(failed, Err(LookupError::Busy)), "{failed:?}");
        assert!(
            address(&lookups, GOOD, NamedBy::Check, 60_000)
                .await
                .is_ok()
        );
    }

    #[tokio::test]
    async fn a_server_without_lookups_is_forgotten() {
        let lookups = Lookups::default();
        for last in 1..20 {
            let server = SocketAddr::from(([192, 0, 2, last], 80));
            drop(lookups.places_of(server, NamedBy::Server));
        }
        assert!(lookups.servers.lock().unwrap().len() <= 1);
    }
}
