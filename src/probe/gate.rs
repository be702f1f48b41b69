//! How many probes run at once: never more than there are file descriptors for, and of programs about two for each
//! processor, which would starve each other otherwise. The probe that has waited longest is next. The time limit of a probe
//! begins when it starts, so one that waits for this director is late and has not failed.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use director_core::model::{AdviceSource, Probe, ProbeKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Descriptors that are left for all but probes: sockets of clients and of the kernel, files, the log.
const RESERVED: u64 = 96;
/// More probes than this never run at once, whatever the limit is.
const MOST_DESCRIPTORS: u64 = 1 << 20;
/// Programs that run at once for each processor: one may wait for the network while the other computes.
const PROGRAMS_EACH: usize = 2;
/// A program takes pipes for its output, and some more while it starts.
const FOR_PROGRAM: u32 = 8;
/// A connection, and a second one for a redirect, for data or for a name server.
const FOR_CONNECTION: u32 = 2;
/// How long a probe may wait without a word, at least.
const QUIET: Duration = Duration::from_secs(1);
/// Pause between two warnings.
const WARN_AGAIN: Duration = Duration::from_secs(60);

/// Lets probes start. Clones share the same gate.
#[derive(Debug, Clone)]
pub struct Gate {
    descriptors: Arc<Semaphore>,
    all_descriptors: usize,
    programs: Arc<Semaphore>,
    all_programs: usize,
    warned: Arc<Mutex<Option<Instant>>>,
}

/// The right of one probe to run, until it is dropped.
#[derive(Debug)]
pub struct ProbeTurn {
    _descriptors: Option<OwnedSemaphorePermit>,
    _program: Option<OwnedSemaphorePermit>,
}

impl Gate {
    /// A gate for a process that may open so many files.
    #[must_use]
    pub fn new(open_files: u64) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::with(open_files, PROGRAMS_EACH * processors)
    }

    fn with(open_files: u64, programs: usize) -> Self {
        let reserved = RESERVED.min(open_files / 2);
        let descriptors = (open_files - reserved).clamp(1, MOST_DESCRIPTORS);
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        Self {
            descriptors: Arc::new(Semaphore::new(descriptors)),
            all_descriptors: descriptors,
            programs: Arc::new(Semaphore::new(programs)),
            all_programs: programs,
            warned: Arc::default(),
        }
    }

    /// Waits until this probe may start.
    pub async fn enter(&self, probe: &Probe) -> ProbeTurn {
        let began = Instant::now();
        // In this order: a program that waits for a processor holds no descriptors.
        let program = match runs_program(probe) {
            true => Arc::clone(&self.programs).acquire_owned().await.ok(),
            false => None,
        };
        let for_program = began.elapsed();
        let needed =
            descriptors(probe).min(u32::try_from(self.all_descriptors).unwrap_or(u32::MAX));
        let descriptors = Arc::clone(&self.descriptors).acquire_many_owned(needed);
        let descriptors = descriptors.await.ok();
        self.warn_if_late(probe, for_program, began.elapsed() - for_program);
        ProbeTurn {
            _descriptors: descriptors,
            _program: program,
        }
    }

    /// The right to hold a connection, while that leaves half of the descriptors to probes.
    #[must_use]
    pub fn hold(&self) -> Option<OwnedSemaphorePermit> {
        if self.descriptors.available_permits() <= self.all_descriptors / 2 {
            return None;
        }
        Arc::clone(&self.descriptors).try_acquire_owned().ok()
    }

    fn warn_if_late(&self, probe: &Probe, for_program: Duration, for_descriptors: Duration) {
        if for_program + for_descriptors < probe.timeout.max(QUIET) || !self.may_warn() {
            return;
        }
        let late = (for_program + for_descriptors).as_secs_f64();
        if for_program > for_descriptors {
            tracing::warn!(
                "checks are late: a check command waited {late:.1} s for its turn, since {} run at once on this \
                 machine; raise `every`, or use a check that needs less processor time",
                self.all_programs
            );
        } else {
            tracing::warn!(
                "checks are late: a check waited {late:.1} s for a file descriptor, of which probes have {}; raise \
                 LimitNOFILE of the unit (ulimit -n)",
                self.all_descriptors
            );
        }
    }

    fn may_warn(&self) -> bool {
        let mut warned = self.warned.lock().unwrap_or_else(PoisonError::into_inner);
        let may = warned.is_none_or(|last| last.elapsed() >= WARN_AGAIN);
        if may {
            *warned = Some(Instant::now());
        }
        may
    }
}

