//! Keeps this machine as the definitions want it besides the IPVS table: VIPs on interfaces, settings of the kernel, time
//! limits of the connection table. What is wanted is decided in the core.
//!
//! Invariants: an address that we did not add is never removed, a setting that we did not change is never put back; both
//! are on record before they are made, so that the next director knows of them even after a crash; no address is added
//! that another machine answers for.

mod addresses;
mod aside;
mod memory;
mod router;
mod settings;

pub use memory::memory_beside;

use std::path::PathBuf;

use director_core::director::{HostOutcome, HostResult};
use director_core::model::HostPiece;

use addresses::Addresses;
use memory::{Made, Memory};
use settings::Limits;

/// Does the work, and remembers it.
#[derive(Debug)]
pub struct Keeper {
    memory: Memory,
    limits: Limits,
}

/// How a wanted piece stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The piece.
    pub piece: HostPiece,
    /// What is there now, of a setting.
    pub found: Option<String>,
}

/// The wanted pieces that are not so now; those whose state cannot be told are among them. Changes nothing.
#[must_use]
pub fn differences(wanted: &[HostPiece]) -> Vec<Difference> {
    let mut limits = Limits::default();
    let differs = |piece: &HostPiece| {
        let found = match piece {
            HostPiece::Vip(vip) => {
                let there = Addresses::open().and_then(|addresses| addresses.has(vip));
                return (!matches!(there, Ok(true))).then(|| Difference {
                    piece: piece.clone(),
                    found: None,
                });
            }
            HostPiece::Setting { name, value } => (settings::read(name).ok(), value.clone()),
            HostPiece::Timeout { of, seconds } => (
                limits.read(*of).ok().map(|now| now.to_string()),
                seconds.to_string(),
            ),
        };
        let (found, value) = found;
        (found.as_ref() != Some(&value)).then(|| Difference {
            piece: piece.clone(),
            found,
        })
    };
    wanted.iter().filter_map(differs).collect()
}

/// What a director before this one made, and the next one undoes since it is not wanted any more: the piece, and of a
/// setting the value that comes back. What somebody has changed since is left alone and not named. Changes nothing.
///
/// # Errors
/// When the memory cannot be read, in words.
pub fn leftovers(
    memory: PathBuf,
    wanted: &[HostPiece],
) -> Result<Vec<(HostPiece, Option<String>)>, String> {
    let mut memory = Memory::at(memory);
    memory.read()?;
    let mut limits = Limits::default();
    // What cannot be told is named, since it will be tried.
    let mut stands = |made: &Made| match &made.piece {
        HostPiece::Vip(vip) => {
            let found = Addresses::open().and_then(|all| all.removable(vip, made.marked));
            !matches!(found, Ok(None))
        }
        HostPiece::Setting { name, value } => settings::read(name).is_ok_and(|now| now == *value),
        HostPiece::Timeout { of, seconds } => limits.read(*of).is_ok_and(|now| now == *seconds),
    };
    let leaving = memory.newest_first().into_iter().filter(|made| {
        wanted.iter().all(|piece| !same_subject(piece, &made.piece)) && stands(made)
    });
    Ok(leaving.map(|made| (made.piece, made.former)).collect())
}

impl Keeper {
    /// A keeper that remembers in this file.
    #[must_use]
    pub fn new(memory: PathBuf) -> Self {
        Self {
            memory: Memory::at(memory),
            limits: Limits::default(),
        }
    }

    /// Undoes what was made and is not wanted any more, and makes what is wanted.
    pub fn settle(&mut self, wanted: &[HostPiece]) -> Vec<HostOutcome> {
        let mut outcomes = Vec::new();
        if let Err(why) = self.memory.read() {
            // Without knowing what was there before, nothing may be changed.
            let failed =
                |piece: &HostPiece| outcome(piece.clone(), HostResult::Failed(why.clone()));
            return wanted.iter().map(failed).collect();
        }
        for made in self.memory.newest_first() {
            if wanted.iter().all(|piece| !same_subject(piece, &made.piece)) {
                outcomes.push(self.undo(&made));
            }
        }
        for piece in wanted {
            let result = self.make(piece).unwrap_or_else(HostResult::Failed);
            outcomes.push(outcome(piece.clone(), result));
        }
        outcomes
    }

    fn undo(&mut self, made: &Made) -> HostOutcome {
        let undone = match &made.piece {
            HostPiece::Vip(vip) => Addresses::open()
                .and_then(|addresses| addresses.remove(vip, made.marked))
                .map(|()| None),
            HostPiece::Setting { name, value } => {
                settings::put_back(name, value, made.former.as_deref(), &made.asides)
                    .map(|()| made.former.clone())
            }
            HostPiece::Timeout { of, seconds } => self
                .limits
                .put_back(*of, *seconds, made.former.as_deref())
                .map(|()| made.former.clone()),
        };
        let forgotten = undone.and_then(|former| {
            self.memory.forget(&made.piece)?;
            Ok(former)
        });
        let result = match forgotten {
            Ok(former) => HostResult::Undone(former),
            Err(why) => HostResult::Failed(why),
        };
        outcome(made.piece.clone(), result)
    }

    fn make(&mut self, piece: &HostPiece) -> Result<HostResult, String> {
        match piece {
            HostPiece::Vip(vip) => {
                let addresses = Addresses::open()?;
                if addresses.has(vip)? {
                    if addresses.is_marked(vip)? {
                        // Ours from before, of which the record was lost.
                        self.memory.note(Made::address(piece, true))?;
                    }
                    return Ok(HostResult::Unchanged);
                }
                if let Some(why) = addresses.awaits(vip)? {
                    return Ok(HostResult::Waits(why));
                }
                addresses.refuse_conflicts(vip)?;
                self.memory.note(Made::address(piece, false))?;
                if let Err(why) = addresses.add(vip) {
                    self.memory.forget(piece)?;
                    return Err(why);
                }
                if addresses.is_marked(vip)? {
                    self.memory.note(Made::address(piece, true))?;
                }
                addresses.announce(vip)?;
                Ok(HostResult::Made(None))
            }
            HostPiece::Setting { name, value } => {
                let former = settings::read(name)?;
                if former == *value {
                    return Ok(HostResult::Unchanged);
                }
                router::refuse_loss_of_routes(name, value)?;
                self.memory.note(Made {
                    asides: aside::along_with(name, value),
                    ..Made::setting(piece, former.clone())
                })?;
                settings::write(name, value)?;
                Ok(HostResult::Made(Some(former)))
            }
            HostPiece::Timeout { of, seconds } => {
                let former = self.limits.read(*of)?;
                if former == *seconds {
                    return Ok(HostResult::Unchanged);
                }
                self.memory.note(Made::setting(piece, former.to_string()))?;
                self.limits.write(*of, *seconds)?;
                Ok(HostResult::Made(Some(former.to_string())))
            }
        }
    }
}

fn outcome(piece: HostPiece, result: HostResult) -> HostOutcome {
    HostOutcome { piece, result }
}

/// Whether two pieces are about the same address, setting or time limit.
fn same_subject(one: &HostPiece, other: &HostPiece) -> bool {
    match (one, other) {
        (HostPiece::Setting { name, .. }, HostPiece::Setting { name: other, .. }) => name == other,
        (HostPiece::Timeout { of, .. }, HostPiece::Timeout { of: other, .. }) => of == other,
        (HostPiece::Vip(vip), HostPiece::Vip(other)) => vip == other,
        _ => false,
    }
}
