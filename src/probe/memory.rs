//! How much servers may send. Each connection has a limit of its own, below the client library that reads from it, and all
//! connections together share the memory for long answers. An answer up to some kilobytes waits for nothing. A longer one
//! waits until the memory that it may take is free.

use std::future::Future;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::Instant;

/// Bytes that a connection reads without a turn.
const SHORT_ANSWER: u64 = 64 * 1024;
/// Bytes for long answers, of all probes together.
const FOR_LONG_ANSWERS: usize = 64 * 1024 * 1024;
/// Bytes of a permit.
const UNIT: u64 = 1024;

/// The memory for long answers. Clones share it.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    units: Arc<Semaphore>,
    all: u32,
}

impl Default for Memory {
    fn default() -> Self {
        Self::of(FOR_LONG_ANSWERS)
    }
}

impl Memory {
    pub(super) fn of(bytes: usize) -> Self {
        let units = bytes / usize::try_from(UNIT).unwrap_or(1);
        Self {
            units: Arc::new(Semaphore::new(units)),
            all: u32::try_from(units).unwrap_or(u32::MAX),
        }
    }

    /// What a connection may read and keep, for a probe that waits on `waiting` while it has no turn.
    pub(super) fn allowance(&self, limits: ReadLimits, waiting: MemoryWait) -> Allowance {
        Allowance {
            memory: self.clone(),
            limits,
            read: 0,
            turn: MemoryTurn::NotNeeded,
            waiting,
        }
    }

    #[cfg(test)]
    pub(super) fn take_all(&self) -> Option<OwnedSemaphorePermit> {
        let units = Arc::clone(&self.units);
        units.try_acquire_many_owned(self.all).ok()
    }

    async fn turn(self, bytes: u64, waiting: MemoryWait) -> Option<OwnedSemaphorePermit> {
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        // One that needs more than there is reads alone, rather than never.
        let turn = Arc::clone(&self.units).acquire_many_owned(units.min(self.all));
        waiting.0.store(true, Ordering::Relaxed);
        let began = Instant::now();
        let turn = turn.await.ok();
        // After a long wait too little of the time limit may be left for the server.
        waiting
            .0
            .store(began.elapsed() >= LONG_WAIT, Ordering::Relaxed);
        turn
    }
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

/// A wait after which a probe that runs out of time is not its server's failure.
const LONG_WAIT: Duration = Duration::from_millis(250);

/// Whether a probe waits for memory, or ended while it did, or has waited for long.
#[derive(Debug, Clone, Default)]
pub(super) struct MemoryWait(Arc<AtomicBool>);

impl MemoryWait {
    /// Whether it waits or has waited for long, which is no fault of its server.
    pub(super) fn is_on(&self) -> bool {
        self.0.load(Ordering::Relaxed)
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
    turn: MemoryTurn,
    waiting: MemoryWait,
}

type TurnFuture = Pin<Box<dyn Future<Output = Option<OwnedSemaphorePermit>> + Send + Sync>>;

enum MemoryTurn {
    NotNeeded,
    Awaited(TurnFuture),
    Taken {
        _permit: Option<OwnedSemaphorePermit>,
    },
}

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
        loop {
            match &mut self.turn {
                MemoryTurn::NotNeeded if self.read < SHORT_ANSWER => return Poll::Ready(Ok(())),
                MemoryTurn::NotNeeded => {
                    let turn = self.memory.clone();
                    let turn = turn.turn(self.limits.kept, self.waiting.clone());
                    self.turn = MemoryTurn::Awaited(Box::pin(turn));
                }
                MemoryTurn::Awaited(turn) => {
                    let _permit = ready!(turn.as_mut().poll(cx));
                    self.turn = MemoryTurn::Taken { _permit };
                }
                MemoryTurn::Taken { .. } => return Poll::Ready(Ok(())),
            }
        }
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
        let memory = Memory::of(1 << 20);
        let waiting = MemoryWait::default();
        let mut first = memory.allowance(MIB, MemoryWait::default());
        let mut second = memory.allowance(MIB, waiting.clone());
        for allowance in [&mut first, &mut second] {
            more(allowance).await.unwrap();
            allowance.took(70_000);
        }
        more(&mut first).await.unwrap();
        assert!(more(&mut second).now_or_never().is_none());
        assert!(waiting.is_on());
        let mut short = memory.allowance(MIB, MemoryWait::default());
        assert!(more(&mut short).now_or_never().is_some());
        drop(first);
        assert!(more(&mut second).now_or_never().is_some());
        assert!(!waiting.is_on());
    }

    #[tokio::test]
    async fn a_server_that_sends_more_than_the_limit_is_cut_off() {
        let mut allowance = Memory::default().allowance(MIB, MemoryWait::default());
        allowance.took(1 << 20);
        more(&mut allowance).await.unwrap();
        allowance.took(1);
        assert!(more(&mut allowance).await.is_err());
    }
}
