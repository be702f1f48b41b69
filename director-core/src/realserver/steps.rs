//! From what is to what shall be, and back: which pieces are made, which are undone.
//!
//! Invariants: a piece that was there before is never undone; what is undone goes in the reverse of the order in which it
//! was made; making all of it twice changes nothing the second time.

use serde::{Deserialize, Serialize};

use super::Piece;

/// A piece that we made, and what was there before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Done {
    /// The piece.
    pub piece: Piece,
    /// The former value, of a setting.
    pub former: Option<String>,
}

/// One change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Puts back what was there before.
    Undo(Done),
    /// Makes a piece.
    Make(Piece),
}

/// The changes that lead to the wanted pieces. `present` says whether a piece is as it shall be just now.
#[must_use]
pub fn steps(wanted: &[Piece], done: &[Done], present: impl Fn(&Piece) -> bool) -> Vec<Step> {
    let superfluous = done
        .iter()
        .rev()
        .filter(|made| !wanted.contains(&made.piece));
    let missing = wanted.iter().filter(|piece| !present(piece));
    superfluous
        .cloned()
        .map(Step::Undo)
        .chain(missing.cloned().map(Step::Make))
        .collect()
}
