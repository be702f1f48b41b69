//! The one thread that talks to the kernel, so that a slow answer never delays a probe, a signal or the control socket.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;

use director_core::director::Event;
use director_core::model::ServiceId;
use director_core::plan::{Op, Plan};
use director_core::table::Table;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::input::Input;
use crate::ipvs::{Applied, Kernel, KernelError, ReadScope};

/// What the thread is asked to do; each request but the last is answered by one event.
#[derive(Debug)]
pub(super) enum KernelRequest {
    Read,
    Apply(Plan),
    /// The table goes to whoever asks, and the director does not hear of it.
    Look(oneshot::Sender<Table>),
}

/// The thread as the loop knows it.
#[derive(Debug)]
pub(super) struct KernelThread {
    /// The thread ends when this is dropped.
    pub(super) requests: blocking::Sender<KernelRequest>,
    pub(super) counters: Arc<KernelCounters>,
}

const OPERATIONS: [&str; 6] = [
    "add_service",
    "edit_service",
    "delete_service",
    "add_server",
    "edit_server",
    "delete_server",
];
const RESULTS: [&str; 4] = ["done", "refused", "skipped", "unknown"];

/// The place of an operation among [`OPERATIONS`].
fn place(op: &Op) -> usize {
    match op {
        Op::AddService { .. } => 0,
        Op::EditService { .. } => 1,
        Op::DeleteService { .. } => 2,
        Op::AddServer { .. } => 3,
        Op::EditServer { .. } => 4,
        Op::DeleteServer { .. } => 5,
    }
}

/// How many operations had each result.
#[derive(Debug, Default)]
pub(super) struct KernelCounters([[AtomicU64; RESULTS.len()]; OPERATIONS.len()]);

impl KernelCounters {
    /// Operation, result, how many.
    pub(super) fn all(&self) -> Vec<(&'static str, &'static str, u64)> {
        let operations = OPERATIONS.into_iter().zip(&self.0);
        let all = operations.flat_map(|(operation, counts)| {
            let results = RESULTS.into_iter().zip(counts);
            results.map(move |(result, count)| (operation, result, count.load(Ordering::Relaxed)))
        });
        all.collect()
    }

    fn count(&self, plan: &Plan, applied: &Applied) {
        let [mut refused, mut skipped] = [[0; OPERATIONS.len()]; 2];
        for failure in &applied.failures {
            refused[place(&failure.op)] += 1;
        }
        for op in &applied.skipped {
            skipped[place(op)] += 1;
        }
        let mut rest = [0_u64; OPERATIONS.len()];
        for step in &plan.steps {
            rest[place(&step.op)] += 1;
        }
        for (operation, counts) in self.0.iter().enumerate() {
            let rest = rest[operation].saturating_sub(refused[operation] + skipped[operation]);
            let [done, unknown] = match applied.interrupted {
                None => [rest, 0],
                // It may have been in any of them.
                Some(_) => [0, rest],
            };
            let results = [done, refused[operation], skipped[operation], unknown];
            for (count, result) in counts.iter().zip(results) {
                count.fetch_add(result, Ordering::Relaxed);
            }
        }
    }
}

/// How long a change waits for the connections that the safety limits need.
const LOOK: Duration = Duration::from_secs(2);

/// What the kernel holds just now, for the safety limits; none when it cannot be had in time, which is logged.
pub(super) async fn look(kernel: blocking::Sender<KernelRequest>) -> Option<Table> {
    let (answer, table) = oneshot::channel();
    let table = match kernel.send(KernelRequest::Look(answer)) {
        Ok(()) => timeout(LOOK, table).await.ok().and_then(Result::ok),
        Err(_) => None,
    };
    if table.is_none() {
        tracing::warn!("the kernel's table cannot be read; the safety limits use the last reading");
    }
    table
}

/// Starts the thread.
pub(super) fn start(
    kernel: Box<dyn Kernel>,
    inputs: mpsc::UnboundedSender<Input>,
) -> io::Result<KernelThread> {
    let (sender, requests) = blocking::channel();
    let counters = Arc::new(KernelCounters::default());
    let counted = Arc::clone(&counters);
    std::thread::Builder::new()
        .name("ipvs".to_owned())
        .spawn(move || serve(kernel, &requests, &inputs, &counted))?;
    Ok(KernelThread {
        requests: sender,
        counters,
    })
}

fn serve(
    mut kernel: Box<dyn Kernel>,
    requests: &blocking::Receiver<KernelRequest>,
    inputs: &mpsc::UnboundedSender<Input>,
    counters: &KernelCounters,
) {
    while let Ok(request) = requests.recv() {
        let event = match request {
            KernelRequest::Read => match kernel.read_table(ReadScope::All) {
                Ok(table) => Event::TableRead { table },
                Err(error) => Event::ReadFailed {
                    message: reading_failed(&error),
                },
            },
            KernelRequest::Apply(plan) => apply(kernel.as_mut(), &plan, counters),
            // Nobody waits any more, and whatever comes next may be a server that has failed.
            KernelRequest::Look(answer) if answer.is_closed() => continue,
            KernelRequest::Look(answer) => {
                match kernel.read_table(ReadScope::All) {
                    Ok(table) => {
                        let _ = answer.send(table);
                    }
                    Err(error) => tracing::warn!("{}", reading_failed(&error)),
                }
                continue;
            }
        };
        if inputs.send(Input::Event(event)).is_err() {
            return;
        }
    }
}

/// Carries a plan out and reads its services again.
pub(super) fn apply(kernel: &mut dyn Kernel, plan: &Plan, counters: &KernelCounters) -> Event {
    let applied = kernel.apply(plan);
    counters.count(plan, &applied);
    let services = plan.services();
    let observed = match applied.interrupted {
        Some(error) => Err(format!("cannot change the kernel's table: {error}")),
        None => read_back(kernel, &services),
    };
    Event::Applied {
        services,
        failures: applied.failures,
        observed,
    }
}

fn read_back(kernel: &mut dyn Kernel, services: &[ServiceId]) -> Result<Table, String> {
    kernel
        .read_table(ReadScope::Services(services))
        .map_err(|error| reading_failed(&error))
}

fn reading_failed(error: &KernelError) -> String {
    format!("cannot read the kernel's table: {error}")
}
