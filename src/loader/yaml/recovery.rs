//! What happens on failure and return, and what is too much at once.

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, DrainDefinition, FallbackPoolDefinition, GuardDefinition,
    MinimumDefinition, Placed, RealServerDefinition, RecoveryDefinition, SlowStartDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{BelowMinimum, Quantity, Then};

use super::node::Content;
use super::reader::{Fields, Reader};
use super::{check, service, shape};

/// What a service wants, and its single fallback.
pub(super) fn recovery(
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> (RecoveryDefinition, Option<RealServerDefinition>) {
    let (fallback, fallback_pool) = fallback(fields, reader);
    let recovery = RecoveryDefinition {
        drain: drain(fields, reader),
        slow_start: slow_start(fields, reader),
        minimum_healthy: minimum(fields, reader),
        fallback_pool,
    };
    (recovery, fallback)
}

/// `10m`, or `{timeout: 10m, then: keep}`.
fn drain(fields: &Fields<'_>, reader: &mut Reader) -> Option<DrainDefinition> {
    let node = fields.get("drain")?;
    let place = node.place.clone();
    if !matches!(node.content, Content::Mapping(_)) {
        return Some(DrainDefinition {
            place,
            timeout: Some(reader.duration_of(fields, "drain")?),
            then: None,
        });
    }
    let inner = reader.fields(node, &shape::DRAIN, &[])?;
    let ends = [("remove", Then::Remove), ("keep", Then::Keep)];
    Some(DrainDefinition {
        place,
        timeout: reader.duration_of(&inner, "timeout"),
        then: reader.word_of(&inner, "then", &ends),
    })
}

/// `60s`, or `{window: 60s, aggression: 1.5, from: 10%}`.
fn slow_start(fields: &Fields<'_>, reader: &mut Reader) -> Option<SlowStartDefinition> {
    let node = fields.get("slow_start")?;
    let place = node.place.clone();
    if !matches!(node.content, Content::Mapping(_)) {
        return Some(SlowStartDefinition {
            place,
            window: Some(reader.duration_of(fields, "slow_start")?),
            aggression: None,
            from: None,
        });
    }
    let inner = reader.fields(node, &shape::SLOW_START, &[])?;
    let from = quantity_of(&inner, "from", reader);
    let from = from.and_then(|from| match from.value {
        Quantity::Percent(percent) => Some(Placed::new(percent, from.place)),
        Quantity::Number(number) => {
            let message = format!("from {number} is no share");
            reader.error(&from.place, message, format!("write {number}%"));
            None
        }
    });
    Some(SlowStartDefinition {
        place,
        window: reader.duration_of(&inner, "window"),
        aggression: reader.text_of(&inner, "aggression"),
        from,
    })
}

/// `2`, `50%`, or `{servers: 50%, below: keep_all, back_at: 75%}`.
fn minimum(fields: &Fields<'_>, reader: &mut Reader) -> Option<MinimumDefinition> {
    let node = fields.get("minimum_healthy")?;
    let place = node.place.clone();
    if !matches!(node.content, Content::Mapping(_)) {
        return Some(MinimumDefinition {
            place,
            servers: Some(quantity_of(fields, "minimum_healthy", reader)?),
            back_at: None,
            below: None,
        });
    }
    let inner = reader.fields(node, &shape::MINIMUM, &[])?;
    let choices = [
        ("fallback", BelowMinimum::Fallback),
        ("keep_all", BelowMinimum::KeepAll),
        ("withdraw", BelowMinimum::Withdraw),
    ];
    Some(MinimumDefinition {
        place,
        servers: quantity_of(&inner, "servers", reader),
        back_at: quantity_of(&inner, "back_at", reader),
        below: reader.word_of(&inner, "below", &choices),
    })
}

/// One server, a list of them, or `{real_servers: [...], check: ...}`.
fn fallback(
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> (Option<RealServerDefinition>, Option<FallbackPoolDefinition>) {
    let Some(node) = fields.get("fallback") else {
        return (None, None);
    };
    let is_pool = match &node.content {
        Content::List(_) => true,
        Content::Mapping(entries) => entries.iter().any(|entry| entry.key == "real_servers"),
        _ => false,
    };
    if !is_pool {
        return (service::real_server(node, reader), None);
    }
    // Whoever answers connects at least; a page of its own has a check of its own.
    let connect = CheckDefinition {
        kind: Some(Placed::new(
            CheckKindDefinition::Connect,
            node.place.clone(),
        )),
        ..CheckDefinition::default()
    };
    let (list, check) = match &node.content {
        Content::Mapping(_) => {
            let Some(inner) = reader.fields(node, &shape::FALLBACK, &[]) else {
                return (None, None);
            };
            let own = inner
                .get("check")
                .map(|written| check::check(written, reader));
            (inner.get("real_servers"), own.unwrap_or(connect))
        }
        _ => (Some(node), connect),
    };
    let items = match list {
        Some(list) => reader.list(list, "real_servers", &fields.example("fallback")),
        None => &[],
    };
    let servers = items
        .iter()
        .filter_map(|item| service::real_server(item, reader));
    let pool = FallbackPoolDefinition {
        place: node.place.clone(),
        real_servers: servers.collect(),
        check,
    };
    (None, Some(pool))
}

/// `off`, or `{servers: 50%, services: 50%, connections: 1000}`. A file that says nothing has the limits that are
/// usual here.
pub(super) fn guard(
    director: Option<&Fields<'_>>,
    reader: &mut Reader,
    whole: &Place,
) -> GuardDefinition {
    let usual = GuardDefinition::Limits {
        place: whole.clone(),
        servers: None,
        services: None,
        connections: None,
    };
    let Some((fields, node)) =
        director.and_then(|fields| Some((fields, fields.get("safety_limits")?)))
    else {
        return usual;
    };
    if !matches!(node.content, Content::Mapping(_)) {
        let off = reader.word_of(fields, "safety_limits", &[("off", ())]);
        return off.map_or(usual, |off| GuardDefinition::Off(off.place));
    }
    let Some(inner) = reader.fields(node, &shape::GUARD, &[]) else {
        return usual;
    };
    GuardDefinition::Limits {
        place: node.place.clone(),
        servers: quantity_of(&inner, "servers", reader),
        services: quantity_of(&inner, "services", reader),
        connections: reader.number_of(&inner, "connections"),
    }
}

/// `2`, or `50%`.
fn quantity_of(fields: &Fields<'_>, key: &str, reader: &mut Reader) -> Option<Placed<Quantity>> {
    let text = reader.text_of(fields, key)?;
    let share = text.value.strip_suffix('%').map(str::trim_end);
    let number = share.unwrap_or(&text.value).parse::<u64>();
    let Ok(number) = number else {
        let message = format!("{key} {:?} is neither a number nor a share", text.value);
        let hint = format!(
            "write a whole number or a share such as 50%, as in {}",
            fields.example(key)
        );
        reader.error(&text.place, message, hint);
        return None;
    };
    let quantity = match share {
        Some(_) => Quantity::Percent(number),
        None => Quantity::Number(number),
    };
    Some(Placed::new(quantity, text.place))
}
