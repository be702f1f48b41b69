//! Sets this machine up as a real server, and back: carries out what [`director_core::realserver`] decides. Remembers what
//! it made in a file below /run, which is gone after a restart of the machine, as is all that it made.
//!
//! What stays after all is undone are modules that the kernel has loaded for a tunnel, and the fallback device of each
//! (`tunl0`, `gre0`, `sit0`, `ip6tnl0`): others may use a module by then, and it cannot be told who had it loaded.
//!
//! Invariant: a change is in the file as soon as it is made, so that a failure half way leaves nothing that cannot be
//! undone.

mod clamp;
mod error;
mod hands;
mod here;
mod memory;

pub use error::RealServerError;
pub use here::addresses_as_director;
pub use memory::{Memory, default_path};

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::Path;

use director_core::realserver::{Done, Piece, Setup, SetupFault, Step, pieces, steps};

use hands::Hands;

/// A change that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A piece was made; its former value where there was one.
    Made(Piece, Option<String>),
    /// A piece was undone.
    Undone(Done),
    /// A piece that is of use but not needed could not be made.
    LeftOut(Piece, String),
}

/// How one piece stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The piece.
    pub piece: Piece,
    /// Whether it is as it shall be.
    pub present: bool,
}

/// Sets a VIP up. What stands already is left as it is.
///
/// # Errors
/// When the kernel refuses, or the VIP is set up otherwise; what was made until then is remembered.
pub fn up(path: &Path, setup: Setup) -> Result<Vec<Change>, RealServerError> {
    setup.check()?;
    let mut memory = Memory::read(path)?;
    let former = memory.setups.iter().find(|known| known.vip == setup.vip);
    if let Some(known) = former {
        if (known.mode, known.local) != (setup.mode, setup.local) {
            return Err(SetupFault::Otherwise {
                vip: known.vip,
                mode: known.mode,
            }
            .into());
        }
        let known = *known;
        memory.setups.remove(&known);
    }
    memory.setups.insert(setup);
    settle(path, memory)
}

/// Takes VIPs down: these, or all when none is named. Puts back what was there before.
///
/// # Errors
/// When the kernel refuses; the rest is still remembered.
pub fn down(path: &Path, vips: &[IpAddr]) -> Result<Vec<Change>, RealServerError> {
    let mut memory = Memory::read(path)?;
    let leaving = |setup: &Setup| vips.is_empty() || vips.contains(&setup.vip);
    memory.setups.retain(|setup| !leaving(setup));
    settle(path, memory)
}

/// What is set up, and how each piece stands.
///
/// # Errors
/// When that cannot be found out.
pub fn status(path: &Path) -> Result<(BTreeSet<Setup>, Vec<Standing>), RealServerError> {
    let memory = Memory::read(path)?;
    let standing = standing(&memory.setups)?;
    Ok((memory.setups, standing))
}

/// How each piece of these setups stands on this machine.
///
/// # Errors
/// When that cannot be found out.
pub fn standing(setups: &BTreeSet<Setup>) -> Result<Vec<Standing>, RealServerError> {
    let hands = Hands::new()?;
    pieces(setups)
        .into_iter()
        .map(|piece| {
            let present = hands.is_present(&piece)?;
            Ok(Standing { piece, present })
        })
        .collect()
}

/// The largest packet that every Ethernet of this machine takes, bytes.
///
/// # Errors
/// When that cannot be found out.
pub fn smallest_mtu() -> Result<Option<u32>, RealServerError> {
    Hands::new()?.smallest_mtu()
}

/// A tunnel that is made anew has lost its addresses and settings, which are then made in a second round.
const ROUNDS: usize = 2;

fn settle(path: &Path, mut memory: Memory) -> Result<Vec<Change>, RealServerError> {
    let hands = Hands::new()?;
    let mut changes = Vec::new();
    for _ in 0..ROUNDS {
        let mut present = BTreeSet::new();
        let wanted = pieces(&memory.setups);
        for piece in &wanted {
            if hands.is_present(piece)? {
                present.insert(piece.clone());
            }
        }
        let steps = steps(&wanted, &memory.done, |piece| present.contains(piece));
        for step in steps {
            let outcome = carry_out(step, &hands, &mut memory);
            memory.write(path)?;
            changes.push(outcome?);
        }
    }
    memory.write(path)?;
    Ok(changes)
}

fn carry_out(step: Step, hands: &Hands, memory: &mut Memory) -> Result<Change, RealServerError> {
    match step {
        Step::Undo(done) => {
            hands.undo(&done)?;
            memory.done.retain(|made| made.piece != done.piece);
            Ok(Change::Undone(done))
        }
        Step::Make(piece) => match hands.make(&piece) {
            Ok(former) => {
                memory.remember(&piece, former.clone());
                Ok(Change::Made(piece, former))
            }
            // The rest does its work without it.
            Err(error) if matches!(piece, Piece::Clamp { .. }) => {
                memory.without_clamp(&piece);
                Ok(Change::LeftOut(piece, error.to_string()))
            }
            Err(error) => Err(error),
        },
    }
}
