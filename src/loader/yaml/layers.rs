//! What a value of a file may refer to or be completed by: named checks, groups of real servers, defaults. A value is read
//! layer by layer, the nearest first, and a layer fills only what is still open, so that each part keeps the place where it
//! was written and each fault is reported where it stands.

use std::collections::BTreeMap;
use std::rc::Rc;

use director_core::definitions::CheckDefinition;
use director_core::diagnostic::{Place, nearest};

use super::gather::Part;
use super::keys::check::{CHECK, CheckText};
use super::keys::file::{DEFAULTS, FILE};
use super::keys::kinds;
use super::keys::server::REAL_SERVER;
use super::keys::service::{SERVICE, ServiceText};
use super::mapping::{Draft, Input, Mapping, Shape};
use super::node::{Content, Entry, Node};
use super::other_words;
use super::reader::Reader;
use super::servers::Servers;

/// What has a name, in all files together.
#[derive(Debug, Default)]
pub(super) struct Library {
    checks: BTreeMap<String, Entry>,
    pub(super) groups: BTreeMap<String, Entry>,
}

impl Library {
    /// The named checks and groups of all files.
    pub(super) fn of(parts: &[Part], reader: &mut Reader) -> Self {
        let mut library = Self::default();
        for entry in parts.iter().flat_map(|part| &part.entries) {
            match entry.key.as_str() {
                "checks" => collect(&mut library.checks, entry, "check", reader),
                "groups" => collect(&mut library.groups, entry, "group", reader),
                _ => {}
            }
        }
        for entry in library.checks.values() {
            if kinds::names().any(|kind| kind == entry.key) {
                let message = format!(
                    "{} is a protocol and cannot be the name of a check",
                    entry.key
                );
                reader.error(&entry.place, message, "write another name");
            }
        }
        library
    }

    /// Reads everything that has a name, so that its faults are found even where nothing uses it.
    pub(super) fn try_out(&self, reader: &mut Reader) {
        for (name, entry) in &self.checks {
            let mut draft = CHECK.draft(&entry.place);
            fill_check(
                &mut draft,
                &of_file("checks", &entry.value),
                &mut vec![name.clone()],
                reader,
            );
            draft.value.definition(reader);
        }
        for (name, entry) in &self.groups {
            let mut servers = Servers::new(false, reader);
            servers.path.push(name.clone());
            servers.list(&of_file("groups", &entry.value), &[], reader);
        }
    }
}

fn collect(into: &mut BTreeMap<String, Entry>, section: &Entry, what: &str, reader: &mut Reader) {
    let Content::Mapping(entries) = &section.value.content else {
        if !matches!(section.value.content, Content::Nothing) {
            let kind = section.value.kind();
            let message = format!("{} must be a mapping from names, not {kind}", section.key);
            reader.error(
                &section.value.place,
                message,
                format!("write one {what} for each name"),
            );
        }
        return;
    };
    for entry in entries {
        if let Some(first) = into.get(&entry.key) {
            let name = &entry.key;
            let message = format!(
                "{what} {name} is defined twice; the first is at {}",
                first.place
            );
            reader.error(&entry.place, message, "rename one of the two");
        } else {
            into.insert(entry.key.clone(), entry.clone());
        }
    }
}

/// A value by a key of the whole file.
pub(super) fn of_file<'n>(key: &str, node: &'n Node) -> Input<'n> {
    // The first key stands for one that the table has not, which a test would find.
    let key = FILE.key(key).unwrap_or(&FILE.rows[0].key);
    let place = &node.place;
    Input { key, place, node }
}

/// What applies in a file where nothing is said, the nearest first.
#[derive(Debug, Default)]
pub(super) struct Defaults {
    service: Vec<Node>,
    check: Vec<Node>,
    pub(super) real_server: Vec<Node>,
}

/// Keys that no two can share, and so have no default.
const OF_SERVICE: &[&str] = &["name", "listen"];
const OF_CHECK: &[&str] = &["use", "name"];
pub(super) const OF_SERVER: &[&str] = &["address", "group", "srv", "from"];

