//! How much servers may send. Each connection has a limit of its own, below the client library that reads from it, and all
//! connections together share the memory for long answers. An answer up to some kilobytes waits for nothing. A longer one
//! takes memory as its bytes come, so that a server that sends a little and hangs keeps none from the others.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Bytes that a connection reads without any of the shared memory, and of each part that it takes of it.
const STEP: u64 = 64 * 1024;
/// Bytes for long answers that are taken as they come, of all probes together.
const FOR_STEPS: u64 = 48 << 20;
/// Bytes for answers that found no more of those. Each takes all that it may still need at once, so that it is sure to end:
/// answers that wait for each other's next part would all wait until the ends of their probes.
const FOR_RESTS: u64 = 16 << 20;

/// The memory for long answers. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    steps: Arc<Semaphore>,
    rests: Arc<Semaphore>,
    all_rests: u32,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(FOR_STEPS, FOR_RESTS)
    }
}

impl Memory {
    pub(super) fn of(for_steps: u64, for_rests: u64) -> Self {
        let all_rests = steps_in(for_rests);
        Self {
            steps: Arc::new(Semaphore::new(steps_in(for_steps) as usize)),
            rests: Arc::new(Semaphore::new(all_rests as usize)),
            all_rests,
        }
    }

    /// What a connection of this probe may read and keep.
    pub(super) fn allowance(&self, limits: ReadLimits, of_probe: ProbeMemory) -> Allowance {
        Allowance {
            memory: self.clone(),
            limits,
            read: 0,
            room: STEP,
            rest: None,
            of_probe,
        }
    }

    #[cfg(test)]
    pub(super) fn take_all(&self) -> Option<[OwnedSemaphorePermit; 2]> {
        let steps = u32::try_from(self.steps.available_permits()).ok()?;
        let steps = Arc::clone(&self.steps).try_acquire_many_owned(steps).ok()?;
        let rests = Arc::clone(&self.rests).try_acquire_many_owned(self.all_rests);
        Some([steps, rests.ok()?])
    }

    fn step(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.steps).try_acquire_owned().ok()
    }

    async fn rest(self, bytes: u64, of_probe: ProbeMemory) -> Option<OwnedSemaphorePermit> {
        // One that needs more than there is reads alone, rather than never.
        let steps = steps_in(bytes).min(self.all_rests);
        let _waits = of_probe.begin_to_wait();
        Arc::clone(&self.rests).acquire_many_owned(steps).await.ok()
    }
}

fn steps_in(bytes: u64) -> u32 {
    u32::try_from(bytes.div_ceil(STEP)).unwrap_or(u32::MAX)
}

/// How much a server may send on one connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct ReadLimits {
    /// Bytes in all.
    pub(super) most: u64,
    /// Bytes that the probe may keep in memory at once.
    pub(super) kept: u64,
}

impl ReadLimits {
    /// For protocols whose answers are read piece by piece.
    pub(super) const PROTOCOL: Self = Self {
        most: 16 << 20,
        kept: 1 << 20,
    };

    /// For an answer that is kept as a whole, up to so many bytes.
    pub(super) fn whole(bytes: u64) -> Self {
        Self {
            most: bytes,
            kept: bytes,
        }
    }
}

/// The memory that a probe has, until its answers are matched and all clones of this are dropped, and how long it has waited
/// for memory that the long answers of other servers have.
#[derive(Debug, Clone, Default)]
pub(super) struct ProbeMemory {
    limit: Duration,
    state: Arc<Mutex<MemoryUse>>,
}

#[derive(Debug, Default)]
struct MemoryUse {
    permits: Vec<OwnedSemaphorePermit>,
    /// Of the waits that have ended.
    waited: Duration,
    /// The beginning of the wait that goes on.
    since: Option<Instant>,
}

impl ProbeMemory {
    /// Of a probe with this time limit.
    pub(super) fn within(limit: Duration) -> Self {
        Self {
            limit,
            state: Arc::default(),
        }
    }

    /// Whether it took at least half of the time limit, as with a pause of this process: then a probe that runs out of time
    /// says nothing about its server.
    pub(super) fn is_an_excuse(&self) -> bool {
        let state = self.state();
        let now = state.since.map(|since| since.elapsed());
        let waited = state.waited + now.unwrap_or_default();
        !waited.is_zero() && waited >= self.limit / 2
    }

    /// A wait begins, which ends when the returned value is dropped.
    fn begin_to_wait(&self) -> CurrentWait {
        self.state().since = Some(Instant::now());
        CurrentWait(self.clone())
    }

    fn keep(&self, permit: OwnedSemaphorePermit) {
        self.state().permits.push(permit);
    }

    fn state(&self) -> MutexGuard<'_, MemoryUse> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

struct CurrentWait(ProbeMemory);

impl Drop for CurrentWait {
    fn drop(&mut self) {
        let mut state = self.0.state();
        let since = state.since.take();
        state.waited += since.map_or(Duration::ZERO, |since| since.elapsed());
    }
}

/// A server has sent more than the limit, which is this.
#[derive(Debug, thiserror::Error)]
#[error("more than {0} bytes")]
pub(super) struct TooMuchSent(pub(super) u64);

/// What one connection may still read.
pub(super) struct Allowance {
    memory: Memory,
    limits: ReadLimits,
    read: u64,
    /// Bytes for which there is memory.
    room: u64,
    /// Waits for the memory for all that is still to come.
    rest: Option<RestFuture>,
    of_probe: ProbeMemory,
}

type RestFuture = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync>>;

impl std::fmt::Debug for Allowance {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Allowance")
            .field("limits", &self.limits)
            .field("read", &self.read)
            .finish_non_exhaustive()
    }
}

