//! The keys that say how answers make a verdict: of a check, and of a service with several of them.

use director_core::definitions::{
    AgentDefinition, CheckDefinition, DampingDefinition, FreezeDefinition, JudgingDefinition,
    Placed, WeightFromDefinition, WeightSourceDefinition, WindowDefinition,
};
use director_core::model::{Combine, InitialHealth};

use super::address;
use super::check::{check, command};
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
        initial_health: reader.word_of(
            service,
            "initial_health",
            &[
                ("adopt", InitialHealth::Adopt),
                ("down", InitialHealth::Down),
                ("up", InitialHealth::Up),
            ],
        ),
        agent: agent(service, reader),
        weight_from: weight_from(service, reader),
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

/// `{port: 9707, every: 5s}`.
fn agent(service: &Fields<'_>, reader: &mut Reader) -> Option<Placed<AgentDefinition>> {
    let (node, inner) = mapping(service, "agent", &shape::AGENT, reader)?;
    if inner.get("port").is_none() {
        missing(&inner, "port", reader);
    }
    let port = reader.text_of(&inner, "port").map(|text| {
        let port = address::port_text(&text.value, &text.place, reader);
        Placed::new(port, text.place)
    });
    let (send, every, timeout) = (
        reader.text_of(&inner, "send"),
        reader.duration_of(&inner, "every"),
        reader.duration_of(&inner, "timeout"),
    );
    let agent = AgentDefinition {
        port: port?,
        send,
        every,
        timeout,
    };
    Some(Placed::new(agent, node.place.clone()))
}

/// `{file: "/run/weights/{rip}"}`, or `{command: [/usr/local/bin/weight, "{rip}"]}`.
fn weight_from(service: &Fields<'_>, reader: &mut Reader) -> Option<Placed<WeightFromDefinition>> {
    let (node, inner) = mapping(service, "weight_from", &shape::WEIGHT_SOURCE, reader)?;
    let file = reader.text_of(&inner, "file");
    let written = inner.get("command");
    let program = written.and_then(|node| command(node, &inner.example("command"), reader));
    let (every, timeout) = (
        reader.duration_of(&inner, "every"),
        reader.duration_of(&inner, "timeout"),
    );
    let source = match (file, written) {
        (Some(file), None) => WeightSourceDefinition::File(file),
        (None, Some(_)) => WeightSourceDefinition::Command(program?),
        (Some(_), Some(_)) | (None, None) => {
            let hint = format!("write {}", service.example("weight_from"));
            reader.error(
                &node.place,
                "weights come from either a file or a command",
                hint,
            );
            return None;
        }
    };
    let from = WeightFromDefinition {
        source,
        every,
        timeout,
    };
    Some(Placed::new(from, node.place.clone()))
}

/// `off`, or `{min_servers: 3, within: 1s, max_duration: 2m}`.
pub(super) fn freeze(
    director: &Fields<'_>,
    reader: &mut Reader,
) -> Option<Placed<FreezeDefinition>> {
    let node = director.get("freeze")?;
    if !matches!(node.content, Content::Mapping(_)) {
        let text = reader.text(node, &director.example("freeze"))?;
        let off = reader.word(&text, "freeze", &[("off", true)])?;
        let freeze = FreezeDefinition {
            off,
            ..FreezeDefinition::default()
        };
        return Some(Placed::new(freeze, text.place));
    }
    let inner = reader.fields(node, &shape::FREEZE, &[])?;
    let freeze = FreezeDefinition {
        off: false,
        within: reader.duration_of(&inner, "within"),
        servers: reader.number_of(&inner, "min_servers"),
        lasts: reader.duration_of(&inner, "max_duration"),
    };
    Some(Placed::new(freeze, node.place.clone()))
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
