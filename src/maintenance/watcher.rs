//! The task that watches: looks at the directory when the kernel says that it changed and every second, and says what is
//! ordered when that is another thing than before.

use std::collections::BTreeSet;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::Duration;

use director_core::overrides::NewOverride;
use notify::{RecommendedWatcher, RecursiveMode, Watcher};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::reverse::{self, Lookup, Reverse};
use super::{Watched, files};
use crate::blocking::BlockingPool;

/// Scans directories. On a file server that hangs they keep their threads.
static DIRECTORIES: BlockingPool = BlockingPool::new("maintenance", 8);

/// From one look to the next when nothing is heard of.
const EVERY: Duration = Duration::from_secs(1);
/// How long the first look waits for names.
const PATIENCE_FOR_NAMES: Duration = Duration::from_secs(1);

/// A directory that is being watched; dropping it ends that.
#[derive(Debug)]
pub struct DirectoryWatch {
    task: JoinHandle<()>,
}

impl DirectoryWatch {
    /// Starts to watch. The orders of the first look come by the first channel, in a second or so; all later ones by `say`.
    pub fn start(
        watched: Watched,
        say: impl FnMut(Vec<NewOverride>) + Send + 'static,
    ) -> (Self, oneshot::Receiver<Vec<NewOverride>>) {
        Self::with_lookup(watched, reverse::ask_system, say)
    }

    pub(super) fn with_lookup(
        watched: Watched,
        lookup: Lookup,
        say: impl FnMut(Vec<NewOverride>) + Send + 'static,
    ) -> (Self, oneshot::Receiver<Vec<NewOverride>>) {
        let (first, receiver) = oneshot::channel();
        let task = WatchTask {
            watched,
            reverse: Reverse::new(lookup),
            said: Vec::new(),
            failing: false,
        };
        let task = tokio::spawn(task.run(first, say));
        (Self { task }, receiver)
    }
}

impl Drop for DirectoryWatch {
    fn drop(&mut self) {
        self.task.abort();
    }
}

struct WatchTask {
    watched: Watched,
    reverse: Reverse,
    said: Vec<NewOverride>,
    failing: bool,
}

impl WatchTask {
    async fn run(
        mut self,
        first: oneshot::Sender<Vec<NewOverride>>,
        mut say: impl FnMut(Vec<NewOverride>),
    ) {
        let mut notices = Notices::new();
        notices.follow(&self.watched.directory).await;
        self.look().await;
        let names = async {
            while self.reverse.is_asking() {
                self.reverse.answered().await;
            }
        };
        // Names that come later are said later.
        let _ = tokio::time::timeout(PATIENCE_FOR_NAMES, names).await;
        self.look().await;
        if first.send(self.said.clone()).is_err() {
            // Nobody has waited for it that long.
            say(self.said.clone());
        }
        let mut ticks = interval(EVERY);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = notices.heard() => {}
                _ = ticks.tick() => notices.follow(&self.watched.directory).await,
                news = self.reverse.answered() => if !news { continue },
            }
            if self.look().await {
                say(self.said.clone());
            }
        }
    }

    /// Looks at the directory; true when other orders follow from it than before. What is ordered stays ordered while the
    /// directory cannot be read.
    async fn look(&mut self) -> bool {
        let directory = self.watched.directory.clone();
        let read = DIRECTORIES.run(move || files(&directory)).await;
        let files = match read {
            Ok(Ok(files)) => files,
            Ok(Err(error)) => return self.failed(&error),
            Err(error) => return self.failed(&error),
        };
        self.failing = false;
        let orders = self.orders(&files);
        let news = orders != self.said;
        self.said = orders;
        news
    }

    fn orders(&mut self, files: &BTreeSet<String>) -> Vec<NewOverride> {
        if files.is_empty() {
            return Vec::new();
        }
        if self.watched.has_unexplained(files) {
            let servers = self.watched.candidates.iter();
            let addresses = servers.map(|candidate| candidate.server().address);
            self.reverse.refresh(addresses);
        }
        self.watched.orders(files, &self.reverse.names())
    }

    fn failed(&mut self, error: &io::Error) -> bool {
        if !self.failing {
            let directory = self.watched.directory.display();
            tracing::warn!(
                "cannot read the maintenance directory {directory}, keeping its overrides: {error}"
            );
        }
        self.failing = true;
        false
    }
}

/// What the kernel says about a directory.
struct Notices {
    heard: mpsc::UnboundedReceiver<()>,
    watcher: Option<RecommendedWatcher>,
    /// The directory that is followed, by device and inode.
    followed: Option<(u64, u64)>,
}

impl Notices {
    fn new() -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let watcher = notify::recommended_watcher(move |_| {
            // Nobody listens any more when the watch has ended.
            let _ = sender.send(());
        });
        if let Err(error) = &watcher {
            tracing::info!(
                "cannot watch the directory with inotify ({error}); checking it every second instead"
            );
        }
        Self {
            heard,
            watcher: watcher.ok(),
            followed: None,
        }
    }

    /// Follows the directory that has this name now.
    async fn follow(&mut self, directory: &Path) {
        let name = directory.to_owned();
        let found = DIRECTORIES.run(move || std::fs::metadata(name)).await;
        let identity = found
            .ok()
            .and_then(Result::ok)
            .map(|found| (found.dev(), found.ino()));
        if identity == self.followed {
            return;
        }
        self.followed = identity;
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        // There is nothing to leave when the directory was not followed, or is gone.
        let _ = watcher.unwatch(directory);
        if identity.is_some()
            && watcher
                .watch(directory, RecursiveMode::NonRecursive)
                .is_err()
        {
            self.followed = None;
        }
    }

    /// Waits for a notice, and takes all that came together as one.
    async fn heard(&mut self) {
        if self.heard.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        while self.heard.try_recv().is_ok() {}
    }
}
