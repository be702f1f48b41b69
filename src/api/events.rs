//! What the daemon has reported, for clients that ask later or wait for more: the last events in memory, each with a number, so
//! that a client that comes again misses none of them, or learns how many.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::watch;
use tokio::time::timeout;

use super::event_kind::EventKind;

/// The form of an event; another number when a field changes its meaning.
pub const EVENT_SCHEMA: u32 = 1;
/// Events that are kept.
pub const KEPT: usize = 1024;
/// The longest time that a request waits for an event.
pub const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Something that the daemon has reported, as it is in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedEvent {
    /// The form of the event: [`EVENT_SCHEMA`].
    #[serde(default)]
    pub schema: u32,
    /// Its number: larger than that of each event before it, also after a restart unless the clock went back.
    pub id: u64,
    /// When, in RFC 3339.
    pub time: String,
    #[serde(flatten)]
    pub content: EventContent,
}

/// What has happened. Fields that do not apply are left out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventContent {
    pub kind: EventKind,
    /// `error`, `warn` or `info`.
    pub level: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub check: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The whole of it in words.
    pub message: String,
}

impl EventContent {
    /// An event that is about no service, server or check.
    #[must_use]
    pub fn new(kind: EventKind, level: &str, message: &str) -> Self {
        Self {
            kind,
            level: level.to_owned(),
            service: None,
            server: None,
            check: None,
            from: None,
            to: None,
            reason: None,
            message: message.to_owned(),
        }
    }
}

/// Some events, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventPage {
    /// The form of the events.
    pub schema: u32,
    /// The daemon has started since the event after which was asked; what it reported before is not known.
    pub restarted: bool,
    /// Events after that one that are no longer kept.
    pub missed: u64,
    /// The number to ask after next time.
    pub last: u64,
    pub events: Vec<ReportedEvent>,
}

/// The last events. Clones share them.
#[derive(Debug, Clone)]
pub struct EventJournal {
    ring: Arc<Mutex<EventRing>>,
    last: watch::Sender<u64>,
}

#[derive(Debug)]
struct EventRing {
    /// The number of this daemon's first event.
    first: u64,
    next: u64,
    events: VecDeque<ReportedEvent>,
}

impl Default for EventJournal {
    /// Numbers begin with the microseconds of the clock, so that those of a daemon are larger than those of the one before it.
    fn default() -> Self {
        Self::starting_with(Timestamp::now().as_microsecond().unsigned_abs())
    }
}

impl EventJournal {
    fn starting_with(first: u64) -> Self {
        Self {
            ring: Arc::new(Mutex::new(EventRing {
                first,
                next: first,
                events: VecDeque::new(),
            })),
            last: watch::Sender::new(first.saturating_sub(1)),
        }
    }

    /// Keeps an event; the oldest goes when there is no room.
    pub fn add(&self, content: EventContent) {
        let mut ring = self.lock();
        let id = ring.next;
        ring.next += 1;
        if ring.events.len() == KEPT {
            ring.events.pop_front();
        }
        ring.events.push_back(ReportedEvent {
            schema: EVENT_SCHEMA,
            id,
            time: Timestamp::now().to_string(),
            content,
        });
        drop(ring);
        self.last.send_replace(id);
    }

    /// The events after this one, or all that are kept. Waits for the first one where there is none, but not longer than `wait`.
    pub async fn after(&self, after: Option<u64>, wait: Duration) -> EventPage {
        if let Some(after) = after.filter(|after| !self.is_of_another_daemon(*after)) {
            let mut last = self.last.subscribe();
            // Whoever waited for nothing gets an empty page.
            let _ = timeout(wait.min(LONGEST_WAIT), last.wait_for(|last| *last > after)).await;
        }
        self.page(after)
    }

    /// Whether an event was that of a daemon before this one, or of one whose clock was ahead.
    fn is_of_another_daemon(&self, id: u64) -> bool {
        let ring = self.lock();
        id.saturating_add(1) < ring.first || id >= ring.next
    }

    fn page(&self, after: Option<u64>) -> EventPage {
        let restarted = after.is_some_and(|after| self.is_of_another_daemon(after));
        let ring = self.lock();
        let after = after.filter(|_| !restarted);
        let from = after.map_or(ring.first, |after| after.saturating_add(1));
        let oldest = ring.events.front().map_or(ring.next, |oldest| oldest.id);
        let missed = match (after, restarted) {
            (None, false) => 0,
            _ => oldest.saturating_sub(from),
        };
        let events = ring.events.iter().filter(|event| event.id >= from);
        EventPage {
            schema: EVENT_SCHEMA,
            restarted,
            missed,
            last: ring.next.saturating_sub(1),
            events: events.cloned().collect(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, EventRing> {
        // No code that may panic runs while it is locked.
        self.ring.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal(events: u64) -> EventJournal {
        let journal = EventJournal::starting_with(100);
        (0..events).for_each(|number| journal.add(content(number)));
        journal
    }

    fn content(number: u64) -> EventContent {
        EventContent::new(EventKind::ServerHealth, "info", &format!("event {number}"))
    }

    fn ids(page: &EventPage) -> Vec<u64> {
        page.events.iter().map(|event| event.id).collect()
    }

    #[test]
    fn who_asks_again_gets_what_came_since() {
        let journal = journal(3);
        let first = journal.page(None);
        assert_eq!((ids(&first), first.last), (vec![100, 101, 102], 102));
        journal.add(content(3));
        let next = journal.page(Some(first.last));
        assert_eq!(
            (ids(&next), next.missed, next.restarted),
            (vec![103], 0, false)
        );
        assert_eq!(ids(&journal.page(Some(next.last))), [0; 0]);
    }

    #[test]
    fn who_comes_too_late_learns_how_many_are_lost() {
        let journal = journal(KEPT as u64 + 10);
        let page = journal.page(Some(104));
        assert_eq!((page.missed, page.events.len()), (5, KEPT));
        // Who asks for all that is kept has missed nothing.
        assert_eq!(journal.page(None).missed, 0);
    }

    #[test]
    fn a_restart_is_told() {
        let journal = journal(2);
        let page = journal.page(Some(7));
        assert_eq!(
            (page.restarted, page.missed, ids(&page)),
            (true, 0, vec![100, 101])
        );
        assert!(!journal.page(Some(99)).restarted);
        // The clock of the daemon before this one was ahead.
        let page = journal.page(Some(1000));
        assert_eq!(
            (page.restarted, page.last, ids(&page)),
            (true, 101, vec![100, 101])
        );
    }

    #[tokio::test]
    async fn who_waits_gets_an_event_when_it_comes() {
        let journal = journal(1);
        let waiting = journal.clone();
        let waiting =
            tokio::spawn(async move { waiting.after(Some(100), Duration::from_secs(50)).await });
        tokio::task::yield_now().await;
        journal.add(content(1));
        assert_eq!(ids(&waiting.await.unwrap()), [101]);
        let page = journal.after(Some(101), Duration::ZERO).await;
        assert_eq!((ids(&page), page.last), (Vec::new(), 101));
    }
}
