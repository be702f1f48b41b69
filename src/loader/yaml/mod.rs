//! The YAML dialect: text becomes definitions and findings. Text → [`tree`] of values with places → definitions, read by
//! the table of keys in [`shape`]. What values mean together is judged later, for both dialects alike.

mod address;
mod check;
mod dialogue;
mod duration;
mod emit;
mod emit_check;
mod judging;
mod node;
mod page;
mod reader;
mod schema;
mod service;
mod shape;
mod tree;

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::Definitions;
use director_core::diagnostic::{Diagnostic, Place};

pub use emit::emit;
pub use page::page;
use reader::Reader;
pub use schema::schema;

/// A time span as definitions have it, such as `1m30s`; none when the text is not one.
#[must_use]
pub fn duration(text: &str) -> Option<Duration> {
    duration::parse(text).ok()
}

/// Reads a file of the YAML dialect. There are definitions whenever the syntax can be read, so that their meaning can be
/// judged in the same run; whether they may be used depends on the findings.
pub(super) fn read(text: &str, file: &Arc<str>) -> (Option<Definitions>, Vec<Diagnostic>) {
    let (root, findings) = tree::parse(text, file);
    let mut reader = Reader { findings };
    let place = Place::whole_file(file);
    let Some(root) = root else {
        if reader.findings.is_empty() {
            let hint = format!("write {}", example_of_services());
            reader.error(&place, "the file defines nothing", hint);
        }
        return (None, reader.findings);
    };
    let Some(fields) = reader.fields(&root, &shape::FILE, &[]) else {
        return (None, reader.findings);
    };
    let resync = fields.get("director").and_then(|director| {
        let director = reader.fields(director, &shape::DIRECTOR, &[])?;
        reader.duration_of(&director, "resync")
    });
    let services = match fields.get("services") {
        Some(services) => reader.list(services, "services", &fields.example("services")),
        None => {
            let hint = format!(
                "write {}; an empty list is services: []",
                example_of_services()
            );
            reader.error(&place, "the file defines no services", hint);
            &[]
        }
    };
    let services = services
        .iter()
        .filter_map(|service| service::service(service, &mut reader))
        .collect();
    let definitions = Definitions {
        place,
        resync,
        services,
    };
    (Some(definitions), reader.findings)
}

fn example_of_services() -> String {
    let example = shape::FILE.key("services").map_or("[]", |key| key.example);
    format!("services: {example}")
}

#[cfg(test)]
mod tests;
