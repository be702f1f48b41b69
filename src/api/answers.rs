//! The state of the daemon as clients get it: requests that come while it is being put together share one answer, so that many
//! clients cost no more than one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

use hyper::body::Bytes;
use tokio::sync::{Mutex, OnceCell};
use tokio::time::{Instant, sleep_until};

use super::control::Control;
use super::error::ApiError;
use super::metrics;
use super::overview::Overview;
use super::wire::Status;

/// The longest pause between two states.
const LONGEST_REST: Duration = Duration::from_secs(1);

/// The number of the next answer, one after the other for all answers of the process.
pub(super) fn next_number() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

/// The state at one moment.
#[derive(Debug)]
pub(super) struct SharedOverview {
    pub(super) overview: Overview,
    /// Before the loop was requested for it.
    taken: Instant,
    status: RenderedText,
    metrics: RenderedText,
}

/// One form of the state, made for the first client that requests it.
#[derive(Debug)]
struct RenderedText {
    number: u64,
    text: OnceCell<Bytes>,
}

/// Gives the state to clients.
#[derive(Debug)]
pub(super) struct Answers<C> {
    pub(super) control: Arc<C>,
    latest: Mutex<Latest>,
    waiting: AtomicUsize,
    /// For so many times as long as one state took there is no other.
    rest: u32,
}

#[derive(Debug, Default)]
struct Latest {
    /// The latest, while a client waits that may get it.
    shared: Option<Arc<SharedOverview>>,
    /// When the next may be taken.
    next: Option<Instant>,
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
            rest: 0,
        }
    }

    /// The same for clients who may be anyone: however often they request the state, the event loop has most of its time for
    /// other things.
    pub(super) fn sparing(control: Arc<C>) -> Self {
        Self {
            rest: 9,
            ..Self::new(control)
        }
    }

    /// The state at this moment or later.
    pub(super) async fn overview(&self) -> Result<Arc<SharedOverview>, ApiError> {
        let requested = Instant::now();
        let waiting = Waiting::among(&self.waiting);
        // One after the other: those that wait here get the state that is taken for the first of them.
        let mut latest = self.latest.lock().await;
        let shared = match latest.shared.take() {
            Some(shared) if shared.taken >= requested => shared,
            _ => {
                if let Some(next) = latest.next {
                    sleep_until(next).await;
                }
                let shared = self.take().await?;
                let rest = (shared.taken.elapsed() * self.rest).min(LONGEST_REST);
                latest.next = Some(Instant::now() + rest);
                shared
            }
        };
        if !waiting.is_last() {
            latest.shared = Some(Arc::clone(&shared));
        }
        Ok(shared)
    }

    async fn take(&self) -> Result<Arc<SharedOverview>, ApiError> {
        let taken = Instant::now();
        Ok(Arc::new(SharedOverview {
            overview: self.control.overview().await?,
            taken,
            status: RenderedText::new(),
            metrics: RenderedText::new(),
        }))
    }
}

impl SharedOverview {
    /// The whole status as JSON, and its number.
    pub(super) async fn status(&self) -> Result<(u64, Bytes), ApiError> {
        let render = || Ok(serde_json::to_vec(&Status::of(&self.overview))?);
        self.status.get(render).await
    }

    /// All metrics, and their number.
    pub(super) async fn metrics(&self) -> Result<(u64, Bytes), ApiError> {
        let render = || Ok(metrics::text(&self.overview)?.into_bytes());
        self.metrics.get(render).await
    }
}

impl RenderedText {
    fn new() -> Self {
        Self {
            number: next_number(),
            text: OnceCell::new(),
        }
    }

    async fn get(
        &self,
        render: impl FnOnce() -> Result<Vec<u8>, ApiError>,
    ) -> Result<(u64, Bytes), ApiError> {
        // Without the room that was left for more.
        let render = || async { Ok::<_, ApiError>(Bytes::from(render()?.into_boxed_slice())) };
        let text = self.text.get_or_try_init(render).await?;
        Ok((self.number, text.clone()))
    }
}
