//! The YAML dialect: text becomes definitions and findings. Text → [`tree`] of values with places → definitions, read by
//! the tables of keys in [`keys`]. What values mean together is judged later, for both dialects alike.

mod address;
mod duration;
mod gather;
mod keys;
mod layers;
mod listens;
mod man_page;
mod mapping;
mod merge_keys;
mod near_addresses;
mod node;
mod other_words;
mod page;
mod placeholders;
mod print;
mod reader;
mod rows;
mod schema;
mod secrets;
mod servers;
mod shorten;
mod slips;
mod syntax;
mod tree;
mod unknown_keys;
mod value;
mod words;

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{
    Definitions, GuardDefinition, HookDefinition, Placed, ServiceDefinition,
};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::MarkRange;

use super::file_watch::Fingerprints;
use gather::Gathered;
use keys::director::{DIRECTOR, DirectorText, OnError};
use keys::file::FILE;
use keys::notify;
use layers::{Defaults, Library, of_file};
pub use man_page::man_page;
use node::{Content, Node};
pub use page::page;
pub use print::{Mails, Remarks, emit, emit_unchecked};
use reader::Reader;
pub use schema::schema;

/// A time span as definitions have it, such as `1m30s`; none when the text is not one.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    duration::parse(text).ok()
}

/// Whether a file may have this key.
pub(super) fn is_key(word: &str) -> bool {
    FILE.key(word).is_some()
}

/// What the files of the definitions say.
#[derive(Debug)]
pub(super) struct Outcome {
    /// There whenever the syntax can be read, so that their meaning can be judged in the same run; whether they may be used
    /// depends on the findings.
    pub(super) definitions: Option<Definitions>,
    /// The findings.
    pub(super) findings: Vec<Diagnostic>,
    /// The text of every file, by its name in places.
    pub(super) texts: BTreeMap<Arc<str>, Arc<str>>,
    /// Included files and directories whose change changes the definitions, with what they held.
    pub(super) watched: Fingerprints,
    /// Those of them that hold a secret and nothing else.
    pub(super) secret_files: BTreeSet<PathBuf>,
    /// Included files of which nothing could be read.
    pub(super) broken: BTreeSet<Arc<str>>,
    /// The services as they stand in the files.
    pub(super) blocks: Vec<Block>,
    /// What the file says about its own reading.
    pub(super) settings: FileSettings,
}

/// A service as it stands in a file, with what came of it.
#[derive(Debug, Clone)]
pub(super) struct Block {
    /// Its name, where it has one.
    pub(super) name: Option<String>,
    /// What to call it in messages.
    pub(super) shown: String,
    /// Where it begins.
    pub(super) place: Place,
    /// Its virtual services among those of the definitions.
    pub(super) services: Range<usize>,
    /// What was found while it was read.
    pub(super) findings: Vec<Diagnostic>,
}

/// What a file says about how it is to be read, and about the daemon itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSettings {
    /// A change of the files is a reason to read them again.
    pub reload_on_change: bool,
    /// A broken service disables itself only.
    pub isolate: bool,
    /// How often names are resolved again whose answers do not say how long they hold; none when they never are.
    pub resolve_every: Option<Duration>,
    /// The TCP address at which metrics can be read.
    pub metrics: Option<SocketAddr>,
    /// The TCP address of the other director of a pair.
    pub peer: Option<SocketAddr>,
}

impl FileSettings {
    /// For files that say nothing about it.
    pub(super) const NONE: Self = Self {
        reload_on_change: false,
        isolate: false,
        resolve_every: None,
        metrics: None,
        peer: None,
    };
}

/// How often names are resolved again when nothing says how long an answer holds.
const RESOLVE_EVERY: Duration = Duration::from_secs(60);

/// Reads a file of the YAML dialect, and those that it includes.
pub(super) fn read(text: &str, file: &Arc<str>) -> Outcome {
    let mut reader = Reader::default();
    let gathered = gather::gather(text, file, &mut reader);
    let mut outcome = Outcome {
        definitions: None,
        findings: Vec::new(),
        texts: BTreeMap::new(),
        watched: Fingerprints::new(),
        secret_files: BTreeSet::new(),
        broken: BTreeSet::new(),
        blocks: Vec::new(),
        settings: FileSettings {
            resolve_every: Some(RESOLVE_EVERY),
            ..FileSettings::NONE
        },
    };
    outcome.definitions = definitions(&gathered, file, &mut reader, &mut outcome);
    let secrets = reader.secret_files.held;
    Outcome {
        findings: reader.findings,
        texts: gathered.texts,
        secret_files: secrets.keys().cloned().collect(),
        watched: gathered.watched.into_iter().chain(secrets).collect(),
        broken: gathered.broken,
        ..outcome
    }
}

