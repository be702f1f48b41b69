//! Waits until real servers have no active connection left, nor a persistent client that would come back.

use std::collections::BTreeSet;
use std::fmt;
use std::time::{Duration, Instant};

use super::{AffectedServer, shown};
use crate::api::wire::Status;
use crate::api::{ApiError, Client};
use crate::cli::error::CliError;
use crate::cli::output::{Output, count};
use crate::cli::status::span;

/// Time between two looks.
const PACE: Duration = Duration::from_millis(300);

/// Why the end of all connections was not seen.
type NotDrained = String;

/// How long a daemon that does not answer is waited for: it may be restarting, and goes on with the drain then.
const RESTART_LIMIT: Duration = Duration::from_secs(30);

/// Says each time the number of connections left changes.
pub(super) fn until_drained(
    client: &Client,
    servers: &[AffectedServer],
    limit: Option<Duration>,
    output: &mut Output,
) -> Result<Result<(), NotDrained>, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let began = Instant::now();
    let mut told = None;
    let mut answered = Instant::now();
    loop {
        let status: Status = match runtime.block_on(client.status()) {
            Ok(status) => status,
            Err(ApiError::Connect { .. }) if answered.elapsed() < RESTART_LIMIT => {
                runtime.block_on(async { tokio::time::sleep(PACE).await });
                continue;
            }
            Err(error) => return Err(error.into()),
        };
        answered = Instant::now();
        let mut left = Left::default();
        for server in servers {
            match connections_of(&status, server) {
                Ok(one) => left = left.and(one),
                Err(why) => return Ok(Err(format!("{}: {why}", shown(server)))),
            }
        }
        // The table must have been read since the order was given.
        let read = status.table_read_seconds_ago.unwrap_or(f64::INFINITY);
        if left == Left::default() && read <= began.elapsed().as_secs_f64() {
            return Ok(Ok(()));
        }
        if limit.is_some_and(|limit| began.elapsed() >= limit) {
            let waited = span(began.elapsed().as_secs_f64());
            return Ok(Err(format!("not drained after {waited}: {left} left")));
        }
        if left != Left::default() && told != Some(left) {
            output.note(&format!("{left} left"))?;
            told = Some(left);
        }
        runtime.block_on(async { tokio::time::sleep(PACE).await });
    }
}

/// What is still to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
struct Left {
    active: u32,
    /// Persistent clients that go on to the server in spite of its weight.
    clients: u32,
}

impl Left {
    fn and(self, other: Self) -> Self {
        Self {
            active: self.active + other.active,
            clients: self.clients + other.clients,
        }
    }
}

impl fmt::Display for Left {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&count(self.active as usize, "active connection"))?;
        if self.clients > 0 {
            write!(
                f,
                " and {}",
                count(self.clients as usize, "persistent client")
            )?;
        }
        Ok(())
    }
}

/// What is left of a server that gets no new clients; why there is no end to wait for, when there is none.
fn connections_of(status: &Status, wanted: &AffectedServer) -> Result<Left, &'static str> {
    let services = status.services.iter();
    let mut services = services.filter(|service| service.listen == wanted.listen);
    let servers = services.next().map(|service| &service.real_servers);
    let mut servers = servers.into_iter().flatten();
    let Some(server) = servers.find(|server| server.address == wanted.address) else {
        return Ok(Left::default());
    };
    if server.desired_weight.is_some_and(|weight| weight > 0) {
        return Err("it takes new connections again: the override was removed or has expired");
    }
    let left = Left {
        active: server.active,
        clients: if status.persistent_clients_stay {
            server.persistent
        } else {
            0
        },
    };
    Ok(match server.weight {
        None => Left::default(),
        // The kernel has not been told yet.
        Some(weight) if weight > 0 => Left {
            active: left.active.max(1),
            ..left
        },
        Some(_) => left,
    })
}

/// A server of a service, by what the service listens on.
pub(super) type ServerPlace = (String, String);

/// The servers that the kernel has.
pub(super) fn in_table(status: &Status) -> BTreeSet<ServerPlace> {
    let services = status.services.iter();
    let servers = services.flat_map(|service| {
        let servers = service.real_servers.iter();
        let present = servers.filter(|server| server.weight.is_some());
        present.map(|server| (service.listen.clone(), server.address.clone()))
    });
    servers.collect()
}

/// Which of these servers are removed at once, in place of weight 0: under some schedulers a server with weight 0 would refuse its clients, and cannot
/// stay for its connections.
pub(super) fn removed_at_once<'s>(
    status: &Status,
    servers: &'s [AffectedServer],
    before: &BTreeSet<ServerPlace>,
) -> Vec<&'s AffectedServer> {
    let is_removed = |wanted: &AffectedServer| {
        let mut services = status.services.iter();
        let service = services.find(|service| service.listen == wanted.listen);
        let servers = service
            .into_iter()
            .flat_map(|service| &service.real_servers);
        let mut servers = servers.filter(|server| server.address == wanted.address);
        servers.any(|server| {
            let mut chain = server.chain.iter();
            chain.any(|link| link.link == "override" && link.weight.is_none())
        })
    };
    let was_there =
        |server: &AffectedServer| before.contains(&(server.listen.clone(), server.address.clone()));
    let servers = servers.iter();
    servers
        .filter(|server| was_there(server) && is_removed(server))
        .collect()
}
