//! Headers of an HTTP check: names of the operator's choice, each with a value that may be a secret.

use director_core::definitions::{HeaderDefinition, HttpCheckDefinition, Placed};
use director_core::model::Secret;

use crate::loader::yaml::mapping::{Input, Key, Lens, Takes};
use crate::loader::yaml::node::{Content, Entry};
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::value::Value;

/// Headers by their names.
pub(super) struct Headers;

impl Lens<HttpCheckDefinition> for Headers {
    fn takes(key: &Key) -> Takes {
        Takes::Named(Box::new(Secret::takes(key)))
    }

    fn read(check: &mut HttpCheckDefinition, input: &Input<'_>, reader: &mut Reader) -> Option<()> {
        let Content::Mapping(entries) = &input.node.content else {
            let message = format!("headers must be a mapping, not {}", input.node.kind());
            let hint = format!("write {}", input.key.example());
            reader.error(&input.node.place, message, hint);
            return None;
        };
        let read = |entry: &Entry| {
            Some(HeaderDefinition {
                name: Placed::new(entry.key.clone(), entry.place.clone()),
                value: Value::read(&input.item(&entry.value), reader)?,
            })
        };
        check.headers = entries.iter().filter_map(read).collect();
        (check.headers.len() == entries.len()).then_some(())
    }

    fn print(check: &HttpCheckDefinition, _: &Key) -> Option<String> {
        let line = |header: &HeaderDefinition| {
            format!("{}: {}", header.name.value.print(), header.value.print())
        };
        let lines: Vec<String> = check.headers.iter().map(line).collect();
        (!lines.is_empty()).then(|| format!("{{{}}}", lines.join(", ")))
    }
}
