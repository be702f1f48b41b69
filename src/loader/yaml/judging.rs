//! The keys that say how answers make a verdict: of a check, and of a service with several of them.

use director_core::definitions::{
    CheckDefinition, DampingDefinition, JudgingDefinition, Placed, WindowDefinition,
};
use director_core::model::{Combine, FirstVerdict};

use super::check::check;
use super::node::{Content, Node};
use super::reader::{Fields, Reader};
use super::shape::{self, Shape};

/// The first check of a service and all that comes with it: `check: tcp`, or `checks: [tcp, http]`.
pub(super) fn checks(
    service: &Fields<'_>,
    reader: &mut Reader,
) -> (CheckDefinition, JudgingDefinition) {
    let mut checks = several(service, reader).into_iter();
    let first = checks.next().unwrap_or_default();
    let judging = JudgingDefinition {
        further_checks: checks.collect(),
        combine: reader.word_of(
            service,
            "combine",
            &[("all", Combine::All), ("any", Combine::Any)],
        ),
        before_first_verdict: reader.word_of(
            service,
            "before_first_verdict",
            &[
                ("adopt", FirstVerdict::Adopt),
                ("down", FirstVerdict::Down),
                ("up", FirstVerdict::Up),
            ],
        ),
    };
    (first, judging)
}

fn several(service: &Fields<'_>, reader: &mut Reader) -> Vec<CheckDefinition> {
    let single = service.get("check").map(|node| check(node, reader));
    let Some(node) = service.get("checks") else {
        return single.into_iter().collect();
    };
    if single.is_some() {
        let hint = "move check into the list of checks";
        reader.error(&node.place, "check and checks are both written", hint);
    }
    let example = service.example("checks");
    let items = reader.list(node, "checks", &example);
    if items.is_empty() && matches!(node.content, Content::List(_)) {
        let hint = format!("write {example}, or check: none");
        reader.error(&node.place, "the list of checks is empty", hint);
    }
    items.iter().map(|item| check(item, reader)).collect()
}

/// `{good: 3, of: 5}`.
pub(super) fn window(fields: &Fields<'_>, reader: &mut Reader) -> Option<Placed<WindowDefinition>> {
    let (node, inner) = mapping(fields, "window", &shape::WINDOW, reader)?;
    let good = needed(&inner, "good", reader);
    let of = needed(&inner, "of", reader);
    Some(Placed::new(
        WindowDefinition {
            good: good?,
            of: of?,
        },
        node.place.clone(),
    ))
}

/// `{half_life: 1m, hold_above: 3, release_below: 1}`.
pub(super) fn damping(
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> Option<Placed<DampingDefinition>> {
    let (node, inner) = mapping(fields, "damping", &shape::DAMPING, reader)?;
    if inner.get("half_life").is_none() {
        missing(&inner, "half_life", reader);
    }
    let half_life = reader.duration_of(&inner, "half_life");
    let hold_above = needed(&inner, "hold_above", reader);
    let release_below = needed(&inner, "release_below", reader);
    let written = DampingDefinition {
        half_life: half_life?.value,
        hold_above: hold_above?,
        release_below: release_below?,
    };
    Some(Placed::new(written, node.place.clone()))
}

fn mapping<'n>(
    fields: &Fields<'n>,
    key: &str,
    shape: &'static Shape,
    reader: &mut Reader,
) -> Option<(&'n Node, Fields<'n>)> {
    let node = fields.get(key)?;
    Some((node, reader.fields(node, shape, &[])?))
}

fn needed(fields: &Fields<'_>, key: &str, reader: &mut Reader) -> Option<u64> {
    if fields.get(key).is_none() {
        missing(fields, key, reader);
        return None;
    }
    reader.number_of(fields, key).map(|number| number.value)
}

fn missing(fields: &Fields<'_>, key: &str, reader: &mut Reader) {
    let hint = format!("write {}", fields.example(key));
    reader.error(fields.place, format!("{key} is missing"), hint);
}
