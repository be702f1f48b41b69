//! Keys of this format in the wrong mapping.

use super::super::keys::check::CHECK;
use super::super::keys::director::DIRECTOR;
use super::super::keys::file::{DEFAULTS, FILE};
use super::super::keys::server::REAL_SERVER;
use super::super::keys::service::SERVICE;
use super::super::mapping::Shape;
use super::super::node::{Content, Entry};

/// Mappings below others, each with the way to it.
static BELOW: [(&str, &str, &'static dyn Shape); 5] = [
    ("defaults", "service", &SERVICE),
    ("defaults", "check", &CHECK),
    ("defaults", "real_server", &REAL_SERVER),
    ("file", "director", &DIRECTOR),
    ("service", "check", &CHECK),
];

/// Where a key belongs, with all others that belong there.
pub(super) fn hint(entry: &Entry, siblings: &[Entry], within: &str) -> Option<String> {
    let own: &dyn Shape = match within {
        "defaults" => &DEFAULTS,
        "file" => &FILE,
        "service" => &SERVICE,
        _ => return None,
    };
    let below = |key: &str| {
        let mut below = BELOW.iter().filter(|(above, _, _)| *above == within);
        below.find(|(_, _, shape)| shape.has(key))
    };
    let (_, name, _) = below(&entry.key)?;
    let others = siblings.iter().filter(|other| {
        !own.has(&other.key) && below(&other.key).is_some_and(|(_, other, _)| other == name)
    });
    let entries: Vec<String> = others
        .map(|other| Some(format!("{}: {}", other.key, other.value.flow()?)))
        .collect::<Option<_>>()?;
    let entries = match entries.is_empty() {
        true => format!("{}: {}", entry.key, entry.value.flow()?),
        false => entries.join(", "),
    };
    let place = siblings.iter().find(|other| other.key == *name);
    Some(match place.map(|entry| &entry.value.content) {
        None => format!("write {name}: {{{entries}}}"),
        Some(Content::Scalar(scalar)) if *name == "check" => {
            format!(
                "write check: {{{}: {{}}, {entries}}}; it replaces check",
                scalar.text
            )
        }
        Some(_) => format!("write {entries}; it belongs into {name}"),
    })
}
