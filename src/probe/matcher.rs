//! Matches answers with expressions. What may take long is done on threads of its own, a few for all probes, so that no
//! answer keeps a thread of the runtime: other probes, `status` and signals go on whatever a server sends.
//!
//! **Invariant:** a search ends soon after its probe, since nothing waits for its result then.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::{Builder, available_parallelism};
use std::time::Duration;

use director_core::model::{Effort, Pattern, Unfinished};
use rustix::time::{ClockId, clock_gettime};
use tokio::sync::{Semaphore, oneshot};
use tokio::time::{Instant, timeout_at};

use super::error::ProbeError;

/// Bytes that are matched at once, by the effort that one byte may take.
const AT_ONCE: usize = 64 * 1024;
const AT_ONCE_IN_RUNS: usize = 1024;
/// A search that waited longer than this for its turn was kept from it by others; a shorter wait is the end of a probe
/// whose server answered at the last moment.
const WAITED: Duration = Duration::from_millis(250);

/// Time of the processor that a search has while another one waits. The more wait, the shorter is the slice.
const SLICE: Duration = Duration::from_millis(100);
const SHORTEST_SLICE: Duration = Duration::from_millis(20);

type Job = Box<dyn FnOnce() + Send>;

/// Threads that search. They end when this is dropped.
#[derive(Debug)]
pub(super) struct Matcher {
    /// One thread for two processors: the others are for probes and for the kernel.
    short: Lane,
    /// One thread for searches that go back and forth, which may take their whole time. No other search waits for them. A
    /// search that has had its slice while others wait is too much work: servers that cost the most would excuse each other.
    long: Lane,
}

/// Some threads, and turns for as many searches.
#[derive(Debug)]
struct Lane {
    jobs: Sender<Job>,
    turns: Arc<Semaphore>,
    /// Searches that wait for their turn.
    waiting: Arc<AtomicUsize>,
    /// What a search has while another one waits; none where it always has its whole time.
    slice: Option<Duration>,
}

/// A search that waits for its turn, until this is dropped.
struct WaitingSearch(Arc<AtomicUsize>);

impl WaitingSearch {
    fn of(lane: &Lane) -> Self {
        lane.waiting.fetch_add(1, Ordering::Relaxed);
        Self(Arc::clone(&lane.waiting))
    }
}

impl Drop for WaitingSearch {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Matcher {
    pub(super) fn start() -> std::io::Result<Self> {
        let processors = available_parallelism().map_or(1, usize::from);
        Ok(Self {
            short: Lane::of(processors.div_ceil(2), None)?,
            long: Lane::of(1, Some(SLICE))?,
        })
    }

    /// Whether `pattern` is found in what a server said, by the end of a probe.
    pub(super) async fn search(
        &self,
        pattern: &Pattern,
        said: &[u8],
        deadline: Option<Instant>,
    ) -> Result<bool, ProbeError> {
        let lane = match pattern.effort() {
            Effort::Plain | Effort::Runs => &self.short,
            Effort::Backtracking => &self.long,
        };
        lane.search(pattern, said, deadline).await
    }
}

impl Lane {
    fn of(threads: usize, slice: Option<Duration>) -> std::io::Result<Self> {
        let (jobs, receiver) = channel();
        let receiver = Arc::new(Mutex::new(receiver));
        for _ in 0..threads {
            let receiver = Arc::clone(&receiver);
            Builder::new()
                .name("ipvsd-match".to_owned())
                .spawn(move || work(&receiver))?;
        }
        Ok(Self {
            jobs,
            turns: Arc::new(Semaphore::new(threads)),
            waiting: Arc::default(),
            slice,
        })
    }

    async fn search(
        &self,
        pattern: &Pattern,
        said: &[u8],
        deadline: Option<Instant>,
    ) -> Result<bool, ProbeError> {
        let began = Instant::now();
        let waits = WaitingSearch::of(self);
        let turn = until(deadline, Arc::clone(&self.turns).acquire_owned()).await;
        drop(waits);
        let waited = began.elapsed();
        let out_of_time = |ran: Duration| match waited >= WAITED && waited > ran {
            true => ProbeError::NoTurnToMatch,
            false => ProbeError::NotMatchedInTime(pattern.as_str().to_owned()),
        };
        let Some(Ok(turn)) = turn else {
            return Err(out_of_time(Duration::ZERO));
        };
        let (tell, told) = oneshot::channel();
        let (slice, waiting) = (self.slice, Arc::clone(&self.waiting));
        // Only searches that run have a copy, however many wait.
        let (searched, said) = (pattern.clone(), said.to_vec());
        let job: Job = Box::new(move || {
            let _turn = turn;
            let began = processor_time();
            let is_over = |slice| slice_is_over(slice, &waiting, began);
            let found = searched.search(&said, &|| tell.is_closed() || slice.is_some_and(is_over));
            let found = match found {
                Err(Unfinished::Interrupted) if !tell.is_closed() => Err(Unfinished::TooMuchWork),
                found => found,
            };
            let _ = tell.send(found);
        });
        if self.jobs.send(job).is_err() {
            return Err(ProbeError::NoTurnToMatch);
        }
        match until(deadline, told).await {
            Some(Ok(Ok(found))) => Ok(found),
            Some(Ok(Err(Unfinished::TooMuchWork))) => {
                Err(ProbeError::TooMuchToMatch(pattern.as_str().to_owned()))
            }
            None | Some(Ok(Err(Unfinished::Interrupted))) => {
                Err(out_of_time(began.elapsed() - waited))
            }
            Some(Err(_)) => Err(ProbeError::NoTurnToMatch),
        }
    }
}

/// Whether others wait and a search that began then has had its slice.
fn slice_is_over(slice: Duration, waiting: &AtomicUsize, began: Duration) -> bool {
    let waiting = u32::try_from(waiting.load(Ordering::Relaxed)).unwrap_or(u32::MAX);
    let each = slice.checked_div(waiting);
    each.is_some_and(|each| processor_time() - began > each.max(SHORTEST_SLICE.min(slice)))
}

/// What this thread has had of a processor, however many others share it.
fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).unwrap_or_default()
}

