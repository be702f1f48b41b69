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

/// Bytes that a server may say on a connection that nothing is sent on.
const LONGEST_GREETING: usize = 16 * 1024;

/// How a held connection ended.
#[derive(Debug, PartialEq)]
enum HeldEnd {
    /// The server, or its host, ended it.
    Theirs,
    /// The server said more than a greeting.
    Poured,
}

/// All connections that are held.
pub struct Holder {
    tasks: BTreeMap<SocketAddr, AbortHandle>,
    tell: Arc<dyn Fn(SocketAddr) + Send + Sync>,
    gate: Gate,
    settings: ProbeSettings,
}

impl std::fmt::Debug for Holder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.tasks.keys()).finish()
    }
}

impl Holder {
    /// Holds nothing yet; `tell` hears of each connection that ends.
    pub fn new(
        gate: Gate,
        settings: ProbeSettings,
        tell: impl Fn(SocketAddr) + Send + Sync + 'static,
    ) -> Self {
        Self {
            tasks: BTreeMap::new(),
            tell: Arc::new(tell),
            gate,
            settings,
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
            let settings = self.settings.clone();
            self.tasks
                .entry(*peer)
                .or_insert_with(|| tokio::spawn(hold(*peer, gate, settings, tell)).abort_handle());
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

async fn hold(
    peer: SocketAddr,
    gate: Gate,
    settings: ProbeSettings,
    tell: Arc<dyn Fn(SocketAddr) + Send + Sync>,
) {
    let mut pause = Duration::ZERO;
    loop {
        if let Some(_place) = gate.hold()
            && let Ok(Ok(tcp)) = timeout(CONNECT_LIMIT, stream::connect(peer, &settings)).await
        {
            let began = Instant::now();
            match end_of(tcp).await {
                HeldEnd::Theirs => {
                    tracing::debug!(%peer, "a held connection ended");
                    tell(peer);
                    if began.elapsed() > STOOD_LONG {
                        pause = Duration::ZERO;
                    }
                }
                HeldEnd::Poured => {
                    tracing::debug!(%peer, "a held connection is closed, since the server sends data on it");
                    pause = LONGEST_PAUSE;
                }
            }
        }
        sleep(pause).await;
        pause = (pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
    }
}

/// Waits until the other side ends the connection. What it says meanwhile, a greeting perhaps, is passed over. When it says
/// more than that, this side reads no more and closes: a server that pours data would keep a processor busy, and what it sends
/// says nothing about its end.
async fn end_of(mut tcp: TcpStream) -> HeldEnd {
    let keep_alive = TcpKeepalive::new()
        .with_time(KEEP_ALIVE)
        .with_interval(KEEP_ALIVE)
        .with_retries(KEEP_ALIVES);
    if let Err(error) = SockRef::from(&tcp).set_tcp_keepalive(&keep_alive) {
        tracing::debug!(%error, "no keep-alive on a held connection");
    }
    let mut buffer = [0; 256];
    let mut said = 0;
    loop {
        match tcp.read(&mut buffer).await {
            Ok(0) | Err(_) => return HeldEnd::Theirs,
            Ok(length) => said += length,
        }
        if said > LONGEST_GREETING {
            return HeldEnd::Poured;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt;
    use tokio::net::TcpListener;

    /// The end of a held connection to a server that says so many bytes, and its bytes that were taken.
    async fn end_after(bytes: usize) -> HeldEnd {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let _ = stream.write_all(&vec![b'x'; bytes]).await;
        });
        let end = end_of(TcpStream::connect(address).await.unwrap()).await;
        server.await.unwrap();
        end
    }

    #[tokio::test]
    async fn a_greeting_is_passed_over_and_a_server_that_pours_data_is_left() {
        assert_eq!(end_after(0).await, HeldEnd::Theirs);
        assert_eq!(end_after(8000).await, HeldEnd::Theirs);
        assert_eq!(end_after(64 << 20).await, HeldEnd::Poured);
    }
}
