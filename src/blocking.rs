//! Work that blocks, on threads of its own. Each kind of work has its own pool with its own limit, so that one kind that
//! hangs, such as lookups while DNS is silent, takes no thread from another.
//!
//! A thread that cannot be had is an error, and so is a panic of the work: who waits always gets a result.

use std::io;
use std::thread;

use tokio::sync::{Semaphore, SemaphorePermit, oneshot};

/// Work of one kind.
#[derive(Debug)]
pub(crate) struct BlockingPool {
    name: &'static str,
    places: Semaphore,
}

/// The right to block one thread. It ends with the work, not with the task that waits for it.
#[derive(Debug)]
pub(crate) struct BlockingTurn {
    name: &'static str,
    _permit: Option<SemaphorePermit<'static>>,
}

impl BlockingPool {
    /// A pool whose threads have this name, and never more of them than `limit`.
    pub(crate) const fn new(name: &'static str, limit: usize) -> Self {
        Self {
            name,
            places: Semaphore::const_new(limit),
        }
    }

    /// Waits until a thread may be started.
    pub(crate) async fn turn(&'static self) -> BlockingTurn {
        BlockingTurn {
            name: self.name,
            // It is never closed.
            _permit: self.places.acquire().await.ok(),
        }
    }

    /// Waits for a place and for the result.
    ///
    /// # Errors
    /// When the system gives no thread, or the work panics.
    pub(crate) async fn run<T: Send + 'static>(
        &'static self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        self.turn().await.run(work).await
    }
}

impl BlockingTurn {
    /// Does the work here and waits for its result.
    ///
    /// # Errors
    /// When the system gives no thread, or the work panics.
    pub(crate) async fn run<T: Send + 'static>(
        self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> io::Result<T> {
        let (done, result) = oneshot::channel();
        let name = self.name.to_owned();
        let run = move || {
            let _turn = self;
            // The task that waited may have ended.
            let _ = done.send(work());
        };
        thread::Builder::new().name(name).spawn(run)?;
        result
            .await
            .map_err(|_| io::Error::other("its thread ended without a result"))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use futures_util::FutureExt;

    use super::*;

    #[tokio::test]
    async fn work_that_hangs_keeps_its_place_and_takes_none_of_another_pool() {
        static STUCK: BlockingPool = BlockingPool::new("stuck", 1);
        static FREE: BlockingPool = BlockingPool::new("free", 1);
        let (release, released) = mpsc::channel::<()>();
        let hangs = tokio::spawn(STUCK.run(move || released.recv().is_err()));
        while STUCK.places.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        // The task gives up; the thread cannot.
        hangs.abort();
        assert!(hangs.await.is_err());
        assert!(STUCK.turn().now_or_never().is_none());
        assert_eq!(FREE.run(|| 7).await.unwrap(), 7);
        drop(release);
        assert_eq!(STUCK.run(|| 8).await.unwrap(), 8);
    }

    #[tokio::test]
    async fn work_that_panics_is_an_error_and_gives_its_place_back() {
        static POOL: BlockingPool = BlockingPool::new("panics", 1);
        let failed = POOL.run(|| assert!(std::hint::black_box(false), "as a bug would"));
        assert!(failed.await.is_err());
        assert!(POOL.run(|| ()).await.is_ok());
    }
}
