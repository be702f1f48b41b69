//! What a definitions file changes on this machine other than the table: addresses, settings of the kernel, time limits.

use std::path::Path;

use director_core::model::{HostChange, HostConfig, Model, ServiceId};
use serde::Serialize;

use crate::machine::director::{Difference, differences, leftovers};
use crate::machine::{Entry, MachineError};

#[derive(Debug, Serialize)]
pub(super) struct MachineChange {
    /// What there will be.
    what: String,
    /// What there is, of a setting, where that is known.
    found: Option<String>,
    /// Whether it is taken back, and not made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    undone: bool,
    /// What comes back, of a setting that is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<String>,
    because: String,
    #[serde(skip)]
    line: String,
}

/// The changes to this machine as it is, with a server `disabled` by an operator or without.
pub(super) fn against_machine(model: &Model, disabled: bool) -> Vec<MachineChange> {
    let changes = differences(&model.host().changes_with(disabled));
    changes
        .into_iter()
        .map(|change| described(model, change))
        .collect()
}

/// What a daemon that is told so next undoes of what it, or one before it, made of this machine.
pub(super) fn undone(
    journal: &Path,
    config: &HostConfig,
    disabled: bool,
    leaving: &[ServiceId],
) -> Result<Vec<MachineChange>, MachineError> {
    let stays = [config.changes_with(disabled), config.kept_for_nat()].concat();
    let undone = leftovers(journal, &stays)?.into_iter();
    Ok(undone.map(|entry| taken_back(entry, leaving)).collect())
}

/// `leaving` are services that finish their connections and need what was made for them until then.
fn taken_back(entry: Entry, leaving: &[ServiceId]) -> MachineChange {
    let Entry { change, former, .. } = entry;
    let waits = match &change {
        HostChange::Vip(vip) => leaving.iter().any(|id| id.is_at(vip.address)),
        _ => !leaving.is_empty(),
    };
    let because = match waits {
        true => "no longer configured; when the services that leave have no connections",
        false => "set by ipvsd and no longer configured",
    };
    let because = because.to_owned();
    let words = match (&change, &former) {
        (HostChange::Setting { name, value, .. }, Some(former)) => {
            format!("restore {name}  {value} -> {former}")
        }
        (HostChange::Timeout { of, seconds }, Some(former)) => {
            format!("restore timeout {}  {seconds} s -> {former} s", of.name())
        }
        _ => format!("remove  {change}"),
    };
    MachineChange {
        undone: true,
        line: format!("{words}   ({because})\n"),
        what: change.to_string(),
        found: None,
        former,
        because,
    }
}

/// All that is wanted, for a machine of which nothing is known.
pub(super) fn wanted(model: &Model) -> Vec<MachineChange> {
    let changes = model.host().changes().into_iter();
    // Which settings path checks need depends on the interfaces.
    let known = changes.filter(|change| !matches!(change, HostChange::VipReplies { .. }));
    known
        .map(|change| {
            let difference = Difference {
                change,
                found: None,
            };
            described(model, difference)
        })
        .collect()
}

fn described(model: &Model, difference: Difference) -> MachineChange {
    let Difference { change, found } = difference;
    let mut because = model.host().reason(&change);
    if matches!(&change, HostChange::Vip(vip) if model.may_be_withdrawn(vip.address)) {
        because += ", while it has enough real servers";
    }
    let words = match (&change, &found) {
        (HostChange::Vip(vip), _) => format!("add     {vip}"),
        (HostChange::Setting { name, value, .. }, Some(found)) => {
            format!("set     {name}  {found} -> {value}")
        }
        (HostChange::Timeout { of, seconds }, Some(found)) => {
            format!("set     timeout {}  {found} s -> {seconds} s", of.name())
        }
        (change, _) => format!("set     {change}"),
    };
    MachineChange {
        what: change.to_string(),
        found,
        undone: false,
        former: None,
        line: format!("{words}   ({because})\n"),
        because,
    }
}

/// The changes as lines.
pub(super) fn in_words(changes: &[MachineChange]) -> String {
    changes.iter().map(|change| change.line.as_str()).collect()
}
