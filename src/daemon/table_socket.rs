//! The claim on an IPVS table that all daemons of a network namespace see, whatever directories each of them has: an abstract
//! Unix socket. Its name belongs to the network namespace, as the table does (unix(7)), and the kernel frees it when the process
//! ends. Who connects reads which process it is, its configuration, and the services of an instance of ldirectord.
//!
//! Every user can bind an abstract name. A socket of a user other than root and ours is therefore reported and not respected:
//! that process cannot change the table, and refusing a start for it would let any user keep the director from its work.

use std::fs;
use std::io::{self, Read};
use std::os::fd::AsRawFd;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::net::{SocketAddr, UnixListener, UnixStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use nix::sys::socket::{
    AddressFamily, SockFlag, SockType, UnixAddr, connect, getsockopt, socket, sockopt,
};
use nix::unistd::geteuid;
use serde::{Deserialize, Serialize};
use tokio::io::AsyncWriteExt;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::locks::LockHolder;

/// The socket of the one daemon that has the table alone. Those of instances of ldirectord, which share it, follow after `/`.
pub(super) const NAME: &str = "ipvsd-table";
/// Where the kernel lists the Unix sockets of this network namespace.
const LIST: &str = "/proc/self/net/unix";
/// How long the other process may take, on a loaded machine too. One that hangs delays a start that is refused anyway.
const LIMIT: Duration = Duration::from_secs(5);
/// How long a client may take to read, while the next one waits.
const CLIENT_LIMIT: Duration = Duration::from_millis(500);
/// Longest description: the services of a large configuration.
const LONGEST: u64 = 16 << 20;
/// Pause after a connection that the system refuses, for want of file descriptors.
const REFUSED_PAUSE: Duration = Duration::from_secs(1);
/// Sockets of one process: a former one may have the same number in another PID namespace.
const ATTEMPTS: u32 = 64;

/// What a daemon says of itself.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct TableClaim {
    #[serde(flatten)]
    pub(super) holder: LockHolder,
    /// Virtual services of an instance of ldirectord.
    #[serde(default)]
    pub(super) services: Vec<String>,
}

/// The socket of this daemon, until it is dropped.
#[derive(Debug)]
pub(super) struct TableSocket {
    name: String,
    claim: Arc<Mutex<TableClaim>>,
    serving: JoinHandle<()>,
}

/// Whose socket it is.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum SocketPeer {
    /// Another daemon.
    Daemon(TableClaim),
    /// A process of a user who cannot control the table.
    User(u32),
    /// A socket that takes no connection.
    Silent,
}

/// Why there is no claim.
#[derive(Debug)]
pub(super) enum ClaimRefusal {
    /// Another daemon has the table.
    Held(LockHolder),
    /// A process has the name that takes no connection: a daemon that begins or ends, or another program.
    Silent,
    /// There can be none.
    Impossible(io::Error),
}

impl TableSocket {
    /// Claims the table alone. Needs a runtime.
    pub(super) async fn alone(holder: &LockHolder) -> Result<Self, ClaimRefusal> {
        Self::alone_as(NAME, holder).await
    }

    pub(super) async fn alone_as(name: &str, holder: &LockHolder) -> Result<Self, ClaimRefusal> {
        let socket = match Self::bind(name.to_owned(), holder) {
            Ok(socket) => socket,
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => return Err(taken(name)),
            Err(error) => return Err(ClaimRefusal::Impossible(error)),
        };
        // Two that begin at the same time see each other, since both bind before they look.
        match sharing(name).into_iter().next() {
            Some(other) => {
                socket.end().await;
                Err(ClaimRefusal::Held(other.holder))
            }
            None => Ok(socket),
        }
    }

    /// Claims the table together with other instances of ldirectord. Needs a runtime.
    pub(super) async fn shared(holder: &LockHolder) -> Result<Self, ClaimRefusal> {
        Self::shared_as(NAME, holder).await
    }

    pub(super) async fn shared_as(name: &str, holder: &LockHolder) -> Result<Self, ClaimRefusal> {
        let own = std::process::id();
        let mut attempts = (0..ATTEMPTS)
            .map(|number| Self::bind(format!("{name}/{own}.{number}"), holder))
            .skip_while(|bound| {
                let in_use = |error: &io::Error| error.kind() == io::ErrorKind::AddrInUse;
                bound.as_ref().is_err_and(in_use)
            });
        let socket = attempts
            .next()
            .unwrap_or_else(|| Err(io::ErrorKind::AddrInUse.into()))
            .map_err(ClaimRefusal::Impossible)?;
        match ask(name) {
            Ok(SocketPeer::Daemon(claim)) => {
                socket.end().await;
                Err(ClaimRefusal::Held(claim.holder))
            }
            // Another user's socket of this name keeps no instance away.
            _ => Ok(socket),
        }
    }

