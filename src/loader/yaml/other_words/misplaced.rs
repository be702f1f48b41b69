//! Keys of this format in the wrong mapping.

use super::super::keys::check::CHECK;
use super::super::keys::director::DIRECTOR;
use super::super::keys::file::FILE;
use super::super::keys::kinds;
use super::super::keys::server::REAL_SERVER;
use super::super::keys::service::SERVICE;
use super::super::mapping::Shape;
use super::super::node::{Content, Entry};
use super::tree::{Leaf, Tree, said};
use super::values::{truth, word_for};
use super::{Context, Instead, Says, kind, row_of, scalar};

/// Mappings below others, each with the way to it.
static BELOW: [(&str, &str, &'static dyn Shape); 5] = [
    ("defaults", "service", &SERVICE),
    ("defaults", "check", &CHECK),
    ("defaults", "real_server", &REAL_SERVER),
    ("file", "director", &DIRECTOR),
    ("service", "check", &CHECK),
];

/// Mappings that are not below this one: what to do with a key of theirs.
static ELSEWHERE: [(&str, &str, &'static dyn Shape); 10] = [
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
        "director",
        "it is a key of the top level of the file; move it there, beside director",
        &FILE,
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
        "it is a key of a check; move it to the check of the service, or of this server",
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

/// Where a key of this format belongs, below a mapping of this one.
pub(super) fn leaves(entry: &Entry, within: &str) -> Option<Vec<Leaf>> {
    let mut below = BELOW.iter().filter(|(above, _, _)| *above == within);
    let (_, name, _) = below.find(|(_, _, shape)| shape.has(&entry.key))?;
    if matches!(entry.value.content, Content::Nothing)
        && !kinds::names().any(|kind| kind == entry.key)
    {
        return None;
    }
    let mut tree = Tree::default();
    tree.absorb(
        &[(*name).to_owned(), entry.key.clone()],
        &entry.value,
        ("", ""),
    );
    Some(tree.leaves())
}

/// What to do with a key of a check that stands among the keys of its protocol, with all others that do.
pub(super) fn beside(
    entry: &Entry,
    siblings: &[Entry],
    shape: &dyn Shape,
    name: &str,
) -> Option<String> {
    let kind = match shape.keys().is_empty() {
        true => name,
        false => shape.name(),
    };
    if !kinds::names().any(|name| name == kind) {
        return None;
    }
    let foreign: Vec<&Entry> = siblings
        .iter()
        .filter(|other| !shape.has(&other.key) && row_of(&other.key, kind).is_none())
        .collect();
    let is_own = |leaf: &Leaf| {
        let root = leaf.path[0].as_str();
        !kinds::names().any(|name| name == root)
    };
    let meant = |entry: &Entry| -> Option<Vec<Leaf>> {
        if !foreign.iter().any(|other| other.place == entry.place) {
            return None;
        }
        if CHECK.has(&entry.key) && !kinds::names().any(|name| name == entry.key) {
            let mut tree = Tree::default();
            tree.absorb(std::slice::from_ref(&entry.key), &entry.value, ("", ""));
            return Some(tree.leaves());
        }
        let context = Context::new(std::slice::from_ref(entry), &CHECK);
        let leaves = context.meant(entry)?.ok()?;
        leaves.iter().all(is_own).then_some(leaves)
    };
    meant(entry)?;
    let (mut outside, mut whole) = (Tree::default(), Tree::default());
    let mut words = Vec::new();
    whole.add(Leaf {
        path: vec![kind.to_owned()],
        value: "{}".to_owned(),
        is_said: true,
    });
    for other in siblings {
        let path = [kind.to_owned(), other.key.clone()];
        let Some(leaves) = meant(other) else {
            whole.absorb(&path, &other.value, ("", ""));
            continue;
        };
        words.push(other.key.as_str());
        leaves.into_iter().for_each(|leaf| outside.add(leaf));
    }
    let text = outside.entries();
    for leaf in outside.leaves() {
        whole.add(leaf);
    }
    Some(format!(
        "write {text} beside {kind}, as in {{{}}}",
        whole.entries()
    ))
}

/// What to do with keys for TLS in a protocol that has another name within TLS.
pub(super) fn within_tls(entry: &Entry, siblings: &[Entry], shape: &dyn Shape) -> Option<String> {
    let tls = kind::with_tls(shape.name())?;
    let inside = kinds::shape(tls)?;
    let context = Context::new(siblings, inside);
    let is_needed = |entry: &Entry| {
        let says_no = scalar(&entry.value).and_then(truth) == Some(false);
        let is_word =
            row_of(&entry.key, shape.name()).is_none_or(|row| matches!(row.says, Says::Text(_)));
        let is_known = inside.has(&entry.key) || row_of(&entry.key, tls).is_some();
        !shape.has(&entry.key) && is_known && is_word && !says_no
    };
    if !is_needed(entry) {
        return None;
    }
    let mut tree = Tree::default();
    for other in siblings {
        if inside.has(&other.key) {
            let name = &other.key;
            match scalar(&other.value).and_then(|text| word_for(name, text)) {
                Some(text) => tree.add(said(vec![name.clone()], text)),
                None => tree.absorb(std::slice::from_ref(name), &other.value, ("", "")),
            }
        } else if is_needed(other)
            && let Some(Ok(leaves)) = context.meant(other)
        {
            leaves.into_iter().for_each(|leaf| tree.add(leaf));
        }
    }
    let whole = tree.entries();
    Some(format!(
        "write {tls}: {{{whole}}}; it replaces {}",
        shape.name()
    ))
}
