//! What a definitions file changes on this machine besides the table: addresses, settings of the kernel, time limits.

use std::path::PathBuf;

use director_core::model::{HostPiece, HostWishes, Model};
use serde::Serialize;

use crate::host::{Difference, differences, leftovers};

/// One change.
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
    reason: String,
    #[serde(skip)]
    line: String,
}

/// The changes to this machine as it is.
pub(super) fn against_machine(model: &Model) -> Vec<MachineChange> {
    let changes = differences(&model.host().pieces());
    changes
        .into_iter()
        .map(|change| described(model, change))
        .collect()
}

/// What a daemon that is told so next undoes of what it, or one before it, made of this machine.
pub(super) fn undone(memory: PathBuf, wishes: &HostWishes) -> Result<Vec<MachineChange>, String> {
    let leaving = leftovers(memory, &wishes.pieces())?;
    Ok(leaving.into_iter().map(taken_back).collect())
}

fn taken_back((piece, former): (HostPiece, Option<String>)) -> MachineChange {
    let reason = "no longer wanted, and ipvsd made it so".to_owned();
    let words = match (&piece, &former) {
        (HostPiece::Setting { name, value }, Some(former)) => {
            format!("restore {name}  {value} -> {former}")
        }
        (HostPiece::Timeout { of, seconds }, Some(former)) => {
            format!("restore timeout {}  {seconds} s -> {former} s", of.name())
        }
        _ => format!("remove  {piece}"),
    };
    MachineChange {
        undone: true,
        line: format!("{words}   ({reason})\n"),
        what: piece.to_string(),
        found: None,
        former,
        reason,
    }
}

/// All that is wanted, for a machine of which nothing is known.
pub(super) fn wanted(model: &Model) -> Vec<MachineChange> {
    let pieces = model.host().pieces();
    pieces
        .into_iter()
        .map(|piece| described(model, Difference { piece, found: None }))
        .collect()
}

fn described(model: &Model, change: Difference) -> MachineChange {
    let mut reason = model.host().reason(&change.piece);
    if matches!(&change.piece, HostPiece::Vip(vip) if model.may_be_withdrawn(vip.address)) {
        reason += ", as long as it has enough real servers";
    }
    let words = match (&change.piece, &change.found) {
        (HostPiece::Vip(vip), _) => format!("add     {vip}"),
        (HostPiece::Setting { name, value }, Some(found)) => {
            format!("set     {name}  {found} -> {value}")
        }
        (HostPiece::Timeout { of, seconds }, Some(found)) => {
            format!("set     timeout {}  {found} s -> {seconds} s", of.name())
        }
        (piece, None) => format!("set     {piece}"),
    };
    MachineChange {
        what: change.piece.to_string(),
        found: change.found,
        undone: false,
        former: None,
        line: format!("{words}   ({reason})\n"),
        reason,
    }
}

/// The changes as lines.
pub(super) fn in_words(changes: &[MachineChange]) -> String {
    changes.iter().map(|change| change.line.as_str()).collect()
}
