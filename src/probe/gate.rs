//! How many probes run at once: never more than there are file descriptors for, and of programs about two for each
//! processor, which would starve each other otherwise. The probe that has waited longest is next, and of programs the one that
//! [`ProgramQueue`] chooses. The time limit of a probe begins when it starts, so one that waits for this director is late and
//! has not failed.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;

use director_core::model::{AdviceSource, Probe, ProbeKind};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::time::{Instant, sleep_until};

use super::program_queue::{ProgramOwner, ProgramQueue, SLOW_AFTER};

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
    programs: Programs,
    all_programs: usize,
    warned: Arc<Mutex<Option<Instant>>>,
}

/// The right of one probe to run, until it is dropped.
#[derive(Debug)]
pub struct ProbeTurn {
    _descriptors: Option<OwnedSemaphorePermit>,
    _program: Option<ProgramTurn>,
}

/// The places of programs. Clones share them.
#[derive(Debug, Clone)]
struct Programs {
    queue: Arc<Mutex<ProgramQueue<WaitingTask>>>,
    /// A task waits to look for places.
    looks_again: Arc<AtomicBool>,
}

/// The task of a program that waits.
#[derive(Debug)]
struct WaitingTask {
    timeout: Duration,
    start: oneshot::Sender<ProgramTurn>,
}

/// The place of a program, until it is dropped.
#[derive(Debug)]
struct ProgramTurn {
    programs: Programs,
    /// None when the place was given back.
    number: Option<u64>,
    timeout: Duration,
    started: Instant,
}

impl Programs {
    fn queue(&self) -> MutexGuard<'_, ProgramQueue<WaitingTask>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for a place.
    async fn turn(&self, owner: ProgramOwner, timeout: Duration) -> Option<ProgramTurn> {
        let (start, turn) = oneshot::channel();
        self.queue().add(owner, WaitingTask { timeout, start });
        self.start();
        turn.await.ok()
    }

    /// Starts what has a place, and looks again when that may have changed.
    fn start(&self) {
        let now = Instant::now();
        while let Some((number, task)) = self.next(now) {
            let turn = ProgramTurn {
                programs: self.clone(),
                number: Some(number),
                timeout: task.timeout,
                started: now,
            };
            // The task may have ended while it waited. Its place goes to the next one here, not in a call for each of them.
            if let Err(mut turn) = task.start.send(turn) {
                turn.give_back();
            }
        }
        let Some(change) = self.queue().next_change(now) else {
            return;
        };
        if !self.looks_again.swap(true, Ordering::Relaxed) {
            let programs = self.clone();
            tokio::spawn(async move {
                sleep_until(change).await;
                programs.looks_again.store(false, Ordering::Relaxed);
                programs.start();
            });
        }
    }

    fn next(&self, now: Instant) -> Option<(u64, WaitingTask)> {
        self.queue().next(now)
    }
}

impl ProgramTurn {
    fn give_back(&mut self) {
        if let Some(number) = self.number.take() {
            let hung = self.started.elapsed() >= self.timeout;
            self.programs.queue().ended(number, hung);
        }
    }
}

impl Drop for ProgramTurn {
    fn drop(&mut self) {
        if self.number.is_some() {
            self.give_back();
            self.programs.start();
        }
    }
}

impl Gate {
    /// A gate for a process that may open so many files.
    #[must_use]
    pub fn new(open_files: u64) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        Self::with(open_files, PROGRAMS_EACH * processors, SLOW_AFTER)
    }

    fn with(open_files: u64, programs: usize, slow_after: Duration) -> Self {
        let reserved = RESERVED.min(open_files / 2);
        let descriptors = (open_files - reserved).clamp(1, MOST_DESCRIPTORS);
        let descriptors = usize::try_from(descriptors).unwrap_or(usize::MAX);
        Self {
            descriptors: Arc::new(Semaphore::new(descriptors)),
            all_descriptors: descriptors,
            programs: Programs {
                queue: Arc::new(Mutex::new(ProgramQueue::new(programs, slow_after))),
                looks_again: Arc::default(),
            },
            all_programs: programs,
            warned: Arc::default(),
        }
    }

    /// Waits until this probe may start.
    pub async fn enter(&self, probe: &Probe, owner: ProgramOwner) -> ProbeTurn {
        let began = Instant::now();
        // In this order: a program that waits for a processor holds no descriptors.
        let program = match runs_program(probe) {
            true => self.programs.turn(owner, probe.timeout).await,
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
                "checks are late: a check command waited {late:.1} s for its turn, since about {} run at once on this \
                 machine; fix commands that run into their time limit, raise `every`, or use a check that needs less \
                 processor time",
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
        *probe.kind,
        ProbeKind::Command(_) | ProbeKind::Advice(AdviceSource::Command(_))
    )
}

