//! The state of the daemon as clients get it: requests that come while it is being put together share one answer, so that many
//! clients cost no more than one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};

use hyper::body::Bytes;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::Instant;

use super::control::Control;
use super::error::ApiError;
use super::overview::Overview;
use super::wire::Status;

/// The number of the next answer, one after the other for all answers of the process.
pub(super) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The state at one moment.
#[derive(Debug)]
pub(super) struct SharedOverview {
    pub(super) number: u64,
    pub(super) overview: Overview,
    /// Before the loop was requested for it.
    taken: Instant,
    status: OnceCell<Bytes>,
}

/// Gives the state to clients.
#[derive(Debug)]
pub(super) struct Answers<C> {
    pub(super) control: Arc<C>,
    /// The latest, while a client waits that may get it.
    latest: Mutex<Option<Arc<SharedOverview>>>,
    waiting: AtomicUsize,
}

/// One client that waits.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn among(all: &'a AtomicUsize) -> Self {
        all.fetch_add(1, Ordering::Relaxed);
        Self(all)
    }

    fn is_last(&self) -> bool {
        self.0.load(Ordering::Relaxed) == 1
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl<C: Control> Answers<C> {
    pub(super) fn new(control: Arc<C>) -> Self {
        Self {
            control,
            latest: Mutex::default(),
            waiting: AtomicUsize::new(0),
        }
    }

    /// The state at this moment or later.
    pub(super) async fn overview(&self) -> Result<Arc<SharedOverview>, ApiError> {
        let requested = Instant::now();
        let waiting = Waiting::among(&self.waiting);
        // One after the other: those that wait here get the state that is taken for the first of them.
        let mut latest = self.latest.lock().await;
        let shared = match latest.take() {
            Some(shared) if shared.taken >= requested => shared,
            _ => self.take().await?,
        };
        if !waiting.is_last() {
            *latest = Some(Arc::clone(&shared));
        }
        Ok(shared)
    }

    async fn take(&self) -> Result<Arc<SharedOverview>, ApiError> {
        let taken = Instant::now();
        Ok(Arc::new(SharedOverview {
            number: next_number(),
            overview: self.control.overview().await?,
            taken,
            status: OnceCell::new(),
        }))
    }
}

impl SharedOverview {
    /// The whole status as JSON.
    pub(super) async fn status(&self) -> Result<Bytes, ApiError> {
        let render = || async {
            let text = serde_json::to_vec(&Status::of(&self.overview))?;
            // Without the room that was left for more.
            Ok::<_, ApiError>(Bytes::from(text.into_boxed_slice()))
        };
        self.status.get_or_try_init(render).await.cloned()
    }
}
