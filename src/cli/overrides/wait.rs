//! Waits until real servers have no active connection left.

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
    loop {
        let status: Status = runtime
            .block_on(client.status())
            .map_err(|error: ApiError| error)?;
        let mut left = 0;
        for server in servers {
            match connections_of(&status, server) {
                Ok(active) => left += active,
                Err(why) => return Ok(Err(format!("{}: {why}", shown(server)))),
            }
        }
        // The table must have been read since the order was given.
        let read = status.table_read_seconds_ago.unwrap_or(f64::INFINITY);
        if left == 0 && read <= began.elapsed().as_secs_f64() {
            return Ok(Ok(()));
        }
        if limit.is_some_and(|limit| began.elapsed() >= limit) {
            let waited = span(began.elapsed().as_secs_f64());
            let left = count(left as usize, "active connection");
            return Ok(Err(format!("not drained after {waited}: {left} left")));
        }
        if left > 0 && told != Some(left) {
            output.note(&format!(
                "{} left",
                count(left as usize, "active connection")
            ))?;
            told = Some(left);
        }
        runtime.block_on(async { tokio::time::sleep(PACE).await });
    }
}

/// Active connections of a server that gets no new ones; why there is no end to wait for, when there is none.
fn connections_of(status: &Status, wanted: &AffectedServer) -> Result<u32, &'static str> {
    let services = status.services.iter();
    let mut services = services.filter(|service| service.listen == wanted.listen);
    let servers = services.next().map(|service| &service.real_servers);
    let mut servers = servers.into_iter().flatten();
    let Some(server) = servers.find(|server| server.address == wanted.address) else {
        return Ok(0);
    };
    if server.desired_weight.is_some_and(|weight| weight > 0) {
        return Err("it takes new connections again: the override was removed or has expired");
    }
    match server.weight {
        None => Ok(0),
        // The kernel has not been told yet.
        Some(weight) if weight > 0 => Ok(server.active.max(1)),
        Some(_) => Ok(server.active),
    }
}
