//! Watches the files and directories that a configuration comes from, on a thread of its own. The kernel's notices say when to
//! scan; content decides. It also scans every two seconds, for file systems that send no notices.
//!
//! Invariant: a change counts when several scans in a row have found the same, so that a file half written is not taken for
//! a whole; and when content is as it was, there was no change.

use std::collections::hash_map::DefaultHasher;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::hash::{Hash, Hasher};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread;
use std::time::Duration;

use notify::{RecommendedWatcher, RecursiveMode, Watcher};

use super::source::SIZE_LIMIT;
use crate::regular_file;
use crate::stamp::Stamp;

/// From one scan to the next without a notice.
const IDLE_INTERVAL: Duration = Duration::from_secs(2);
/// From one scan to the next after a change.
const SCAN_INTERVAL: Duration = Duration::from_millis(100);
/// Looks in a row that must find the same.
const SCANS_TO_CONFIRM: u32 = 3;

/// A watch over files; it ends when this is dropped.
#[derive(Debug)]
pub struct FileWatch {
    sender: Sender<WatchMessage>,
}

#[derive(Debug)]
enum WatchMessage {
    /// These are the paths from now on.
    Follow(Fingerprints),
    /// The kernel told of a change.
    Notice,
    /// Nobody wants to know any more.
    End,
}

impl FileWatch {
    /// Starts to watch; `tell` is called after each change of content, until it says that nobody listens.
    ///
    /// # Errors
    /// When the thread cannot be started.
    pub fn start(tell: impl Fn() -> bool + Send + 'static) -> io::Result<Self> {
        let (sender, messages) = channel();
        let notices = sender.clone();
        let watcher = notify::recommended_watcher(move |_| {
            // Nobody listens any more when the watch has ended.
            let _ = notices.send(WatchMessage::Notice);
        });
        let watcher = watcher
            .inspect_err(|error| {
                tracing::info!(
                    "cannot watch files with inotify ({error}); checking them every 2 s instead"
                );
            })
            .ok();
        let scanner = FileScanner {
            watcher,
            directories: BTreeSet::new(),
            stamps: BTreeMap::new(),
            known: BTreeMap::new(),
        };
        thread::Builder::new()
            .name("watch".to_owned())
            .spawn(move || scanner.run(&messages, &tell))?;
        Ok(Self { sender })
    }

    /// Watches these files and directories in place of those before; what they held when they were read is what a scan is
    /// compared with, so that no change in between is missed.
    pub fn follow(&self, read: Fingerprints) {
        // It has ended only when nobody listened.
        let _ = self.sender.send(WatchMessage::Follow(read));
    }
}

impl Drop for FileWatch {
    fn drop(&mut self) {
        let _ = self.sender.send(WatchMessage::End);
    }
}
/// What was found at each path, as [`fingerprint`] has it.
pub type Fingerprints = BTreeMap<PathBuf, u64>;

struct FileScanner {
    watcher: Option<RecommendedWatcher>,
    /// Directories that the kernel tells about.
    directories: BTreeSet<PathBuf>,
    stamps: BTreeMap<PathBuf, (Stamp, u64)>,
    /// What was there when it was last told, or read.
    known: Fingerprints,
}

impl FileScanner {
    fn run(mut self, messages: &Receiver<WatchMessage>, tell: &dyn Fn() -> bool) {
        let mut candidate: Option<(Fingerprints, u32)> = None;
        loop {
            let pause = if candidate.is_some() {
                SCAN_INTERVAL
            } else {
                IDLE_INTERVAL
            };
            let mut next = match messages.recv_timeout(pause) {
                Ok(first) => Some(first),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            };
            if candidate.is_some() && next.is_some() {
                // While files change the interval is kept, whatever other message comes.
                thread::sleep(SCAN_INTERVAL);
            }
            while let Some(message) = next {
                match message {
                    WatchMessage::Follow(paths) => self.follow(paths),
                    WatchMessage::Notice => {}
                    WatchMessage::End => return,
                }
                next = messages.try_recv().ok();
            }
            let found = self.scan();
            if found == self.known {
                candidate = None;
                continue;
            }
            let scans = match candidate.take() {
                Some((before, scans)) if before == found => scans + 1,
                _ => 1,
            };
            if scans < SCANS_TO_CONFIRM {
                candidate = Some((found, scans));
                continue;
            }
            self.known = found;
            if !tell() {
                return;
            }
        }
    }

    /// Has the kernel tell about the directories of all paths.
    fn follow(&mut self, read: Fingerprints) {
        self.known = read;
        let Some(watcher) = &mut self.watcher else {
            return;
        };
        let here = Path::new(".");
        let wanted: BTreeSet<PathBuf> = self
            .known
            .keys()
            .map(|path| match path.parent() {
                _ if path.is_dir() => path.as_path(),
                Some(parent) if !parent.as_os_str().is_empty() => parent,
                _ => here,
            })
            .map(Path::to_owned)
            .collect();
        for gone in self.directories.difference(&wanted) {
            // It may have gone by itself.
            let _ = watcher.unwatch(gone);
        }
        let mut attended = BTreeSet::new();
        for directory in wanted {
            let known = self.directories.contains(&directory);
            if known
                || watcher
                    .watch(&directory, RecursiveMode::NonRecursive)
                    .is_ok()
            {
                attended.insert(directory);
            }
        }
        self.directories = attended;
    }

