//! Names of addresses, asked of the name service on threads of their own and kept for a while, so that a name service that
//! is slow or dead delays nothing.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use super::names::FileNames;
use crate::blocking::BlockingPool;

/// How long an answer is believed.
const KEPT: Duration = Duration::from_secs(300);
/// How long no answer is believed.
const KEPT_NOTHING: Duration = Duration::from_secs(30);
/// Questions that are open at a time.
const AT_A_TIME: usize = 16;

/// Asks for names.
static LOOKUPS: BlockingPool = BlockingPool::new("reverse-lookup", AT_A_TIME);

/// How a name is asked for; blocks.
pub(super) type Lookup = fn(IpAddr) -> Option<String>;

/// Asks the name service of the system.
pub(super) fn ask_system(address: IpAddr) -> Option<String> {
    dns_lookup::lookup_addr(&address).ok()
}

/// What is known of names.
pub(super) struct Reverse {
    lookup: Lookup,
    known: HashMap<IpAddr, (Option<String>, Instant)>,
    waiting: Vec<IpAddr>,
    asking: JoinSet<(IpAddr, Option<String>)>,
}

impl Reverse {
    pub(super) fn new(lookup: Lookup) -> Self {
        Self {
            lookup,
            known: HashMap::new(),
            waiting: Vec::new(),
            asking: JoinSet::new(),
        }
    }

    /// The names that are known now. An answer that has grown old counts until there is a newer one.
    pub(super) fn names(&self) -> FileNames {
        let named = |(address, (name, _)): (&IpAddr, &(Option<String>, Instant))| {
            name.clone().map(|name| (*address, name))
        };
        self.known.iter().filter_map(named).collect()
    }

    /// Asks for the names that are not known, or not known freshly; nothing while questions are open.
    pub(super) fn refresh(&mut self, addresses: impl Iterator<Item = IpAddr>) {
        if !self.asking.is_empty() {
            return;
        }
        let now = Instant::now();
        let stale = |address: &IpAddr| match self.known.get(address) {
            Some((Some(_), since)) => *since + KEPT <= now,
            Some((None, since)) => *since + KEPT_NOTHING <= now,
            None => true,
        };
        self.waiting = addresses.filter(stale).collect();
        self.waiting.sort_unstable();
        self.waiting.dedup();
        self.ask_some();
    }

    /// Waits for the next answer; true when it changes anything. Never ends while nothing is asked.
    pub(super) async fn answered(&mut self) -> bool {
        match self.asking.join_next().await {
            Some(Ok((address, name))) => {
                let news = self
                    .known
                    .get(&address)
                    .is_none_or(|(known, _)| *known != name);
                self.known.insert(address, (name, Instant::now()));
                self.ask_some();
                news
            }
            Some(Err(_)) => false,
            None => std::future::pending().await,
        }
    }

    /// Whether answers are still to come.
    pub(super) fn is_asking(&self) -> bool {
        !self.asking.is_empty()
    }

    fn ask_some(&mut self) {
        while self.asking.len() < AT_A_TIME
            && let Some(address) = self.waiting.pop()
        {
            let lookup = self.lookup;
            self.asking.spawn(async move {
                let name = LOOKUPS.run(move || lookup(address)).await;
                (address, name.ok().flatten())
            });
        }
    }
}
