//! The keys of a check that say how answers make a verdict.

use director_core::definitions::{DampingDefinition, Placed, WindowDefinition};

use super::node::Node;
use super::reader::{Fields, Reader};
use super::shape::{self, Shape};

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
