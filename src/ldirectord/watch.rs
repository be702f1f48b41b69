//! Watches the configuration by its content. It looks several times a second rather than wait for notifications of the
//! file system, which come neither over the network nor through every kind of mount, and which speak of one file where
//! editors put another in its place.
//!
//! Invariant: content counts when several looks in a row have found it, and an empty file never does, so that a file half
//! written is not taken for a whole.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use crate::regular_file;
use crate::stamp::Stamp;

/// From one look to the next.
const SCAN_INTERVAL: Duration = Duration::from_millis(200);
/// Bytes of the largest file that is read, as by the loader.
const SIZE_LIMIT: u64 = 16 << 20;
/// Looks in a row that must find the same; with the pauses between them a change is told well within a second.
const SCANS_TO_CONFIRM: u32 = 3;

/// What the watch has to tell.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigChange {
    /// Other content than before; what it is at the first look too.
    Content(Arc<str>),
    /// The file is gone, or cannot be read.
    Missing,
}

/// Watches a file on a thread of its own, until nobody wants to be told any more.
///
/// # Errors
/// When the thread cannot be started.
pub fn watch(
    file: PathBuf,
    tell: impl Fn(ConfigChange) -> bool + Send + 'static,
) -> io::Result<()> {
    let scan_loop = move || {
        let mut watch = ChangeFilter::default();
        let mut known = None;
        loop {
            if let Some(seen) = watch.take(look(&file, &mut known))
                && !tell(seen)
            {
                return;
            }
            thread::sleep(SCAN_INTERVAL);
        }
    };
    thread::Builder::new()
        .name("watch".to_owned())
        .spawn(scan_loop)
        .map(drop)
}

/// What one look found.
#[derive(Debug, Clone, PartialEq, Eq)]
enum FileScan {
    Unchanged,
    Content(Arc<str>),
    Missing,
}

fn look(file: &Path, known: &mut Option<Stamp>) -> FileScan {
    let Ok(about) = fs::metadata(file) else {
        *known = None;
        return FileScan::Missing;
    };
    let stamp = Stamp::of(&about);
    if known.is_some_and(|known| stamp.is_still(&known, &about)) {
        return FileScan::Unchanged;
    }
    match regular_file::read(file, SIZE_LIMIT) {
        Ok(bytes) => {
            *known = Some(stamp);
            FileScan::Content(Arc::from(String::from_utf8_lossy(&bytes)))
        }
        Err(_) => FileScan::Missing,
    }
}

/// Makes tidings of looks.
#[derive(Debug, Default)]
struct ChangeFilter {
    /// Content that is still to be confirmed, and how many looks have found it.
    candidate: Option<(Arc<str>, u32)>,
    /// What was told last.
    told: Option<ConfigChange>,
}

impl ChangeFilter {
    fn take(&mut self, look: FileScan) -> Option<ConfigChange> {
        let seen = match look {
            FileScan::Missing => {
                self.candidate = None;
                ConfigChange::Missing
            }
            // It is as it was for longer than a file is young.
            FileScan::Unchanged => ConfigChange::Content(self.candidate.take()?.0),
            FileScan::Content(content) => ConfigChange::Content(self.confirmed(content)?),
        };
        if self.told.as_ref() == Some(&seen) {
            return None;
        }
        self.told = Some(seen.clone());
        Some(seen)
    }

    /// The content, if enough looks have found it by now.
    fn confirmed(&mut self, content: Arc<str>) -> Option<Arc<str>> {
        if content.is_empty() {
            self.candidate = None;
            return None;
        }
        let looks = match &self.candidate {
            Some((known, looks)) if *known == content => looks + 1,
            _ => 1,
        };
        self.candidate = Some((Arc::clone(&content), looks));
        (looks >= SCANS_TO_CONFIRM).then_some(content)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(looks: &[FileScan]) -> Vec<ConfigChange> {
        let mut watch = ChangeFilter::default();
        looks
            .iter()
            .filter_map(|look| watch.take(look.clone()))
            .collect()
    }

    fn content(text: &str) -> FileScan {
        FileScan::Content(Arc::from(text))
    }

    fn seen(text: &str) -> ConfigChange {
        ConfigChange::Content(Arc::from(text))
    }

    fn looks(text: &str) -> Vec<FileScan> {
        let sequence = text.chars().map(|found| match found {
            '-' => FileScan::Missing,
            '=' => FileScan::Unchanged,
            '0' => content(""),
            other => content(&other.to_string()),
        });
        sequence.collect()
    }

    #[test]
    fn content_is_told_once_several_looks_have_found_it() {
        assert_eq!(told(&looks("aa")), []);
        assert_eq!(told(&looks("aaaa==")), [seen("a")]);
        assert_eq!(told(&looks("a==")), [seen("a")]);
        assert_eq!(told(&looks("aaabbb")), [seen("a"), seen("b")]);
    }

    #[test]
    fn a_file_half_written_is_not_told() {
        assert_eq!(told(&looks("aaabbcccc")), [seen("a"), seen("c")]);
        assert_eq!(told(&looks("aaa0000bbb")), [seen("a"), seen("b")]);
        assert_eq!(told(&looks("aaa00aaa")), [seen("a")]);
    }

    #[test]
    fn a_missing_file_is_told_once_and_its_return_too() {
        assert_eq!(
            told(&looks("aaa---aaa")),
            [seen("a"), ConfigChange::Missing, seen("a")]
        );
    }

    #[test]
    fn a_look_finds_replaced_rewritten_and_missing_files() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.cf");
        let mut known = None;
        assert_eq!(look(&path, &mut known), FileScan::Missing);
        fs::write(&path, "a").unwrap();
        assert_eq!(look(&path, &mut known), content("a"));
        fs::write(directory.path().join("b"), "b").unwrap();
        fs::rename(directory.path().join("b"), &path).unwrap();
        assert_eq!(look(&path, &mut known), content("b"));
        let old = std::time::SystemTime::now() - Duration::from_secs(3600);
        let file = fs::File::options().write(true).open(&path).unwrap();
        file.set_modified(old).unwrap();
        assert_eq!(look(&path, &mut known), content("b"));
        assert_eq!(look(&path, &mut known), FileScan::Unchanged);
    }
}
