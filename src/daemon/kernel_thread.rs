//! The one thread that talks to the kernel, so that a slow answer never delays a probe, a signal or the control socket.

use std::io;
use std::sync::mpsc as blocking;
use std::time::Duration;

use director_core::director::Event;
use director_core::model::ServiceId;
use director_core::plan::Plan;
use director_core::table::Table;
use tokio::sync::{mpsc, oneshot};
use tokio::time::timeout;

use super::input::Input;
use crate::ipvs::{Kernel, KernelError, ReadScope};

/// What the thread is asked to do; each request but the last is answered by one event.
#[derive(Debug)]
pub(super) enum KernelRequest {
    Read,
    Apply(Plan),
    /// The table goes to whoever asks, and the director does not hear of it.
    Look(oneshot::Sender<Table>),
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

/// Starts the thread; it ends when the sender of requests is dropped.
pub(super) fn start(
    kernel: Box<dyn Kernel>,
    inputs: mpsc::UnboundedSender<Input>,
) -> io::Result<blocking::Sender<KernelRequest>> {
    let (sender, requests) = blocking::channel();
    std::thread::Builder::new()
        .name("ipvs".to_owned())
        .spawn(move || serve(kernel, &requests, &inputs))?;
    Ok(sender)
}

fn serve(
    mut kernel: Box<dyn Kernel>,
    requests: &blocking::Receiver<KernelRequest>,
    inputs: &mpsc::UnboundedSender<Input>,
) {
    while let Ok(request) = requests.recv() {
        let event = match request {
            KernelRequest::Read => match kernel.read_table(ReadScope::All) {
                Ok(table) => Event::TableRead { table },
                Err(error) => Event::ReadFailed {
                    message: reading_failed(&error),
                },
            },
            KernelRequest::Apply(plan) => apply(kernel.as_mut(), &plan),
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

fn apply(kernel: &mut dyn Kernel, plan: &Plan) -> Event {
    let applied = kernel.apply(plan);
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