fn descriptors(probe: &Probe) -> u32 {
    match *probe.kind {
        _ if runs_program(probe) => FOR_PROGRAM,
        ProbeKind::AlwaysUp | ProbeKind::AlwaysDown => 0,
        ProbeKind::Connect | ProbeKind::Ping { .. } => 1,
        _ => FOR_CONNECTION,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use director_core::health::ProbeId;
    use director_core::model::{CommandProbe, Family, ServiceId};
    use futures_util::FutureExt;
    use tokio::sync::mpsc;
    use tokio::task::yield_now;

    fn probe(kind: ProbeKind) -> Probe {
        Probe {
            kind: kind.into(),
            address: "192.0.2.1".parse().unwrap(),
            port: 80,
            timeout: Duration::from_secs(1),
            vip_path: None,
            source: None,
            proxy_header: None,
        }
    }

    fn owner() -> ProgramOwner {
        ProgramOwner {
            service: None,
            probe: ProbeId(1),
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
        let gate = Gate::with(1024, 2, SLOW_AFTER);
        let (first, _second) = (
            gate.enter(&program(), owner()).await,
            gate.enter(&program(), owner()).await,
        );
        assert!(gate.enter(&program(), owner()).now_or_never().is_none());
        assert!(
            gate.enter(&probe(ProbeKind::Connect), owner())
                .now_or_never()
                .is_some()
        );
        drop(first);
        assert!(gate.enter(&program(), owner()).now_or_never().is_some());
    }

    #[tokio::test]
    async fn programs_that_hang_give_place_to_another_service_though_none_ends() {
        let gate = Gate::with(1024, 2, Duration::from_millis(20));
        let of = |mark| ProgramOwner {
            service: Some(ServiceId::Mark {
                family: Family::Ipv4,
                mark,
            }),
            ..owner()
        };
        let _hanging = (
            gate.enter(&program(), of(1)).await,
            gate.enter(&program(), of(1)).await,
        );
        let other = program();
        let wait = gate.enter(&other, of(2));
        let turn = tokio::time::timeout(Duration::from_secs(20), wait).await;
        assert!(turn.is_ok());
        // Others of that service are expected to hang, too.
        assert!(gate.enter(&program(), of(1)).now_or_never().is_none());
    }

    #[tokio::test]
    async fn programs_whose_tasks_have_ended_take_no_place() {
        let gate = Gate::with(1024, 1, SLOW_AFTER);
        let first = gate.enter(&program(), owner()).await;
        let waiting = (0..100).map(|_| {
            let gate = gate.clone();
            tokio::spawn(async move { gate.enter(&program(), owner()).await })
        });
        let waiting: Vec<_> = waiting.collect();
        yield_now().await;
        for task in waiting {
            task.abort();
            assert!(task.await.is_err());
        }
        drop(first);
        assert!(gate.enter(&program(), owner()).now_or_never().is_some());
    }

    #[tokio::test]
    async fn no_more_probes_run_than_there_are_descriptors_for() {
        let gate = Gate::with(8, 2, SLOW_AFTER);
        let connect = probe(ProbeKind::Connect);
        let mut turns = Vec::new();
        for _ in 0..4 {
            turns.push(gate.enter(&connect, owner()).await);
        }
        assert!(gate.enter(&connect, owner()).now_or_never().is_none());
        turns.clear();
        // One that needs more than there is runs alone, rather than never.
        let alone = gate.enter(&program(), owner()).await;
        assert!(gate.enter(&connect, owner()).now_or_never().is_none());
        drop(alone);
        assert!(
            Gate::with(0, 1, SLOW_AFTER)
                .enter(&connect, owner())
                .now_or_never()
                .is_some()
        );
    }

    #[tokio::test]
    async fn held_connections_leave_half_of_the_descriptors_to_probes() {
        let gate = Gate::with(16, 1, SLOW_AFTER);
        let held: Vec<_> = std::iter::from_fn(|| gate.hold()).collect();
        assert_eq!(held.len(), 4);
    }

    #[tokio::test]
    async fn the_probe_that_has_waited_longest_is_next() {
        let gate = Gate::with(2, 1, SLOW_AFTER);
        let turn = gate.enter(&probe(ProbeKind::Connect), owner()).await;
        let (sender, mut started) = mpsc::unbounded_channel();
        for number in 0..5 {
            let (gate, sender) = (gate.clone(), sender.clone());
            tokio::spawn(async move {
                let _turn = gate.enter(&probe(ProbeKind::Connect), owner()).await;
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
