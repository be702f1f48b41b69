//! Keys of this format in the wrong mapping.

use super::super::keys::check::CHECK;
use super::super::keys::director::DIRECTOR;
use super::super::keys::file::{DEFAULTS, FILE};
use super::super::keys::kinds;
use super::super::keys::server::REAL_SERVER;
use super::super::keys::service::SERVICE;
use super::super::mapping::Shape;
use super::super::node::{Content, Entry};
use super::Instead;

/// Mappings below others, each with the way to it.
static BELOW: [(&str, &str, &'static dyn Shape); 5] = [
    ("defaults", "service", &SERVICE),
    ("defaults", "check", &CHECK),
    ("defaults", "real_server", &REAL_SERVER),
    ("file", "director", &DIRECTOR),
    ("service", "check", &CHECK),
];

/// Mappings that are not below this one: what to do with a key of theirs.
static ELSEWHERE: [(&str, &str, &'static dyn Shape); 9] = [
    (
        "file",
        "it is a key of a service; indent it below the service that it belongs to",
        &SERVICE,
    ),
    (
        "file",
        "it is a key of a check; move it to the check of a service",
        &CHECK,
    ),
    (
        "director",
        "it is a key of a service; move it to the service, or to defaults: {service: …}",
        &SERVICE,
    ),
    (
        "director",
        "it is a key of a check; move it to the check of a service",
        &CHECK,
    ),
    (
        "check",
        "it is a key of the service; move it there",
        &SERVICE,
    ),
    (
        "service",
        "it is a key of the director section; move it there",
        &DIRECTOR,
    ),
    (
        "service",
        "it is a key of a real server; write each as in real_servers: [{address: 10.0.0.11:80, weight: 3}]",
        &REAL_SERVER,
    ),
    (
        "real_server",
        "it is a key of the service; move it there",
        &SERVICE,
    ),
    (
        "real_server",
        "it is a key of a check; move it to the check of the service",
        &CHECK,
    ),
];

/// What to do with a key that belongs neither here nor below.
pub(super) fn elsewhere(entry: &Entry, within: &str) -> Option<Instead> {
    let mut known = ELSEWHERE.iter().filter(|(here, _, _)| *here == within);
    let (_, text, _) = known.find(|(_, _, shape)| shape.has(&entry.key))?;
    Some(Instead {
        hint: (*text).to_owned(),
        // A file with such keys has a service, though in the wrong place.
        stands_for: (within == "file").then(|| "services".to_owned()),
    })
}

/// A key of a check that stands among the keys of its protocol.
fn beside_the_kind(entry: &Entry, siblings: &[Entry], kind: &str) -> Option<String> {
    let (misplaced, own): (Vec<&Entry>, Vec<&Entry>) = siblings
        .iter()
        .partition(|other| CHECK.has(&other.key) && !kinds::has(kind, &other.key));
    let text = |entries: Vec<&Entry>| -> Option<String> {
        let texts: Option<Vec<String>> = entries
            .into_iter()
            .map(|entry| Some(format!("{}: {}", entry.key, value(entry)?)))
            .collect();
        Some(texts?.join(", "))
    };
    let (own, misplaced) = (text(own)?, text(misplaced)?);
    Some(format!(
        "{} belongs beside {kind}: check: {{{kind}: {{{own}}}, {misplaced}}}",
        entry.key
    ))
}

/// The value of a key, with its unit where a time has none.
fn value(entry: &Entry) -> Option<String> {
    let text = entry.value.flow()?;
    let is_time = entry.key == "timeout" || entry.key.starts_with("every");
    let is_bare = is_time && text.bytes().all(|byte| byte.is_ascii_digit());
    Some(if is_bare { format!("{text}s") } else { text })
}

/// Where a key belongs, with all others that belong there.
pub(super) fn hint(entry: &Entry, siblings: &[Entry], within: &str) -> Option<String> {
    if kinds::names().any(|kind| kind == within) && CHECK.has(&entry.key) {
        return beside_the_kind(entry, siblings, within);
    }
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
        .map(|other| Some(format!("{}: {}", other.key, value(other)?)))
        .collect::<Option<_>>()?;
    let entries = match entries.is_empty() {
        true => format!("{}: {}", entry.key, value(entry)?),
        false => entries.join(", "),
    };
    let place = siblings.iter().find(|other| other.key == *name);
    Some(match place.map(|entry| &entry.value.content) {
        None | Some(Content::Nothing) => format!("write {name}: {{{entries}}}"),
        Some(Content::Scalar(scalar)) if *name == "check" => {
            format!(
                "write check: {{{}: {{}}, {entries}}}; it replaces check",
                scalar.text
            )
        }
        Some(_) => format!("write {entries}; it belongs in {name}"),
    })
}