fn runs_program(probe: &Probe) -> bool {
    matches!(
        probe.kind,
        ProbeKind::Command(_) | ProbeKind::Advice(AdviceSource::Command(_))
    )
}

fn descriptors(probe: &Probe) -> u32 {
    match probe.kind {
        _ if runs_program(probe) => FOR_PROGRAM,
        ProbeKind::AlwaysUp | ProbeKind::AlwaysDown => 0,
        ProbeKind::Connect | ProbeKind::Ping { .. } => 1,
        _ => FOR_CONNECTION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use director_core::model::CommandProbe;
    use futures_util::FutureExt;
    use tokio::sync::mpsc;
    use tokio::task::yield_now;

    fn probe(kind: ProbeKind) -> Probe {
        Probe {
            kind,
            address: "192.0.2.1".parse().unwrap(),
            port: 80,
            timeout: Duration::from_secs(1),
            vip_path: None,
            source: None,
            proxy_header: None,
        }
    }

    fn program() -> Probe {
        probe(ProbeKind::Command(CommandProbe {
            argv: vec!["/bin/true".to_owned()],
            user: None,
        }))
    }

    #[tokio::test]
    async fn programs_wait_for_each_other_and_for_nothing_else() {
        let gate = Gate::with(1024, 2);
        let (first, _second) = (gate.enter(&program()).await, gate.enter(&program()).await);
        assert!(gate.enter(&program()).now_or_never().is_none());
        assert!(
            gate.enter(&probe(ProbeKind::Connect))
                .now_or_never()
                .is_some()
        );
        drop(first);
        assert!(gate.enter(&program()).now_or_never().is_some());
    }

    #[tokio::test]
    async fn no_more_probes_run_than_there_are_descriptors_for() {
        let gate = Gate::with(8, 2);
        let connect = probe(ProbeKind::Connect);
        let mut turns = Vec::new();
        for _ in 0..4 {
            turns.push(gate.enter(&connect).await);
        }
        assert!(gate.enter(&connect).now_or_never().is_none());
        turns.clear();
        // One that needs more than there is runs alone, rather than never.
        let alone = gate.enter(&program()).await;
        assert!(gate.enter(&connect).now_or_never().is_none());
        drop(alone);
        assert!(Gate::with(0, 1).enter(&connect).now_or_never().is_some());
    }

    #[tokio::test]
    async fn held_connections_leave_half_of_the_descriptors_to_probes() {
        let gate = Gate::with(16, 1);
        let held: Vec<_> = std::iter::from_fn(|| gate.hold()).collect();
        assert_eq!(held.len(), 4);
    }

    #[tokio::test]
    async fn the_probe_that_has_waited_longest_is_next() {
        let gate = Gate::with(2, 1);
        let turn = gate.enter(&probe(ProbeKind::Connect)).await;
        let (sender, mut started) = mpsc::unbounded_channel();
        for number in 0..5 {
            let (gate, sender) = (gate.clone(), sender.clone());
            tokio::spawn(async move {
                let _turn = gate.enter(&probe(ProbeKind::Connect)).await;
                let _ = sender.send(number);
            });
            yield_now().await;
        }
        drop((turn, sender));
        let mut order = Vec::new();
        while let Some(number) = started.recv().await {
            order.push(number);
        }
        assert_eq!(order, [0, 1, 2, 3, 4]);
    }
}
