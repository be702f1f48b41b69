//! The YAML dialect: text becomes definitions and findings. Text → [`tree`] of values with places → definitions, read by
//! the table of keys in [`shape`]. What values mean together is judged later, for both dialects alike.

mod address;
mod check;
mod compose;
mod dialogue;
mod duration;
mod emit;
mod emit_check;
mod gather;
mod include;
mod judging;
mod listens;
mod named;
mod node;
mod page;
mod reader;
mod schema;
mod service;
mod shape;
mod tree;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::Definitions;
use director_core::diagnostic::{Diagnostic, Place};

pub use emit::emit;
use gather::Gathered;
use node::Content;
pub use page::page;
use reader::Reader;
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
    /// Files and directories whose change changes the definitions.
    pub(super) watched: BTreeSet<PathBuf>,
}

/// Reads a file of the YAML dialect, and those that it includes.
pub(super) fn read(text: &str, file: &Arc<str>) -> Outcome {
    let mut reader = Reader::default();
    let gathered = gather::gather(text, file, &mut reader);
    let definitions = definitions(&gathered, file, &mut reader);
    Outcome {
        definitions,
        findings: reader.findings,
        texts: gathered.texts,
        watched: gathered.watched,
    }
}

fn definitions(gathered: &Gathered, file: &Arc<str>, reader: &mut Reader) -> Option<Definitions> {
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
    let resync = value("director")
        .filter(|director| !matches!(director.content, Content::Nothing))
        .and_then(|director| {
            let director = reader.fields(director, &shape::DIRECTOR, &[])?;
            reader.duration_of(&director, "resync")
        });
    let services = compose::compose(gathered, reader);
    let services = services
        .iter()
        .flat_map(|service| listens::services(&service.node, reader))
        .collect();
    Some(Definitions {
        place,
        resync,
        services,
    })
}

fn example_of_services() -> String {
    let example = shape::FILE.key("services").map_or("[]", |key| key.example);
    format!("services: {example}")
}

#[cfg(test)]
mod tests;
