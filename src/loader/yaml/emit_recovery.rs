//! What happens on failure and return, as YAML.

use director_core::definitions::{
    Definitions, DrainDefinition, FallbackPoolDefinition, GuardDefinition, MinimumDefinition,
    Placed, ServiceDefinition, SlowStartDefinition,
};
use director_core::model::{BelowMinimum, Quantity, Then};

use super::emit::{server, span};
use super::emit_check;

/// The keys of a service.
pub(super) fn keys(service: &ServiceDefinition) -> Vec<(&'static str, String)> {
    let recovery = &service.recovery;
    let single = service.fallback.as_ref().map(server);
    let pool = recovery.fallback_pool.as_ref().map(fallback_pool);
    let keys = [
        ("drain", recovery.drain.as_ref().map(drain)),
        ("slow_start", recovery.slow_start.as_ref().map(slow_start)),
        (
            "minimum_healthy",
            recovery.minimum_healthy.as_ref().map(minimum),
        ),
        ("fallback", single.or(pool)),
    ];
    let written = keys.into_iter();
    written
        .filter_map(|(name, value)| Some((name, value?)))
        .collect()
}

/// The guard. A file of the other dialect says nothing about it, and gets the usual one with its new form.
pub(super) fn guard(definitions: &Definitions) -> Option<String> {
    match &definitions.guard {
        None => None,
        Some(GuardDefinition::Off(_)) => Some("off".to_owned()),
        Some(GuardDefinition::Limits {
            servers,
            services,
            connections,
            ..
        }) => {
            let connections = connections.as_ref().map(|count| count.value.to_string());
            let fields = [
                ("servers", quantity(servers.as_ref())),
                ("services", quantity(services.as_ref())),
                ("connections", connections),
            ];
            let text = mapping(fields);
            (text != "{}").then_some(text)
        }
    }
}

fn drain(written: &DrainDefinition) -> String {
    let then = written.then.as_ref().map(|then| match then.value {
        Then::Remove => "remove".to_owned(),
        Then::Keep => "keep".to_owned(),
    });
    let timeout = written.timeout.as_ref().map(|timeout| span(timeout.value));
    mapping([("timeout", timeout), ("then", then)])
}

fn slow_start(written: &SlowStartDefinition) -> String {
    mapping([
        (
            "window",
            written.window.as_ref().map(|window| span(window.value)),
        ),
        (
            "aggression",
            written
                .aggression
                .as_ref()
                .map(|number| number.value.clone()),
        ),
        (
            "from",
            written
                .from
                .as_ref()
                .map(|share| format!("{}%", share.value)),
        ),
    ])
}

fn minimum(written: &MinimumDefinition) -> String {
    let below = written.below.as_ref().map(|below| match below.value {
        BelowMinimum::Fallback => "fallback".to_owned(),
        BelowMinimum::KeepAll => "keep_all".to_owned(),
        BelowMinimum::Withdraw => "withdraw".to_owned(),
    });
    mapping([
        ("servers", quantity(written.servers.as_ref())),
        ("below", below),
        ("back_at", quantity(written.back_at.as_ref())),
    ])
}

fn fallback_pool(written: &FallbackPoolDefinition) -> String {
    let servers: Vec<String> = written.real_servers.iter().map(server).collect();
    mapping([
        ("real_servers", Some(format!("[{}]", servers.join(", ")))),
        ("check", emit_check::check(&written.check)),
    ])
}

fn quantity(written: Option<&Placed<Quantity>>) -> Option<String> {
    written.map(|quantity| match quantity.value {
        Quantity::Number(number) => number.to_string(),
        Quantity::Percent(percent) => format!("{percent}%"),
    })
}

fn mapping<const N: usize>(fields: [(&str, Option<String>); N]) -> String {
    let written = fields.into_iter();
    let written = written.filter_map(|(name, value)| Some(format!("{name}: {}", value?)));
    let written: Vec<String> = written.collect();
    format!("{{{}}}", written.join(", "))
}
