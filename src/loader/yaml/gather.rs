//! All files of the definitions: the first one and what it includes, each as a tree, with the defaults that hold in it. A
//! file that includes itself, by whatever detour, is refused; one that cannot be read is reported where it is named.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use director_core::definitions::Placed;
use director_core::diagnostic::{Diagnostic, Place};

use super::keys::file::FILE;
use super::layers::of_file;
use super::node::{Content, Entry, Node};
use super::reader::Reader;
use super::tree;
use super::value::one_or_more;
use crate::loader::file_watch::{self, Fingerprints};
use crate::loader::include::{self, IncludeFault};
use crate::loader::source::{self, SourceError};

/// Bytes that all included files together may have.
const TOTAL_LIMIT: usize = 64 << 20;

/// One file.
#[derive(Debug)]
pub(super) struct Part {
    /// Its entries, by the table of keys.
    pub(super) entries: Vec<Entry>,
    /// Where it begins.
    pub(super) place: Place,
    /// The defaults that hold in it, the nearest first.
    pub(super) defaults: Vec<Node>,
}

impl Part {
    /// The value of a key, unless it is empty.
    pub(super) fn get(&self, key: &str) -> Option<&Node> {
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        (!matches!(entry.value.content, Content::Nothing)).then_some(&entry.value)
    }
}

/// All files, the first one first.
#[derive(Debug, Default)]
pub(super) struct Gathered {
    pub(super) parts: Vec<Part>,
    /// The text of every file that could be read, by its name in places.
    pub(super) texts: BTreeMap<Arc<str>, Arc<str>>,
    /// Included files and directories whose change changes the definitions, with what they held.
    pub(super) watched: Fingerprints,
    /// Included files that could not be read as trees.
    pub(super) broken: BTreeSet<Arc<str>>,
}

/// Reads the tree of the first file and those of all that it includes.
pub(super) fn gather(text: &str, file: &Arc<str>, reader: &mut Reader) -> Gathered {
    let mut gathering = Gathering {
        gathered: Gathered::default(),
        reader,
        open: Vec::new(),
        seen: BTreeMap::new(),
        bytes: 0,
    };
    gathering.file(text, file, identity(Path::new(&**file)), &[]);
    gathering.gathered
}

struct Gathering<'r> {
    gathered: Gathered,
    reader: &'r mut Reader,
    /// The files that are being read just now, each included by the one before.
    open: Vec<PathBuf>,
    /// Where each file was included.
    seen: BTreeMap<PathBuf, Option<Place>>,
    /// Bytes of the included files so far.
    bytes: usize,
}

/// Which file a path means, whatever way leads there.
fn identity(path: &Path) -> PathBuf {
    path.canonicalize().unwrap_or_else(|_| path.to_owned())
}

impl Gathering<'_> {
    fn file(&mut self, text: &str, file: &Arc<str>, identity: PathBuf, defaults: &[Node]) {
        self.gathered
            .texts
            .insert(Arc::clone(file), Arc::from(text));
        let (root, findings) = tree::parse(text, file);
        let is_first = self.open.is_empty();
        let had_findings = !findings.is_empty();
        self.reader.findings.extend(findings);
        let Some(root) = root else {
            if had_findings {
                self.gathered.broken.insert(Arc::clone(file));
            }
            return;
        };
        let whole = of_file("services", &root);
        if !FILE.fill(&mut FILE.draft(&root.place), &whole, &[], self.reader) {
            self.gathered.broken.insert(Arc::clone(file));
            return;
        }
        if let Some(director) = root.get("director").filter(|_| !is_first) {
            let message = "an included file cannot have a director section";
            let hint = "move it to the file that includes this one";
            self.reader.error(&director.place, message, hint);
        }
        let own: Vec<Node> = root.get("defaults").cloned().into_iter().collect();
        let defaults = [own.as_slice(), defaults].concat();
        self.seen.entry(identity.clone()).or_default();
        self.open.push(identity);
        let includes = self.includes(&root);
        self.gathered.parts.push(Part {
            entries: match &root.content {
                Content::Mapping(entries) => entries.clone(),
                _ => Vec::new(),
            },
            place: root.place.clone(),
            defaults: defaults.clone(),
        });
        let directory = Path::new(&**file).parent().unwrap_or(Path::new(""));
        for written in includes {
            self.include(&written, directory, &defaults);
        }
        self.open.pop();
    }

    /// `conf.d/*.yaml`, or a list of such.
    fn includes(&mut self, root: &Node) -> Vec<Placed<String>> {
        let written = root.get("include");
        let read = written.and_then(|node| one_or_more(&of_file("include", node), self.reader));
        read.unwrap_or_default()
    }

    fn include(&mut self, written: &Placed<String>, directory: &Path, defaults: &[Node]) {
        let place = &written.place;
        let named = match include::named(&written.value, directory) {
            Ok(named) => named,
            Err(IncludeFault::Pattern(fault)) => {
                let message = format!(
                    "{:?} is not a pattern of file names: {fault}",
                    written.value
                );
                self.reader
                    .error(place, message, "write one such as conf.d/*.yaml");
                return;
            }
            Err(IncludeFault::Directory(path, error)) => {
                self.watch(path.parent().unwrap_or(Path::new(".")));
                self.unreadable(&path, &error, place);
                return;
            }
        };
        self.gathered.watched.extend(named.directories);
        for path in named.files {
            self.included(&path, place, defaults);
        }
    }

    fn included(&mut self, path: &Path, place: &Place, defaults: &[Node]) {
        let identity = identity(path);
        let shown = path.display();
        if self.open.contains(&identity) {
            let message = format!("{shown} includes itself here");
            let hint = "include every file from one place, preferably the first file";
            self.reader.error(place, message, hint);
            return;
        }
        if let Some(first) = self.seen.get(&identity) {
            let first = first
                .as_ref()
                .map_or_else(|| "above".to_owned(), |first| format!("at {first}"));
            let message = format!("{shown} is already included, {first}; it is read once");
            self.reader
                .findings
                .push(Diagnostic::warning(place, message).hint("remove one of the two"));
            return;
        }
        self.seen.insert(identity.clone(), Some(place.clone()));
        if self.reader.overflow().is_some() {
            return;
        }
        let file: Arc<str> = Arc::from(path.to_string_lossy());
        let bytes = match source::read(path) {
            Ok(bytes) => {
                let held = file_watch::of_content(&bytes);
                self.gathered.watched.insert(path.to_owned(), held);
                bytes
            }
            Err(error) => {
                self.watch(path);
                self.gathered.broken.insert(file);
                self.unreadable(path, &error, place);
                return;
            }
        };
        self.bytes += bytes.len();
        if self.bytes > TOTAL_LIMIT {
            let message = format!(
                "the included files have more than {} MiB",
                TOTAL_LIMIT >> 20
            );
            self.gathered.broken.insert(file);
            self.reader.error(place, message, "include fewer files");
            return;
        }
        match source::text(&bytes) {
            Ok(text) => self.file(text, &file, identity, defaults),
            Err(error) => {
                self.gathered.broken.insert(file);
                self.unreadable(path, &error, place);
            }
        }
    }

    fn watch(&mut self, path: &Path) {
        let held = file_watch::fingerprint(path);
        self.gathered.watched.insert(path.to_owned(), held);
    }

    fn unreadable(&mut self, path: &Path, error: &SourceError, place: &Place) {
        let message = format!("{} cannot be included: {error}", path.display());
        self.reader.error(place, message, error.remedy());
    }
}
