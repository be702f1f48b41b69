//! How many clients the control socket has at once, for how long each, and which one makes room for another. Descriptors and
//! memory that clients take are then bounded, whatever they do.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::{Instant, sleep_until};

/// Clients at once, where descriptors allow.
const MOST: usize = 40;
/// A client may take this part of the descriptors at most.
const OF_DESCRIPTORS: u64 = 8;
/// Clients by TCP at once, where descriptors allow.
const MOST_BY_TCP: usize = 16;
/// Of five places one is kept for root.
const KEPT_FOR_ROOT: usize = 5;
/// Time for a whole request.
const REQUEST: Duration = Duration::from_secs(5);
/// Time for the daemon to do what is requested. A reload may wait for names, an override for the disk.
const WORK: Duration = Duration::from_secs(600);
/// Time for the client to read the whole answer.
const READING: Duration = Duration::from_secs(30);
/// A client that has not read its answer by then is slow, and makes room when no other can.
const SLOW: Duration = Duration::from_secs(2);
/// Bytes of answers that wait to be read. Clients that read the same answer share it.
const UNREAD: usize = 32 << 20;

/// Who a client is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rank {
    Root,
    Other,
}

/// An answer and its size. Clients that get the same answer share its bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct AnswerSize {
    pub(super) number: u64,
    pub(super) bytes: usize,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ClientStage {
    Requesting,
    Working,
    Reading(AnswerSize),
}

/// The end of a client's time; none to cut it off at once.
type Until = Option<Instant>;

#[derive(Debug)]
struct Entry {
    rank: Rank,
    stage: ClientStage,
    /// When this stage began.
    since: Instant,
    until: watch::Sender<Until>,
}

/// All clients, the oldest first.
#[derive(Debug, Default)]
struct ClientTable {
    next: u64,
    entries: BTreeMap<u64, Entry>,
}

/// The clients of one socket. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Clients {
    most: usize,
    /// Places among them for root alone.
    kept_for_root: usize,
    table: Arc<Mutex<ClientTable>>,
}

/// The place of one client, until it is dropped.
#[derive(Debug)]
pub(super) struct ClientPlace {
    number: u64,
    clients: Clients,
    until: watch::Receiver<Until>,
}

impl Clients {
    /// As many as suit a process that may open so many files.
    pub(super) fn within(open_files: u64) -> Self {
        Self::of_most(share(open_files).clamp(2, MOST))
    }

    /// The same where no client is known to be root.
    pub(super) fn without_root(open_files: u64) -> Self {
        Self {
            most: share(open_files).clamp(1, MOST_BY_TCP),
            kept_for_root: 0,
            table: Arc::default(),
        }
    }

    fn of_most(most: usize) -> Self {
        Self {
            most,
            kept_for_root: most.div_ceil(KEPT_FOR_ROOT),
            table: Arc::default(),
        }
    }

    /// A place for a new client. Where there is none, the client that has been slowest to send its request makes room, or else to
    /// read its answer; none when all others are being served.
    pub(super) fn admit(&self, rank: Rank) -> Option<ClientPlace> {
        let mut table = self.lock();
        let others = table.count(|entry| entry.rank == Rank::Other);
        let for_others = self.most - self.kept_for_root;
        let has_room = |others: usize, all: usize| match rank {
            Rank::Root => all < self.most,
            Rank::Other => all < self.most && others < for_others,
        };
        if !has_room(others, table.entries.len()) {
            let is_meant = |entry: &Entry| rank == Rank::Root || entry.rank == rank;
            table
                .cut_off_first(|entry| is_meant(entry) && entry.stage == ClientStage::Requesting)
                .or_else(|| table.cut_off_first(|entry| is_meant(entry) && entry.is_slow()))?;
        }
        let number = table.next;
        table.next += 1;
        let (sender, until) = watch::channel(Some(Instant::now() + REQUEST));
        let entry = Entry {
            rank,
            stage: ClientStage::Requesting,
            since: Instant::now(),
            until: sender,
        };
        table.entries.insert(number, entry);
        drop(table);
        Some(ClientPlace {
            number,
            clients: self.clone(),
            until,
        })
    }

    fn lock(&self) -> MutexGuard<'_, ClientTable> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The share of descriptors that clients may take.
fn share(open_files: u64) -> usize {
    usize::try_from(open_files / OF_DESCRIPTORS).unwrap_or(usize::MAX)
}

impl Entry {
    fn is_slow(&self) -> bool {
        matches!(self.stage, ClientStage::Reading(_)) && self.since.elapsed() >= SLOW
    }
}

impl ClientTable {
    fn count(&self, counts: impl Fn(&Entry) -> bool) -> usize {
        self.entries.values().filter(|entry| counts(entry)).count()
    }

    /// Cuts off the oldest of these clients.
    fn cut_off_first(&mut self, is_meant: impl Fn(&Entry) -> bool) -> Option<()> {
        let mut all = self.entries.iter();
        let number = *all.find(|(_, entry)| is_meant(entry))?.0;
        self.cut_off(number);
        Some(())
    }

    fn cut_off(&mut self, number: u64) {
        if let Some(entry) = self.entries.remove(&number) {
            entry.until.send_replace(None);
        }
    }