impl Defaults {
    /// The defaults of a file. Everything in them is read, so that its faults are found even where nothing uses it.
    pub(super) fn of(part: &Part, reader: &mut Reader) -> Rc<Self> {
        let mut all = Self::default();
        for node in &part.defaults {
            DEFAULTS.read(&of_file("defaults", node), reader);
            for (key, into, refused) in [
                ("service", &mut all.service, OF_SERVICE),
                ("check", &mut all.check, OF_CHECK),
                ("real_server", &mut all.real_server, OF_SERVER),
            ] {
                let Some(node) = node.get(key) else { continue };
                for key in refused.iter().filter_map(|key| node.entry(key)) {
                    let message = format!("`{}` cannot be set in `defaults`", key.key);
                    reader.error(&key.place, message, "set it where it applies");
                }
                into.push(node.clone());
            }
            all.service.extend(misplaced(node));
        }
        let all = Rc::new(all);
        reader.defaults = Rc::clone(&all);
        let mut service = SERVICE.draft(&part.place);
        fill(&SERVICE, &mut service, &all.service, OF_SERVICE, reader);
        both_checks(&service, None, reader);
        let mut server = REAL_SERVER.draft(&part.place);
        fill(
            &REAL_SERVER,
            &mut server,
            &all.real_server,
            OF_SERVER,
            reader,
        );
        check(None, true, &part.place, reader);
        all
    }
}

/// Keys of a service beside `service`: each is reported, and counts, so that nothing says that it is missing.
fn misplaced(node: &Node) -> Option<Node> {
    let Content::Mapping(entries) = &node.content else {
        return None;
    };
    let own = entries.iter().filter(|entry| {
        SERVICE.has(&entry.key) && !DEFAULTS.has(&entry.key) && !OF_SERVICE.contains(&&*entry.key)
    });
    let own: Vec<Entry> = own.cloned().collect();
    (!own.is_empty()).then(|| Node {
        place: node.place.clone(),
        content: Content::Mapping(own),
    })
}

pub(super) fn fill<T>(
    mapping: &'static Mapping<T>,
    draft: &mut Draft<T>,
    layers: &[Node],
    skipped: &[&str],
    reader: &mut Reader,
) {
    for layer in layers {
        mapping.fill(draft, &of_file("defaults", layer), skipped, reader);
    }
}

/// A service as it is meant, as far as it can be read.
pub(super) fn service(node: &Node, reader: &mut Reader) -> Option<ServiceText> {
    let mut draft = SERVICE.draft(&node.place);
    if !SERVICE.fill(&mut draft, &of_file("services", node), &[], reader) {
        return None;
    }
    both_checks(&draft, Some(node), reader);
    // One check and several are two ways to say the same, so the nearer of them counts.
    let has_check = |draft: &Draft<ServiceText>| {
        ["check", "checks"]
            .iter()
            .any(|key| SERVICE.is_written(draft, key))
    };
    if has_check(&draft) {
        SERVICE.close(&mut draft, &["check", "checks"]);
    }
    let defaults = Rc::clone(&reader.defaults);
    defaults.service.iter().for_each(|node| reader.copies(node));
    fill(&SERVICE, &mut draft, &defaults.service, OF_SERVICE, reader);
    if !has_check(&draft) {
        draft.value.service.check = check(None, true, &node.place, reader);
    }
    SERVICE.is_complete(&draft, &node.place, reader);
    Some(draft.value)
}

fn both_checks(draft: &Draft<ServiceText>, node: Option<&Node>, reader: &mut Reader) {
    if ["check", "checks"]
        .iter()
        .all(|key| SERVICE.is_written(draft, key))
    {
        let place = node
            .and_then(|node| node.get("checks"))
            .map(|node| &node.place);
        let place = place.unwrap_or(&draft.value.service.place).clone();
        let message = "check and checks are both set";
        reader.error(&place, message, "move check into the list of checks");
    }
}

