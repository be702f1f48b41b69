//! The machine around the director on a virtual clock: what it was made to have, and what it refuses.

use director_core::director::{Event, HostOutcome, HostResult};
use director_core::model::HostPiece;

#[derive(Default)]
pub(crate) struct Machine {
    /// What the director made, in the order in which it did.
    pub(crate) made: Vec<HostPiece>,
    /// Why nothing new can be made just now.
    pub(crate) refuses: Option<String>,
    /// Why something that comes by itself is not there yet.
    pub(crate) waits: Option<String>,
    /// How often the director has asked.
    pub(crate) asked: usize,
}

impl Machine {
    pub(crate) fn settle(&mut self, wanted: Vec<HostPiece>) -> Event {
        self.asked += 1;
        let mut outcomes = Vec::new();
        let (stays, goes) = self
            .made
            .drain(..)
            .partition(|piece| wanted.contains(piece));
        self.made = stays;
        outcomes.extend(goes.into_iter().map(|piece| HostOutcome {
            piece,
            result: HostResult::Undone(None),
        }));
        for piece in wanted {
            let result = if self.made.contains(&piece) {
                HostResult::Unchanged
            } else if let Some(why) = &self.refuses {
                HostResult::Failed(why.clone())
            } else if let Some(why) = &self.waits {
                HostResult::Waits(why.clone())
            } else {
                self.made.push(piece.clone());
                HostResult::Made(None)
            };
            outcomes.push(HostOutcome { piece, result });
        }
        Event::HostSettled { outcomes }
    }
}
