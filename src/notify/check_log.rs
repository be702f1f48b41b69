//! Writes the lines about checks, on a thread of its own since disks may hang. The file is opened for each batch of lines,
//! so that it can be moved away at any time.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;
use std::time::Duration;

use director_core::notify::MonitorLine;
use jiff::Zoned;
use ldirectord_compat::journal::append;
use tokio::time::timeout;

use super::NotifyError;
use crate::blocking::BlockingPool;

/// Waits for the thread at the end.
static ENDING: BlockingPool = BlockingPool::new("check-log-end", 4);

/// Lines that wait at most; further ones are dropped with a warning.
const QUEUE: usize = 10_000;

/// The writer of all monitor files; its thread begins with the first line.
#[derive(Default)]
pub(super) struct CheckLog {
    thread: Option<(SyncSender<MonitorLine>, JoinHandle<()>)>,
    dropping: bool,
}

impl CheckLog {
    /// Writes a line, with the time of now before it.
    pub(super) fn write(&mut self, line: MonitorLine) {
        if self.thread.is_none() {
            let (sender, lines) = sync_channel(QUEUE);
            let thread = std::thread::Builder::new().name("monitor".to_owned());
            match thread.spawn(move || write_all(&lines)) {
                Ok(thread) => self.thread = Some((sender, thread)),
                Err(error) => {
                    tracing::warn!("cannot write check lines: cannot start a thread: {error}");
                    return;
                }
            }
        }
        let Some((sender, _)) = &self.thread else {
            return;
        };
        let stamped = MonitorLine {
            text: stamped(&Zoned::now(), std::process::id(), &line.text),
            ..line
        };
        let dropped = sender.try_send(stamped).is_err();
        if dropped && !self.dropping {
            tracing::warn!("the disk is too slow for the check lines, dropping some");
        }
        self.dropping = dropped;
    }

    /// Writes what waits, until time is up.
    pub(super) async fn finish(self, limit: Duration) {
        let Some((sender, thread)) = self.thread else {
            return;
        };
        drop(sender);
        let end = ENDING.run(|| thread.join());
        if timeout(limit, end).await.is_err() {
            tracing::warn!("some check lines could not be written before the stop");
        }
    }
}

/// The line as the file holds it: `[Fri Nov 20 18:50:29 2026] [28660] TEXT`.
pub(super) fn stamped(now: &Zoned, process: u32, text: &str) -> String {
    format!(
        "[{}] [{process}] {text}\n",
        now.strftime("%a %b %e %H:%M:%S %Y")
    )
}

fn write_all(lines: &Receiver<MonitorLine>) {
    let mut failing = BTreeSet::new();
    while let Ok(first) = lines.recv() {
        let mut batches: BTreeMap<PathBuf, String> = BTreeMap::new();
        for line in std::iter::once(first).chain(lines.try_iter().take(QUEUE)) {
            batches.entry(line.file).or_default().push_str(&line.text);
        }
        for (file, text) in batches {
            match append(&file, &text) {
                Ok(()) => {
                    let _ = failing.remove(&file);
                }
                Err(source) => {
                    let error = NotifyError::Line {
                        file: file.clone(),
                        source,
                    };
                    // Said once for each file until it can be written again.
                    if failing.insert(file) {
                        tracing::warn!("check lines are lost: {error}");
                    }
                }
            }
        }
    }
}
