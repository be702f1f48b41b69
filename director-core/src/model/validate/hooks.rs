//! The receivers of notifications.

use std::time::Duration;

use super::Findings;
use crate::definitions::HookDefinition;
use crate::model::{Hook, HookWay, Topic};

/// How long events are gathered when the definitions do not say.
pub const DEFAULT_GATHER: Duration = Duration::from_secs(5);

/// All receivers.
pub(super) fn hooks(written: &[HookDefinition], findings: &mut Findings) -> Vec<Hook> {
    written
        .iter()
        .filter_map(|hook| self::hook(hook, findings))
        .collect()
}

fn hook(written: &HookDefinition, findings: &mut Findings) -> Option<Hook> {
    let Some(way) = &written.way else {
        findings.unusable = true;
        return None;
    };
    let empty = match way {
        HookWay::Command(argv) => argv.is_empty().then_some("a command without a program"),
        HookWay::Mail { to, .. } => to.is_empty().then_some("a mail without recipients"),
        HookWay::Webhook { .. } => None,
    };
    if let Some(fault) = empty {
        findings.error(
            &written.place,
            format!("{fault} sends no notification"),
            "write a receiver, or remove the entry",
        );
    }
    let about = written.about.iter().map(|topic| topic.value);
    Some(Hook {
        way: way.clone(),
        about: if written.about.is_empty() {
            Topic::USUAL.into()
        } else {
            about.collect()
        },
        gather: written
            .gather
            .as_ref()
            .map_or(DEFAULT_GATHER, |gather| gather.value),
    })
}