/// Whether `pattern` is found in what a server said, if that is quickly found out.
pub(super) fn quick_search(pattern: &Pattern, said: &[u8]) -> Option<bool> {
    let at_once = match pattern.effort() {
        Effort::Plain => AT_ONCE,
        Effort::Runs => AT_ONCE_IN_RUNS,
        Effort::Backtracking => 0,
    };
    (said.len() <= at_once).then(|| pattern.is_match(said))
}

async fn until<T>(deadline: Option<Instant>, future: impl Future<Output = T>) -> Option<T> {
    match deadline {
        Some(deadline) => timeout_at(deadline, future).await.ok(),
        None => Some(future.await),
    }
}

fn work(jobs: &Mutex<Receiver<Job>>) {
    loop {
        let job = jobs.lock().unwrap_or_else(PoisonError::into_inner).recv();
        let Ok(job) = job else {
            return;
        };
        // A fault in one search must not take the thread from the others.
        let _ = catch_unwind(AssertUnwindSafe(job));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::time::timeout;

    const NO_END: &str = r"(a+)+\1c";

    fn long() -> Vec<u8> {
        [vec![b'a'; 100_000], b"bc".to_vec()].concat()
    }

    fn soon(millis: u64) -> Option<Instant> {
        Some(Instant::now() + Duration::from_millis(millis))
    }

    #[tokio::test]
    async fn a_search_that_would_not_end_holds_up_neither_the_runtime_nor_other_searches() {
        let said = long();
        let matcher = Matcher::start().unwrap();
        let endless = Pattern::parse(NO_END).unwrap();
        let short = Pattern::parse("(?!x)b").unwrap();
        let (endless, short) = tokio::join!(
            matcher.search(&endless, &said, soon(900_000)),
            matcher.search(&short, &said, soon(900_000)),
        );
        assert!(matches!(endless, Err(ProbeError::TooMuchToMatch(_))));
        assert!(short.unwrap());
    }

    #[tokio::test]
    async fn a_search_that_gets_no_turn_says_nothing_about_its_server() {
        let said = long();
        let lane = Lane::of(1, None).unwrap();
        let _all = Arc::clone(&lane.turns).acquire_owned().await.unwrap();
        let plain = Pattern::parse("(?!x)b").unwrap();
        let waited = lane.search(&plain, &said, soon(300)).await.unwrap_err();
        assert!(waited.is_ours(), "{waited}");
        let late = lane.search(&plain, &said, soon(0)).await.unwrap_err();
        assert!(!late.is_ours(), "{late}");
    }

    #[tokio::test]
    async fn a_search_whose_time_is_over_is_a_failure_and_gives_its_turn_back() {
        let said = long();
        let lane = Lane::of(1, None).unwrap();
        let endless = Pattern::parse(NO_END).unwrap();
        let error = lane.search(&endless, &said, soon(20)).await.unwrap_err();
        assert!(!error.is_ours(), "{error}");
        drop(lane.turns.acquire().await.unwrap());
        let search = lane.search(&endless, &said, None);
        assert!(timeout(Duration::from_millis(20), search).await.is_err());
        drop(lane.turns.acquire().await.unwrap());
    }

    #[tokio::test]
    async fn a_search_that_keeps_others_waiting_is_too_much_work() {
        let lane = Lane::of(1, Some(Duration::ZERO)).unwrap();
        // Some million steps, and far from the limit of work of one search.
        let slow = Pattern::parse(r"(a+)\1c").unwrap();
        let said = [vec![b'a'; 300], b"bc".to_vec()].concat();
        assert!(!lane.search(&slow, &said, None).await.unwrap());
        let _other = WaitingSearch::of(&lane);
        let error = lane.search(&slow, &said, None).await.unwrap_err();
        assert!(matches!(error, ProbeError::TooMuchToMatch(_)), "{error}");
        // One that is quick has its result all the same.
        assert!(lane.search(&slow, b"aac", None).await.unwrap());
    }
}
