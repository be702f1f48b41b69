//! The [`Kernel`] of this machine: reads and programs the IPVS table of the network namespace of the calling thread.
//!
//! Invariant: after an error that leaves answers in doubt the connection is dropped, and the next call makes a new one.

use std::collections::BTreeSet;
use std::time::Duration;

use director_core::model::{Endpoint, Family, ServiceId, SyncDaemon, SyncRole};
use director_core::plan::Plan;
use director_core::table::{ServerEntry, ServiceEntry, Table};
use nix::errno::Errno;

use super::attributes::command;
use super::socket::{NetlinkConnection, refused_question};
use super::wire::NetlinkRequest;
use super::{
    Applied, Info, Kernel, KernelError, ReadScope, SyncKernel, TableOrder, Timeouts, decode,
    encode, staged,
};

/// A list that came in several datagrams is read until two readings agree, but at most this often.
const READINGS: usize = 4;

/// How long the kernel's thread of a sync daemon gets to begin. One that is ended before is gone, with the result EINTR
/// (kernel/kthread.c, kthread), and netlink gives no answer to a request with that result (net/netlink/af_netlink.c,
/// netlink_rcv_skb).
const THREAD_BEGINS: Duration = Duration::from_millis(50);

/// The kernel's IPVS over generic netlink.
pub struct NetlinkKernel {
    connection: Option<NetlinkConnection>,
}

impl NetlinkKernel {
    /// Connects to the kernel and makes sure that it has IPVS and that this program may use it.
    ///
    /// # Errors
    /// When there is no IPVS, no permission, or no socket to be had.
    pub fn open() -> Result<Self, KernelError> {
        let mut kernel = Self { connection: None };
        kernel.info()?;
        Ok(kernel)
    }

    /// The timeouts of the connection table.
    ///
    /// # Errors
    /// When the kernel cannot be asked or its answer is not understood.
    pub fn timeouts(&mut self) -> Result<Timeouts, KernelError> {
        let attempted = "read the timeouts";
        self.with_connection(|connection| {
            connection
                .question(
                    &NetlinkRequest::new(command::GET_CONFIG),
                    attempted,
                    decode::timeouts,
                )?
                .map_err(|refusal| refused_question(attempted, refusal))
        })
    }

    /// Sets the timeouts of the connection table; one of 0 is left as it is.
    ///
    /// # Errors
    /// When the kernel cannot be asked or refuses.
    pub fn set_timeouts(&mut self, timeouts: Timeouts) -> Result<(), KernelError> {
        self.request("set the timeouts", || encode::timeouts(timeouts))
    }

    /// Sets the counters of a service and its real servers to 0, or those of all services. The inner result is false when
    /// there is no such service.
    ///
    /// # Errors
    /// When the kernel cannot be asked or refuses.
    pub fn zero(&mut self, service: Option<&ServiceId>) -> Result<bool, KernelError> {
        match self.request("set the counters to 0", || encode::zero(service)) {
            Ok(()) => Ok(true),
            Err(KernelError::Refused { errno, .. }) if errno == Errno::ESRCH as i32 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The table, and the order in which the kernel lists it.
    ///
    /// # Errors
    /// When the kernel cannot be asked or its answer is not understood.
    pub fn read_in_order(
        &mut self,
        scope: ReadScope<'_>,
    ) -> Result<(Table, TableOrder), KernelError> {
        self.with_connection(|connection| {
            let services = match scope {
                ReadScope::All => all_services(connection)?,
                ReadScope::Services(ids) => these_services(connection, ids)?,
            };
            let mut table = Table::default();
            let mut order = Vec::new();
            for (id, mut entry) in services {
                let servers = servers(connection, &id)?;
                order.push((id, servers.iter().map(|(server, _)| *server).collect()));
                entry.servers.extend(servers);
                table.services.insert(id, entry);
            }
            Ok((table, order))
        })
    }

    /// One request that has no answer but a refusal.
    fn request(
        &mut self,
        attempted: &'static str,
        request: impl Fn() -> NetlinkRequest,
    ) -> Result<(), KernelError> {
        self.with_connection(|connection| {
            let refused = connection.execute(std::iter::once(request()))?;
            match refused.into_iter().next() {
                None => Ok(()),
                Some((_, refusal)) => Err(refused_question(attempted, refusal)),
            }
        })
    }

    fn with_connection<T>(
        &mut self,
        mut work: impl FnMut(&mut NetlinkConnection) -> Result<T, KernelError>,
    ) -> Result<T, KernelError> {
        if let Some(mut connection) = self.connection.take() {
            let result = work(&mut connection);
            if !is_stale(&result) {
                return self.keep(connection, result);
            }
        }
        let mut connection = NetlinkConnection::open()?;
        let result = work(&mut connection);
        self.keep(connection, result)
    }

    /// Keeps the connection for the next call unless answers may still be queued in it.
    fn keep<T>(
        &mut self,
        connection: NetlinkConnection,
        result: Result<T, KernelError>,
    ) -> Result<T, KernelError> {
        if matches!(
            result,
            Ok(_) | Err(KernelError::NotPermitted | KernelError::Refused { .. })
        ) {
            self.connection = Some(connection);
        }
        result
    }
}

impl Kernel for NetlinkKernel {
    fn read_table(&mut self, scope: ReadScope<'_>) -> Result<Table, KernelError> {
        Ok(self.read_in_order(scope)?.0)
    }

    fn apply(&mut self, plan: &Plan) -> Applied {
        staged::carry_out(plan, |ops| {
            self.with_connection(|connection| {
                let refused = connection.execute(ops.iter().map(|op| encode::operation(op)))?;
                // A family id that is no longer known is ENOENT too, for every request.
                let suspicious = refused
                    .iter()
                    .any(|(_, refusal)| refusal.reason() == Errno::ENOENT);
                if suspicious && !connection.is_current()? {
                    return Err(KernelError::ModuleReloaded);
                }
                Ok(refused)
            })
        })
    }

    fn info(&mut self) -> Result<Info, KernelError> {
        let attempted = "read its IPVS version";
        self.with_connection(|connection| {
            connection
                .question(
                    &NetlinkRequest::new(command::GET_INFO),
                    attempted,
                    decode::kernel_info,
                )?
                .map_err(|refusal| refused_question(attempted, refusal))
        })
    }
}

pub(super) fn start_attempt(role: SyncRole) -> &'static str {
    match role {
        SyncRole::Master => "start the master sync daemon",
        SyncRole::Backup => "start the backup sync daemon",
    }
}

impl SyncKernel for NetlinkKernel {
    fn sync_daemons(&mut self) -> Result<Vec<SyncDaemon>, KernelError> {
        self.with_connection(|connection| {
            let mut daemons = Vec::new();
            connection.dump(
                &NetlinkRequest::new(command::GET_DAEMON),
                "list the sync daemons",
                |answer| {
                    daemons.push(decode::sync_daemon(answer)?);
                    Ok(())
                },
            )?;
            Ok(daemons)
        })
    }