    fn scan(&mut self) -> Fingerprints {
        let mut found = Fingerprints::new();
        for path in self.known.keys() {
            found.insert(path.clone(), scan(path, &mut self.stamps));
        }
        self.stamps.retain(|path, _| found.contains_key(path));
        found
    }
}

/// What can be found at a path now: a hash of a file's content or of the names in a directory, 0 where there is neither.
pub(super) fn fingerprint(path: &Path) -> u64 {
    scan(path, &mut BTreeMap::new())
}

fn scan(path: &Path, stamps: &mut BTreeMap<PathBuf, (Stamp, u64)>) -> u64 {
    match fs::metadata(path) {
        Ok(about) if about.is_dir() => listing(path),
        Ok(about) if about.is_file() && about.len() <= SIZE_LIMIT => content(path, &about, stamps),
        _ => 0,
    }
}

/// The fingerprint of a file with this content.
pub(super) fn of_content(bytes: &[u8]) -> u64 {
    hash(&bytes)
}

/// The names in a directory; files that editors keep beside those that they edit do not count.
fn listing(path: &Path) -> u64 {
    let entries = fs::read_dir(path).into_iter().flatten().flatten();
    let names: BTreeSet<_> = entries
        .map(|entry| entry.file_name())
        .filter(|name| {
            let name = name.to_string_lossy();
            !name.starts_with('.') && !name.ends_with('~')
        })
        .collect();
    hash(&names)
}

fn content(path: &Path, about: &fs::Metadata, stamps: &mut BTreeMap<PathBuf, (Stamp, u64)>) -> u64 {
    let stamp = Stamp::of(about);
    match stamps.get(path) {
        Some((known, hash)) if stamp.is_still(known, about) => *hash,
        _ => {
            let hash = regular_file::read(path, SIZE_LIMIT).map_or(0, |bytes| of_content(&bytes));
            stamps.insert(path.to_owned(), (stamp, hash));
            hash
        }
    }
}

fn hash(value: &(impl Hash + ?Sized)) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Instant;

    use super::*;

    struct WatchedFiles {
        directory: tempfile::TempDir,
        told: Receiver<()>,
        watch: FileWatch,
    }

    impl WatchedFiles {
        fn new() -> Self {
            let directory = tempfile::tempdir().unwrap();
            fs::write(directory.path().join("main.yaml"), "services: []\n").unwrap();
            fs::create_dir(directory.path().join("conf.d")).unwrap();
            let (sender, told) = channel();
            let watch = FileWatch::start(move || sender.send(()).is_ok()).unwrap();
            let files = Self {
                directory,
                told,
                watch,
            };
            let paths = ["main.yaml", "conf.d"].map(|name| files.path(name));
            files
                .watch
                .follow(paths.map(|path| (path.clone(), fingerprint(&path))).into());
            files
        }

        fn path(&self, name: &str) -> PathBuf {
            self.directory.path().join(name)
        }

        fn is_told(&self) -> bool {
            self.told.recv_timeout(Duration::from_secs(20)).is_ok()
        }
    }

    #[test]
    fn changes_of_content_are_told_once_and_others_not() {
        let files = WatchedFiles::new();
        // Written in place, put in its place, a new file in a directory.
        fs::write(files.path("main.yaml"), "services: [] # 1\n").unwrap();
        assert!(files.is_told());
        fs::write(files.path("new"), "services: [] # 2\n").unwrap();
        fs::rename(files.path("new"), files.path("main.yaml")).unwrap();
        assert!(files.is_told());
        fs::write(files.path("conf.d/a.yaml"), "services: []\n").unwrap();
        assert!(files.is_told());
        // The same content again, and what an editor leaves beside it, are no change.
        fs::write(files.path("main.yaml"), "services: [] # 2\n").unwrap();
        fs::write(files.path("conf.d/.a.yaml.swp"), "x").unwrap();
        fs::write(files.path("conf.d/b.yaml"), "services: []\n").unwrap();
        assert!(files.is_told());
        assert!(files.told.try_recv().is_err(), "told too often");
    }

    #[test]
    fn a_file_that_is_being_written_is_not_told_of() {
        let files = WatchedFiles::new();
        let begin = Instant::now();
        let mut text = String::new();
        while begin.elapsed() < Duration::from_millis(600) {
            text.push_str("# line\n");
            fs::write(files.path("main.yaml"), &text).unwrap();
            thread::sleep(Duration::from_millis(10));
        }
        // A slow machine may pause long enough in between, but never for each line.
        assert!(files.is_told());
        assert!(files.told.try_iter().count() < 3);
    }

    #[test]
    fn a_missing_file_is_told_of_and_its_return_too() {
        let files = WatchedFiles::new();
        fs::remove_file(files.path("main.yaml")).unwrap();
        assert!(files.is_told());
        fs::write(files.path("main.yaml"), "services: []\n").unwrap();
        assert!(files.is_told());
    }
}