fn definitions(
    gathered: &Gathered,
    file: &Arc<str>,
    reader: &mut Reader,
    outcome: &mut Outcome,
) -> Option<Definitions> {
    let place = Place::whole_file(file);
    let example = FILE
        .key("services")
        .map_or_else(String::new, |key| key.example());
    let Some(first) = gathered.parts.first() else {
        if reader.findings.is_empty() {
            reader.error(&place, "the file is empty", format!("write {example}"));
        }
        return None;
    };
    let has = |key| unknown_keys::says(&first.entries, key, &FILE);
    if first.get("services").is_none() && !has("include") && !has("services") {
        let hint = format!("write {example}; an empty list is services: []");
        reader.error(&place, "the file defines no services", hint);
    }
    let mut definitions = match first.get("director") {
        Some(node) => director(node, reader, &mut outcome.settings),
        None => Definitions::empty(),
    };
    let usual = MarkRange::USUAL;
    let usual = (u64::from(usual.first), u64::from(usual.last));
    let marks = definitions.probe_marks.take();
    definitions.probe_marks = marks.or(Some(Placed::new(usual, place.clone())));
    let guard = definitions.guard.take();
    // A file that says nothing has the limits that are usual here.
    definitions.guard = guard.or(Some(GuardDefinition::Limits {
        place: place.clone(),
        servers: None,
        services: None,
        connections: None,
    }));
    definitions.place = place;
    definitions.notify = hooks(first.get("notify"), reader);
    reader.library = Library::of(&gathered.parts, reader).into();
    Rc::clone(&reader.library).try_out(reader);
    for part in &gathered.parts {
        Defaults::of(part, reader);
        for node in part
            .get("services")
            .map_or(&[][..], |node| items("services", node, reader))
        {
            if reader.overflow().is_some() {
                break;
            }
            let block = block(node, &mut definitions.services, reader);
            outcome.blocks.push(block);
        }
    }
    // What was not read must not be taken for what is not there.
    if let Some((message, hint)) = reader.overflow() {
        let finding = Diagnostic::error(&definitions.place, message).hint(hint);
        reader.findings.push(finding);
        return None;
    }
    Some(definitions)
}

fn director(node: &Node, reader: &mut Reader, settings: &mut FileSettings) -> Definitions {
    let text = DIRECTOR.read(&of_file("director", node), reader);
    let text = text.unwrap_or_else(|| DirectorText::of(Definitions::empty()));
    settings.reload_on_change = text.reload_on_change.is_some_and(|reload| reload.value);
    settings.isolate = text
        .on_error
        .is_some_and(|word| word.value == OnError::Isolate);
    settings.metrics = text.metrics;
    settings.peer = text.peer;
    if let Some(every) = text.resolve_every {
        if every.value.is_zero() {
            let message = "resolve.every must be above zero";
            reader.error(&every.place, message, "write a duration such as 1m");
        }
        settings.resolve_every = Some(every.value);
    }
    text.definitions
}

fn items<'n>(key: &str, node: &'n Node, reader: &mut Reader) -> &'n [Node] {
    reader.list(&of_file(key, node)).unwrap_or_default()
}

fn hooks(node: Option<&Node>, reader: &mut Reader) -> Vec<HookDefinition> {
    let Some(node) = node else {
        return Vec::new();
    };
    let items = items("notify", node, reader).iter();
    items
        .filter_map(|item| notify::hook(&of_file("notify", item), reader))
        .collect()
}

/// Reads a service as it stands in a file.
fn block(node: &Node, services: &mut Vec<ServiceDefinition>, reader: &mut Reader) -> Block {
    let before = reader.findings.len();
    let first = services.len();
    reader.bare_ipv6.clear();
    if let Some(read) = layers::service(node, reader) {
        services.extend(listens::services(read, reader));
    }
    let name = text_of(node, "name");
    let shown = match (&name, text_of(node, "listen")) {
        (Some(name), _) => format!("service {name}"),
        (None, Some(listen)) => format!("service {listen}"),
        (None, None) => "a service".to_owned(),
    };
    Block {
        name,
        shown,
        place: node.place.clone(),
        services: first..services.len(),
        findings: reader.findings[before..].to_vec(),
    }
}

/// The text of a service's own key; of a list its first.
fn text_of(node: &Node, key: &str) -> Option<String> {
    let value = node.get(key)?;
    let value = match &value.content {
        Content::List(items) => items.first()?,
        _ => value,
    };
    value.scalar().map(|scalar| scalar.text.clone())
}

#[cfg(test)]
mod compose_tests;
#[cfg(test)]
mod followed_tests;
#[cfg(test)]
mod tests;
