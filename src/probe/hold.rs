//! Idle connections that are held open to servers. They carry nothing: when one ends, the process behind it has most
//! likely ended too, and whoever holds it is told at once. What follows from that is the core's business.
//!
//! A connection that ends is made again at once, since what listens may be ending too: then it ends again, and that is told
//! as well. One that cannot be made, or that ends soon again, is tried with growing pauses: that a server does not answer is
//! for its checks to find. Keep-alive probes of the kernel end a connection whose host is gone without a word.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use socket2::{SockRef, TcpKeepalive};
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::task::AbortHandle;
use tokio::time::{Instant, sleep, timeout};

use super::gate::Gate;
use super::settings::ProbeSettings;
use super::stream;

/// Limit for a connect.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);
/// First pause before a connection is made once more that could not be made at once.
const FIRST_PAUSE: Duration = Duration::from_millis(500);
/// Longest pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// A connection that stood this long was well.
const STOOD_LONG: Duration = Duration::from_secs(10);
/// Idle time before the kernel asks whether the other host is still there, and from one such question to the next.
const KEEP_ALIVE: Duration = Duration::from_secs(1);
/// Questions without an answer that end the connection.
const KEEP_ALIVES: u32 = 3;

/// All connections that are held.
pub struct Holder {
    tasks: BTreeMap<SocketAddr, AbortHandle>,
    tell: Arc<dyn Fn(SocketAddr) + Send + Sync>,
    gate: Gate,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.tasks.keys()).finish()
    }
}

impl Holder {
    /// Holds nothing yet; `tell` hears of each connection that ends.
    pub fn new(gate: Gate, tell: impl Fn(SocketAddr) + Send + Sync + 'static) -> Self {
        Self {
            tasks: BTreeMap::new(),
            tell: Arc::new(tell),
            gate,
        }
    }

    /// Holds a connection to each of these and to nobody else.
    pub fn hold(&mut self, peers: &BTreeSet<SocketAddr>) {
        self.tasks.retain(|peer, task| {
            let wanted = peers.contains(peer);
            if !wanted {
                task.abort();
            }
            wanted
        });
        for peer in peers {
            let (gate, tell) = (self.gate.clone(), Arc::clone(&self.tell));
            self.tasks
                .entry(*peer)
                .or_insert_with(|| tokio::spawn(hold(*peer, gate, tell)).abort_handle());
        }
    }
}

impl Drop for Holder {
    fn drop(&mut self) {
        for task in self.tasks.values() {
            task.abort();
        }
    }
}

async fn hold(peer: SocketAddr, gate: Gate, tell: Arc<dyn Fn(SocketAddr) + Send + Sync>) {
    let settings = ProbeSettings::new();
    let mut pause = Duration::ZERO;
    loop {
        if let Some(_place) = gate.hold()
            && let Ok(Ok(tcp)) = timeout(CONNECT_LIMIT, stream::connect(peer, &settings)).await
        {
            let began = Instant::now();
            end_of(tcp).await;
            tracing::debug!(%peer, "a held connection ended");
            tell(peer);
            if began.elapsed() > STOOD_LONG {
                pause = Duration::ZERO;
            }
        }
        sleep(pause).await;
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

/// Waits until the other side ends the connection. What it says meanwhile, a greeting perhaps, is passed over.
async fn end_of(mut tcp: TcpStream) {
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(KEEP_ALIVE)
        .with_retries(KEEP_ALIVES);
    if let Err(error) = SockRef::from(&tcp).set_tcp_keepalive(&keep_alive) {
        tracing::debug!(%error, "no keep-alive on a held connection");
    }
    let mut buffer = [0; 256];
    while let Ok(1..) = tcp.read(&mut buffer).await {}
}