impl Allowance {
    /// Sets other limits.
    pub(super) fn limit(&mut self, limits: ReadLimits) {
        self.limits = limits;
    }

    /// Waits until more may be read.
    pub(super) fn poll_more(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.read > self.limits.most {
            return Poll::Ready(Err(io::Error::other(TooMuchSent(self.limits.most))));
        }
        while self.read >= self.room && self.room < self.limits.kept {
            if let Some(rest) = &mut self.rest {
                let permit = ready!(rest.as_mut().poll(cx));
                self.rest = None;
                permit
                    .into_iter()
                    .for_each(|permit| self.of_probe.keep(permit));
                self.room = u64::MAX;
            } else if let Some(step) = self.memory.step() {
                self.of_probe.keep(step);
                self.room += STEP;
            } else {
                let bytes = self.limits.kept - self.room;
                let rest = self.memory.clone().rest(bytes, self.of_probe.clone());
                self.rest = Some(Box::pin(rest));
            }
        }
        Poll::Ready(Ok(()))
    }

    /// So many bytes have been read.
    pub(super) fn took(&mut self, bytes: usize) {
        let bytes = u64::try_from(bytes).unwrap_or(u64::MAX);
        self.read = self.read.saturating_add(bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures_util::FutureExt;
    use std::future::poll_fn;

    async fn more(allowance: &mut Allowance) -> io::Result<()> {
        poll_fn(|cx| allowance.poll_more(cx)).await
    }

    const MIB: ReadLimits = ReadLimits {
        most: 1 << 20,
        kept: 1 << 20,
    };

    #[tokio::test]
    async fn long_answers_wait_for_each_other_and_short_ones_for_nothing() {
        let memory = Memory::of(0, 1 << 20);
        let waiting = ProbeMemory::default();
        let mut first = memory.allowance(MIB, ProbeMemory::default());
        let mut second = memory.allowance(MIB, waiting.clone());
        for allowance in [&mut first, &mut second] {
            more(allowance).await.unwrap();
            allowance.took(70_000);
        }
        more(&mut first).await.unwrap();
        assert!(more(&mut second).now_or_never().is_none());
        assert!(waiting.is_an_excuse());
        let mut short = memory.allowance(MIB, ProbeMemory::default());
        assert!(more(&mut short).now_or_never().is_some());
        drop(first);
        assert!(more(&mut second).now_or_never().is_some());
    }

    #[tokio::test]
    async fn a_wait_for_less_than_half_of_the_time_limit_is_no_excuse() {
        let memory = Memory::of(0, 1 << 20);
        let _all = memory.take_all();
        for (hours, excuse) in [(24, false), (0, true)] {
            let waiting = ProbeMemory::within(Duration::from_secs(hours * 3600));
            let mut allowance = memory.allowance(MIB, waiting.clone());
            allowance.took(70_000);
            assert!(!waiting.is_an_excuse());
            assert!(more(&mut allowance).now_or_never().is_none());
            assert_eq!(waiting.is_an_excuse(), excuse);
            // The wait has ended with the probe.
            drop(allowance);
            assert_eq!(waiting.is_an_excuse(), excuse);
            assert!(waiting.state().since.is_none());
        }
    }

    #[tokio::test]
    async fn servers_that_begin_a_long_answer_and_hang_keep_no_memory_from_others() {
        let memory = Memory::default();
        let limits = ReadLimits {
            most: 12 << 20,
            kept: 3 << 19,
        };
        let mut hanging = Vec::new();
        for number in 0..700 {
            let mut allowance = memory.allowance(limits, ProbeMemory::default());
            allowance.took(70_000);
            let goes_on = more(&mut allowance).now_or_never();
            assert!(goes_on.is_some(), "{number}");
            hanging.push(allowance);
        }
    }

    #[tokio::test]
    async fn answers_that_fill_the_memory_together_end_one_after_the_other() {
        let memory = Memory::of(1 << 19, 1 << 20);
        let begin = || memory.allowance(MIB, ProbeMemory::default());
        let mut answers: Vec<Allowance> = (0..4).map(|_| begin()).collect();
        for _ in 0..16 {
            for answer in &mut answers {
                answer.took(65_536);
                let _ = more(answer).now_or_never();
            }
        }
        // One has all that it needs, whatever the others hold.
        while !answers.is_empty() {
            let ends = |answer: &mut Allowance| more(answer).now_or_never().is_some();
            let ended = answers.iter_mut().position(ends);
            drop(answers.remove(ended.expect("one that ends")));
        }
    }

    #[tokio::test]
    async fn an_answer_has_its_memory_until_the_probe_has_matched_it() {
        let memory = Memory::of(1 << 16, 0);
        let probe = ProbeMemory::default();
        let mut allowance = memory.allowance(MIB, probe.clone());
        allowance.took(70_000);
        more(&mut allowance).await.unwrap();
        // The connection has ended, and the probe searches in what has come.
        drop(allowance);
        assert!(memory.step().is_none());
        drop(probe);
        assert!(memory.step().is_some());
    }

    #[tokio::test]
    async fn a_server_that_sends_more_than_the_limit_is_cut_off() {
        let mut allowance = Memory::default().allowance(MIB, ProbeMemory::default());
        allowance.took(1 << 20);
        more(&mut allowance).await.unwrap();
        allowance.took(1);
        assert!(more(&mut allowance).await.is_err());
    }
}
