//! The YAML dialect: text becomes definitions and findings. Text → [`tree`] of values with places → definitions, read by
//! the table of keys in [`shape`]. What values mean together is judged later, for both dialects alike.

mod address;
mod check;
mod compose;
mod dialogue;
mod duration;
mod emit;
mod emit_check;
mod emit_recovery;
mod gather;
mod host;
mod include;
mod judging;
mod listens;
mod named;
mod node;
mod notify;
mod page;
mod reader;
mod recovery;
mod schema;
mod service;
mod shape;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{Definitions, Placed};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::MarkRange;

use super::file_watch::Fingerprints;
pub use emit::emit;
use gather::Gathered;
use node::Content;
pub use page::page;
use reader::{Fields, Reader};
pub use schema::schema;

/// A time span as definitions have it, such as `1m30s`; none when the text is not one.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    duration::parse(text).ok()
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

/// What a file says about how it is to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct FileSettings {
    /// A change of the files is a reason to read them again.
    pub reload_on_change: bool,
    /// A broken service disables itself only.
    pub isolate: bool,
    /// How often names are resolved again whose answers do not say how long they hold; none when they never are.
    pub resolve_every: Option<Duration>,
}

impl FileSettings {
    /// For files that say nothing about it.
    pub(super) const NONE: Self = Self {
        reload_on_change: false,
        isolate: false,
        resolve_every: None,
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
        broken: BTreeSet::new(),
        blocks: Vec::new(),
        settings: FileSettings {
            resolve_every: Some(RESOLVE_EVERY),
            ..FileSettings::NONE
        },
    };
    outcome.definitions = definitions(&gathered, file, &mut reader, &mut outcome);
    Outcome {
        findings: reader.findings,
        texts: gathered.texts,
        watched: gathered.watched,
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
    let Some(first) = gathered.parts.first() else {
        if reader.findings.is_empty() {
            let hint = format!("write {}", example_of_services());
            reader.error(&place, "the file defines nothing", hint);
        }
        return None;
    };
    let value = |key: &str| {
        let entry = first.entries.iter().find(|entry| entry.key == key);
        entry.map(|entry| &entry.value)
    };
    if value("services").is_none() && value("include").is_none() {
        let hint = format!(
            "write {}; an empty list is services: []",
            example_of_services()
        );
        reader.error(&place, "the file defines no services", hint);
    }
    let director = value("director")
        .filter(|director| !matches!(director.content, Content::Nothing))
        .and_then(|director| reader.fields(director, &shape::DIRECTOR, &[]));
    let director = director.as_ref();
    if let Some(director) = director {
        settings(director, reader, &mut outcome.settings);
    }
    let resync = director.and_then(|director| reader.duration_of(director, "resync"));
    let probe_marks = director.and_then(|director| marks(director, reader));
    let guard = recovery::guard(director, reader, &place);
    let notify = notify::hooks(value("notify"), reader);
    let freeze = director.and_then(|director| judging::freeze(director, reader));
    let host = director
        .map(|director| host::host(director, reader))
        .unwrap_or_default();
    let mut services = Vec::new();
    for composed in compose::compose(gathered, reader) {
        let before = reader.findings.len();
        let first = services.len();
        services.extend(listens::services(&composed.node, reader));
        let mut findings = composed.findings;
        findings.extend_from_slice(&reader.findings[before..]);
        outcome.blocks.push(Block {
            name: composed.name,
            shown: composed.shown,
            place: composed.node.place.clone(),
            services: first..services.len(),
            findings,
        });
    }
    Some(Definitions {
        probe_marks: Some(probe_marks.unwrap_or_else(|| {
            let usual = MarkRange::USUAL;
            Placed::new(
                (u64::from(usual.first), u64::from(usual.last)),
                place.clone(),
            )
        })),
        place,
        resync,
        guard: Some(guard),
        notify,
        freeze,
        host,
        services,
        ..Definitions::empty()
    })
}

fn settings(director: &Fields<'_>, reader: &mut Reader, settings: &mut FileSettings) {
    if let Some(reload) = reader.truth_of(director, "reload_on_change") {
        settings.reload_on_change = reload.value;
    }
    let choices = [("refuse", false), ("isolate", true)];
    if let Some(isolate) = reader.word_of(director, "on_error", &choices) {
        settings.isolate = isolate.value;
    }
    if let Some(resolve) = director.get("resolve")
        && let Some(resolve) = reader.fields(resolve, &shape::RESOLVE, &[])
        && let Some(every) = reader.duration_of(&resolve, "every")
    {
        if every.value.is_zero() {
            let message = "the time between two lookups must be above zero";
            reader.error(&every.place, message, "write a time such as 1m");
        }
        settings.resolve_every = Some(every.value);
    }
}

/// `1230000000-1230009999`.
fn marks(director: &Fields<'_>, reader: &mut Reader) -> Option<Placed<(u64, u64)>> {
    let text = reader.text_of(director, "probe_fwmarks")?;
    let ends = text.value.split_once('-');
    let range = ends
        .and_then(|(first, last)| Some((first.trim().parse().ok()?, last.trim().parse().ok()?)));
    if range.is_none() {
        let message = format!("{:?} is not a range of firewall marks", text.value);
        let hint = format!("write {}", director.example("probe_fwmarks"));
        reader.error(&text.place, message, hint);
    }
    range.map(|range| Placed::new(range, text.place))
}

fn example_of_services() -> String {
    let example = shape::FILE.key("services").map_or("[]", |key| key.example);
    format!("services: {example}")
}

#[cfg(test)]
mod tests;
