//! Tells the service manager how the daemon fares, when there is one that listens (sd_notify(3)), and feeds its watchdog
//! (`WatchdogSec=`, sd_watchdog_enabled(3)).
//!
//! A thread sends the messages, since a service manager that hangs must not stop the loop.

use std::time::Duration;

use sd_notify::NotifyState;
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use crate::background_writer::{BackgroundWriter, Piece, QueueLimit};

/// Messages that may wait; the daemon sends a few in a minute.
const LIMIT: QueueLimit = QueueLimit {
    entries: 64,
    bytes: 64 << 10,
};
/// How long the last message may take.
const FINISH_LIMIT: Duration = Duration::from_millis(200);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Message {
    Ready,
    Stopping,
    Status(String),
    Watchdog,
}

/// The service manager.
#[derive(Debug, Default)]
pub(super) struct ServiceManager {
    messages: Option<BackgroundWriter<Message>>,
    feed: Option<Interval>,
}

impl ServiceManager {
    /// The one that has started this process, if any.
    pub(super) fn of_this_process() -> Self {
        if std::env::var_os("NOTIFY_SOCKET").is_none() {
            return Self::default();
        }
        let send = |piece| {
            let Piece::Entry(message) = piece else { return };
            if let Err(error) = sd_notify::notify(&[state(&message)]) {
                tracing::debug!(%error, "cannot notify the service manager");
            }
        };
        Self::with(send, sd_notify::watchdog_enabled())
    }

    fn with(send: impl FnMut(Piece<Message>) + Send + 'static, limit: Option<Duration>) -> Self {
        let messages = BackgroundWriter::start("systemd", LIMIT, send);
        if let Err(error) = &messages {
            tracing::warn!("cannot notify the service manager: cannot start a thread: {error}");
        }
        Self {
            messages: messages.ok(),
            feed: limit.and_then(feed),
        }
    }

    /// The kernel holds the desired table.
    pub(super) fn ready(&self) {
        self.send(Message::Ready);
    }

    /// The daemon is about to end.
    pub(super) fn stopping(&self) {
        self.send(Message::Stopping);
    }

    /// One line for `systemctl status`.
    pub(super) fn status(&self, line: String) {
        self.send(Message::Status(line));
    }

    /// Waits until the watchdog is to be fed; for ever where there is none.
    pub(super) async fn watchdog_due(&mut self) {
        match &mut self.feed {
            Some(feed) => {
                feed.tick().await;
            }
            None => std::future::pending().await,
        }
    }

    /// Feeds the watchdog. To be called by the loop only, so that it is fed while the loop turns. A task does it, so that it
    /// is fed only while the threads that run the probes turn, too.
    pub(super) fn feed_watchdog(&self) {
        if let Some(messages) = self.messages.clone() {
            tokio::spawn(async move { messages.push(Message::Watchdog, 0) });
        }
    }

    /// Waits for a moment until the last message is sent.
    pub(super) fn finish(&self) {
        if let Some(messages) = &self.messages {
            // A service manager that hangs sees the end of the process.
            let _ = messages.finish(FINISH_LIMIT);
        }
    }

    fn send(&self, message: Message) {
        if let Some(messages) = &self.messages {
            messages.push(message, 0);
        }
    }
}

/// The watchdog is fed twice in its time, as sd_watchdog_enabled(3) recommends.
fn feed(limit: Duration) -> Option<Interval> {
    let every = limit / 2;
    if every.is_zero() {
        return None;
    }
    let mut feed = interval_at(Instant::now() + every, every);
    feed.set_missed_tick_behavior(MissedTickBehavior::Delay);
    Some(feed)
}

fn state(message: &Message) -> NotifyState<'_> {
    match message {
        Message::Ready => NotifyState::Ready,
        Message::Stopping => NotifyState::Stopping,
        Message::Status(line) => NotifyState::Status(line),
        Message::Watchdog => NotifyState::Watchdog,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[tokio::test]
    async fn the_watchdog_is_fed_by_the_loop_and_by_nothing_else() {
        let (sender, sent) = mpsc::channel();
        let send = move |piece| drop(sender.send(piece));
        let mut manager = ServiceManager::with(send, Some(Duration::from_millis(10)));
        for _ in 0..3 {
            manager.watchdog_due().await;
            manager.feed_watchdog();
        }
        tokio::task::yield_now().await;
        manager.stopping();
        manager.finish();
        let sent: Vec<_> = sent.iter().collect();
        let mut expected = vec![Message::Watchdog; 3];
        expected.push(Message::Stopping);
        assert_eq!(
            sent,
            expected.into_iter().map(Piece::Entry).collect::<Vec<_>>()
        );
    }

    #[tokio::test]
    async fn without_a_watchdog_nothing_is_due() {
        let mut manager = ServiceManager::default();
        let due = tokio::time::timeout(Duration::from_millis(1), manager.watchdog_due());
        assert!(due.await.is_err());
    }

    #[tokio::test]
    async fn a_service_manager_that_hangs_stops_nothing() {
        let (_release, released) = mpsc::channel::<()>();
        let hang = move |_| {
            let _ = released.recv();
        };
        let manager = ServiceManager::with(hang, None);
        let began = Instant::now();
        for _ in 0..10 * LIMIT.entries {
            manager.status("running".to_owned());
        }
        manager.finish();
        assert!(began.elapsed() < LONG);
    }
}