    /// Cuts off the readers of the oldest answers until the rest is within the limit.
    fn limit_unread(&mut self, newest: AnswerSize) {
        loop {
            let readers = self.entries.values().filter_map(|entry| match entry.stage {
                ClientStage::Reading(answer) => Some((answer.number, answer.bytes)),
                _ => None,
            });
            let answers: BTreeMap<u64, usize> = readers.collect();
            let oldest = answers.keys().next().copied();
            let Some(oldest) = oldest.filter(|oldest| *oldest != newest.number) else {
                return;
            };
            if answers.values().sum::<usize>() <= UNREAD {
                return;
            }
            let reads = |entry: &Entry| matches!(entry.stage, ClientStage::Reading(answer) if answer.number == oldest);
            while self.cut_off_first(reads).is_some() {}
        }
    }
}

impl ClientPlace {
    /// The whole request has come.
    pub(super) fn working(&self) {
        self.enter(ClientStage::Working, WORK);
    }

    /// The answer is ready.
    pub(super) fn reading(&self, answer: AnswerSize) {
        self.enter(ClientStage::Reading(answer), READING);
        self.clients.lock().limit_unread(answer);
    }

    fn enter(&self, stage: ClientStage, time: Duration) {
        if let Some(entry) = self.clients.lock().entries.get_mut(&self.number) {
            entry.stage = stage;
            entry.since = Instant::now();
            entry.until.send_replace(Some(Instant::now() + time));
        }
    }

    /// Waits until the client's time is over.
    pub(super) async fn over(&self) {
        let mut until = self.until.clone();
        loop {
            let Some(end) = *until.borrow_and_update() else {
                return;
            };
            tokio::select! {
                () = sleep_until(end) => return,
                changed = until.changed() => if changed.is_err() { return },
            }
        }
    }
}

impl Drop for ClientPlace {
    fn drop(&mut self) {
        self.clients.lock().entries.remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_over(place: &ClientPlace) -> bool {
        place.until.borrow().is_none()
    }

    fn answer(number: u64, bytes: usize) -> AnswerSize {
        AnswerSize { number, bytes }
    }

    #[test]
    fn a_silent_client_makes_room_and_one_that_is_served_does_not() {
        let clients = Clients::of_most(5);
        let admit = |rank| clients.admit(rank);
        let others: Vec<_> = (0..4).map(|_| admit(Rank::Other).unwrap()).collect();
        others[0].working();
        let fifth = admit(Rank::Other).unwrap();
        let over: Vec<bool> = others.iter().map(is_over).collect();
        assert_eq!(over, [false, true, false, false]);
        for served in [&others[2], &others[3], &fifth] {
            served.working();
        }
        assert!(admit(Rank::Other).is_none());
        // The last place is kept for root, whose clients make room for each other.
        let root = admit(Rank::Root).unwrap();
        let second = admit(Rank::Root).unwrap();
        assert!(is_over(&root) && !is_over(&second));
        second.working();
        assert!(admit(Rank::Root).is_none());
        // One that reads its answer may take a moment for it.
        fifth.reading(answer(1, 10));
        assert!(admit(Rank::Other).is_none());
        let mut table = clients.lock();
        table.entries.get_mut(&fifth.number).unwrap().since -= SLOW;
        drop(table);
        assert!(admit(Rank::Other).is_some() && is_over(&fifth));
    }

    #[test]
    fn few_descriptors_mean_few_clients() {
        let most = |open_files| Clients::within(open_files).most;
        assert_eq!([0, 64, 256, 1024, 1 << 20].map(most), [2, 8, 32, 40, 40]);
        let most = |open_files| Clients::without_root(open_files).most;
        assert_eq!([0, 64, 256, 1024, 1 << 20].map(most), [1, 8, 16, 16, 16]);
    }

    #[test]
    fn each_stage_has_its_time_limit() {
        let clients = Clients::of_most(2);
        let place = clients.admit(Rank::Other).unwrap();
        let left = || {
            place
                .until
                .borrow()
                .map_or(Duration::ZERO, |end| end - Instant::now())
        };
        let is_near = |limit: Duration| left() <= limit && left() > limit - REQUEST / 2;
        assert!(is_near(REQUEST));
        place.working();
        assert!(is_near(WORK));
        place.reading(answer(1, 10));
        assert!(is_near(READING) && !is_over(&place));
    }

    #[test]
    fn slow_readers_of_old_answers_are_cut_off() {
        let clients = Clients::of_most(40);
        let reader = |number| {
            let place = clients.admit(Rank::Root).unwrap();
            place.reading(answer(number, UNREAD / 3));
            place
        };
        // Those that share an answer take its bytes once.
        let first: Vec<_> = (0..10).map(|_| reader(1)).collect();
        let (second, third) = (reader(2), reader(3));
        assert!(!first.iter().chain([&second, &third]).any(is_over));
        let fourth = reader(4);
        assert!(first.iter().all(is_over));
        assert!(![&second, &third, &fourth].into_iter().any(is_over));
        // One answer may be larger than all: it is the only way to get it.
        let large = clients.admit(Rank::Root).unwrap();
        large.reading(answer(5, 2 * UNREAD));
        assert!(!is_over(&large) && is_over(&fourth));
    }
}