/// A check as it is meant: with all that it starts from, and the defaults of checks where they apply.
pub(super) fn check(
    input: Option<&Input<'_>>,
    with_defaults: bool,
    place: &Place,
    reader: &mut Reader,
) -> CheckDefinition {
    let mut draft = CHECK.draft(place);
    if let Some(input) = input {
        fill_check(&mut draft, input, &mut Vec::new(), reader);
    }
    let defaults = Rc::clone(&reader.defaults);
    for layer in defaults.check.iter().filter(|_| with_defaults) {
        draft.value.layer += 1;
        reader.copies(layer);
        CHECK.fill(&mut draft, &of_file("defaults", layer), OF_CHECK, reader);
    }
    draft.value.definition(reader)
}

/// A list of checks, at least one.
pub(super) fn checks(input: &Input<'_>, reader: &mut Reader) -> Option<Vec<CheckDefinition>> {
    let items = reader.list(input)?;
    if items.is_empty() {
        let hint = format!("write {}, or check: none", input.key.example());
        reader.error(&input.node.place, "the list of checks is empty", hint);
    }
    let items = items.iter();
    let checks = items.map(|item| check(Some(&input.item(item)), true, &item.place, reader));
    Some(checks.collect())
}

fn fill_check(
    draft: &mut Draft<CheckText>,
    input: &Input<'_>,
    path: &mut Vec<String>,
    reader: &mut Reader,
) {
    draft.value.layer += 1;
    if let Content::Scalar(scalar) = &input.node.content {
        let name = &scalar.text;
        match kinds::names().any(|kind| kind == name) {
            true => {
                let node = alone(name, &input.node.place);
                CHECK.fill(draft, &input.item(&node), &[], reader);
            }
            false => named_check(draft, input, true, path, reader),
        }
        return;
    }
    CHECK.fill(draft, input, &[], reader);
    if let Some(start) = input.node.get("use") {
        named_check(draft, &input.item(start), false, path, reader);
    }
}

/// A check by its kind alone, in its long form.
fn alone(kind: &str, place: &Place) -> Node {
    let at = |content| Node {
        place: place.clone(),
        content,
    };
    at(Content::Mapping(vec![Entry {
        key: kind.to_owned(),
        place: place.clone(),
        value: at(Content::Nothing),
    }]))
}

fn named_check(
    draft: &mut Draft<CheckText>,
    input: &Input<'_>,
    may_be_kind: bool,
    path: &mut Vec<String>,
    reader: &mut Reader,
) {
    let Some(name) = reader.text(input) else {
        return;
    };
    let place = &input.node.place;
    let library = Rc::clone(&reader.library);
    let Some(entry) = library.checks.get(name) else {
        let mut known: Vec<&str> = library.checks.keys().map(String::as_str).collect();
        for kind in kinds::names().filter(|_| may_be_kind) {
            known.push(kind);
        }
        let near = nearest(name, known);
        let meant = other_words::check(name).filter(|_| may_be_kind);
        let hint = match (meant, near) {
            (Some(meant), _) => format!("write {meant}"),
            (None, Some(near)) => did_you_mean(near),
            (None, None) if may_be_kind => {
                let kinds: Vec<&str> = kinds::names().collect();
                format!(
                    "write one of {}, or define it under checks",
                    kinds.join(", ")
                )
            }
            (None, None) => {
                "define it under checks, in this file or in one that belongs to it".to_owned()
            }
        };
        let message = format!("unknown check {name:?}");
        reader.error(place, message, hint);
        return;
    };
    if path.iter().any(|known| known == name) {
        let message = format!("check {name} uses itself");
        reader.error(place, message, "use another check, or none");
        return;
    }
    path.push(name.to_owned());
    reader.copies(&entry.value);
    fill_check(draft, &of_file("checks", &entry.value), path, reader);
    path.pop();
}

pub(super) fn did_you_mean(near: &str) -> String {
    format!("did you mean {near}?")
}