    fn bind(name: String, holder: &LockHolder) -> io::Result<Self> {
        let listener = UnixListener::bind_addr(&SocketAddr::from_abstract_name(&name)?)?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::UnixListener::from_std(listener)?;
        let claim = Arc::new(Mutex::new(TableClaim {
            holder: holder.clone(),
            services: Vec::new(),
        }));
        let serving = tokio::spawn(serve(listener, Arc::clone(&claim)));
        Ok(Self {
            name,
            claim,
            serving,
        })
    }

    /// Gives the name back. Without that the next attempt of this process may find it.
    async fn end(mut self) {
        self.serving.abort();
        // It was aborted, or has ended.
        let _ = (&mut self.serving).await;
    }

    /// Says something else from now on.
    pub(super) fn update(&self, change: impl FnOnce(&mut TableClaim)) {
        change(&mut self.claim.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// Finds other instances of ldirectord with services of this one. Blocks.
    pub(super) fn rivals(&self) -> impl FnOnce() -> Vec<(LockHolder, Vec<String>)> + use<> {
        let own = self.name.clone();
        let services = self.claim.lock().unwrap_or_else(PoisonError::into_inner);
        let services = services.services.clone();
        move || {
            let table = own.split('/').next().unwrap_or_default();
            let others = names(table).into_iter().filter(|name| *name != own);
            // One that is stopping leaves its services to this one, as at a restart.
            let claims = others
                .filter_map(|name| daemon(&name))
                .filter(|other| !other.holder.stopping);
            let common = claims.map(|other| {
                let is_own = |service: &String| services.contains(service);
                let common = other.services.into_iter().filter(is_own);
                (other.holder, common.collect::<Vec<_>>())
            });
            common.filter(|(_, common)| !common.is_empty()).collect()
        }
    }
}

impl Drop for TableSocket {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// Accepts all connections, so that their queue never fills, and tells each what this daemon is.
async fn serve(listener: tokio::net::UnixListener, claim: Arc<Mutex<TableClaim>>) {
    loop {
        let Ok((mut stream, _)) = listener.accept().await else {
            tokio::time::sleep(REFUSED_PAUSE).await;
            continue;
        };
        let text = serde_json::to_vec(&*claim.lock().unwrap_or_else(PoisonError::into_inner));
        // A client that does not read learns nothing, and holds up the next one for a moment only.
        let _ = timeout(CLIENT_LIMIT, stream.write_all(&text.unwrap_or_default())).await;
    }
}

fn taken(name: &str) -> ClaimRefusal {
    match ask(name) {
        Ok(SocketPeer::Daemon(claim)) => ClaimRefusal::Held(claim.holder),
        Ok(SocketPeer::User(user)) => {
            let words = format!("a process of user {user} has its name");
            ClaimRefusal::Impossible(io::Error::other(words))
        }
        Ok(SocketPeer::Silent) => ClaimRefusal::Silent,
        Err(error) => ClaimRefusal::Impossible(error),
    }
}

/// Instances of ldirectord that share the table of this name.
pub(super) fn sharing(table: &str) -> Vec<TableClaim> {
    let names = names(table);
    names.iter().filter_map(|name| daemon(name)).collect()
}

fn names(table: &str) -> Vec<String> {
    // Without the list there is no /proc, and the lock files have to do.
    let list = fs::read(LIST).unwrap_or_default();
    let list = String::from_utf8_lossy(&list);
    let shared = format!("{table}/");
    let names = list
        .lines()
        .filter_map(|line| line.split_whitespace().nth(7)?.strip_prefix('@'));
    let mut names: Vec<String> = names
        .filter(|name| name.starts_with(&shared))
        .map(ToOwned::to_owned)
        .collect();
    // Connections that wait are listed with the name, too.
    names.sort_unstable();
    names.dedup();
    names
}

pub(super) fn daemon(name: &str) -> Option<TableClaim> {
    match ask(name) {
        Ok(SocketPeer::Daemon(claim)) => Some(claim),
        _ => None,
    }
}

/// Connects to a socket without waiting for the other process to accept, and reads whose it is.
fn ask(name: &str) -> io::Result<SocketPeer> {
    let flags = SockFlag::SOCK_NONBLOCK | SockFlag::SOCK_CLOEXEC;
    let descriptor = socket(AddressFamily::Unix, SockType::Stream, flags, None)?;
    let address = UnixAddr::new_abstract(name.as_bytes())?;
    if connect(descriptor.as_raw_fd(), &address).is_err() {
        return Ok(SocketPeer::Silent);
    }
    // Of the process at the time when it began to listen.
    let peer = getsockopt(&descriptor, sockopt::PeerCredentials)?;
    if ![0, geteuid().as_raw()].contains(&peer.uid()) {
        return Ok(SocketPeer::User(peer.uid()));
    }
    let mut claim = claim(UnixStream::from(descriptor));
    match u32::try_from(peer.pid()) {
        // The process has no number in this PID namespace.
        Ok(0) | Err(_) => claim.holder.elsewhere = true,
        Ok(pid) => claim.holder.pid = pid,
    }
    Ok(SocketPeer::Daemon(claim))
}

/// What the other process says of itself; nothing if it hangs.
fn claim(stream: UnixStream) -> TableClaim {
    let read = || -> io::Result<TableClaim> {
        stream.set_nonblocking(false)?;
        stream.set_read_timeout(Some(LIMIT))?;
        let mut text = Vec::new();
        (&stream).take(LONGEST).read_to_end(&mut text)?;
        Ok(serde_json::from_slice(&text)?)
    };
    read().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A table that no other test has.
    fn table(test: &str) -> String {
        format!("ipvsd-test-{}-{test}", std::process::id())
    }

    fn holder(configuration: &str) -> LockHolder {
        LockHolder {
            configuration: configuration.into(),
            ..LockHolder::default()
        }
    }

    fn held<T: std::fmt::Debug>(claimed: Result<T, ClaimRefusal>) -> LockHolder {
        match claimed {
            Err(ClaimRefusal::Held(holder)) => holder,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn a_table_has_one_daemon_or_several_instances_of_ldirectord() {
        let table = table("alone");
        let own = std::process::id();
        let first = TableSocket::alone_as(&table, &holder("a.yaml"))
            .await
            .unwrap();
        let expected = LockHolder {
            pid: own,
            ..holder("a.yaml")
        };
        assert_eq!(
            held(TableSocket::alone_as(&table, &holder("b")).await),
            expected
        );
        first.update(|claim| claim.holder.stopping = true);
        assert!(held(TableSocket::alone_as(&table, &holder("b")).await).stopping);
        first.end().await;
        let cf = holder("b.cf");
        let one = TableSocket::shared_as(&table, &cf).await.unwrap();
        let two = TableSocket::shared_as(&table, &cf).await.unwrap();
        let named = held(TableSocket::alone_as(&table, &holder("c")).await);
        assert_eq!(named.configuration.to_str(), Some("b.cf"));
        drop((one, two));
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn instances_see_the_services_that_they_have_in_common() {
        let table = table("services");
        let instance = async |name: &str, services: &[&str]| {
            let socket = TableSocket::shared_as(&table, &holder(name)).await.unwrap();
            let services = services.iter().map(ToString::to_string).collect();
            socket.update(|claim| claim.services = services);
            socket
        };
        let one = instance("a.cf", &["tcp 192.0.2.1:80", "tcp 192.0.2.1:25"]).await;
        let two = instance("b.cf", &["tcp 192.0.2.1:25", "tcp 192.0.2.2:25"]).await;
        let three = instance("c.cf", &["tcp 192.0.2.3:25"]).await;
        let common = two.rivals()();
        assert_eq!(common.len(), 1);
        assert_eq!(common[0].0.configuration.to_str(), Some("a.cf"));
        assert_eq!(common[0].1, ["tcp 192.0.2.1:25"]);
        assert!(three.rivals()().is_empty());
        one.update(|claim| claim.holder.stopping = true);
        assert!(two.rivals()().is_empty());
    }

    #[tokio::test]
    async fn a_process_that_says_nothing_has_the_table_and_one_that_does_not_listen_has_not() {
        let table = table("says-nothing");
        let address = SocketAddr::from_abstract_name(&table).unwrap();
        let listener = UnixListener::bind_addr(&address).unwrap();
        let accepting = std::thread::spawn(move || drop(listener.accept()));
        let named = held(TableSocket::alone_as(&table, &holder("b")).await);
        assert_eq!(named.to_string(), format!("pid {}", std::process::id()));
        accepting.join().unwrap();
        let bound = socket(
            AddressFamily::Unix,
            SockType::Stream,
            SockFlag::SOCK_CLOEXEC,
            None,
        )
        .unwrap();
        let address = UnixAddr::new_abstract(table.as_bytes()).unwrap();
        nix::sys::socket::bind(bound.as_raw_fd(), &address).unwrap();
        let taken = TableSocket::alone_as(&table, &holder("b")).await;
        assert!(matches!(taken, Err(ClaimRefusal::Silent)), "{taken:?}");
    }
}