    fn start_sync_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), KernelError> {
        self.request(start_attempt(daemon.role), || {
            encode::start_sync_daemon(daemon)
        })?;
        std::thread::sleep(THREAD_BEGINS);
        Ok(())
    }

    fn stop_sync_daemon(&mut self, role: SyncRole) -> Result<(), KernelError> {
        let attempted = match role {
            SyncRole::Master => "stop the master sync daemon",
            SyncRole::Backup => "stop the backup sync daemon",
        };
        match self.request(attempted, || encode::stop_sync_daemon(role)) {
            Err(KernelError::Refused { errno, .. }) if errno == Errno::ESRCH as i32 => Ok(()),
            Err(KernelError::NoAnswer(after)) => {
                let mut running = self.sync_daemons()?.into_iter();
                match running.any(|daemon| daemon.role == role) {
                    true => Err(KernelError::NoAnswer(after)),
                    false => Ok(()),
                }
            }
            result => result,
        }
    }
}

/// Whether a question failed since the family's id is no longer known: the module was reloaded. Nothing was done then.
fn is_stale<T>(result: &Result<T, KernelError>) -> bool {
    matches!(result, Err(KernelError::Refused { errno, .. }) if *errno == Errno::ENOENT as i32)
}

fn all_services(
    connection: &mut NetlinkConnection,
) -> Result<Vec<(ServiceId, ServiceEntry)>, KernelError> {
    consistent(|| {
        let mut found = Vec::new();
        let datagrams = connection.dump(
            &NetlinkRequest::new(command::GET_SERVICE),
            "list the services",
            |answer| {
                found.extend(decode::service(answer)?);
                Ok(())
            },
        )?;
        Ok((found, datagrams))
    })
}

fn these_services(
    connection: &mut NetlinkConnection,
    ids: &[ServiceId],
) -> Result<Vec<(ServiceId, ServiceEntry)>, KernelError> {
    let attempted = "read a service";
    let mut found = Vec::new();
    for id in ids {
        let request = encode::about_service(command::GET_SERVICE, id);
        match connection.question(&request, attempted, decode::service)? {
            Ok(service) => found.extend(service),
            Err(refusal) if refusal.reason() == Errno::ESRCH => {}
            Err(refusal) => return Err(refused_question(attempted, refusal)),
        }
    }
    Ok(found)
}

fn servers(
    connection: &mut NetlinkConnection,
    service: &ServiceId,
) -> Result<Vec<(Endpoint, ServerEntry)>, KernelError> {
    let family: Family = service.family();
    let request = encode::about_service(command::GET_DEST, service);
    consistent(|| {
        let mut found = Vec::new();
        let datagrams = connection.dump(&request, "list the real servers", |answer| {
            found.push(decode::server(answer, family)?);
            Ok(())
        })?;
        Ok((found, datagrams))
    })
}

/// Reads a list until it can be trusted: the kernel continues each datagram of a list by counting entries, so that
/// additions and deletions by others in between make some of them appear twice or not at all. Keeps the kernel's order.
fn consistent<K: Ord + Copy, V>(
    mut read: impl FnMut() -> Result<(Vec<(K, V)>, usize), KernelError>,
) -> Result<Vec<(K, V)>, KernelError> {
    let mut before: Option<BTreeSet<K>> = None;
    let mut readings = 0;
    loop {
        let (mut entries, datagrams) = read()?;
        let mut keys = BTreeSet::new();
        entries.retain(|(key, _)| keys.insert(*key));
        readings += 1;
        let agrees = before.as_ref() == Some(&keys);
        if datagrams <= 1 || agrees || readings == READINGS {
            return Ok(entries);
        }
        before = Some(keys);
    }
}

#[cfg(test)]
#[path = "netlink_tests.rs"]
mod tests;
