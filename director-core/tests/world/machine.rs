//! The machine around the director on a virtual clock: what it was made to have, and what it refuses.

use std::net::IpAddr;

use director_core::director::{Event, HostOutcome, HostResult, Unwanted};
use director_core::model::HostChange;

#[derive(Default)]
pub(crate) struct Machine {
    /// What the director made, in the order in which it did.
    pub(crate) made: Vec<HostChange>,
    /// Why nothing new can be made just now.
    pub(crate) refuses: Option<String>,
    /// Why something that comes by itself is not there yet.
    pub(crate) waits: Option<String>,
    /// How often the director has asked.
    pub(crate) asked: usize,
}

impl Machine {
    /// Whether a path check by way of this server can be answered, as far as that can be had.
    pub(crate) fn is_prepared(&self, toward: IpAddr) -> bool {
        self.refuses.is_some() || self.made.contains(&HostChange::VipReplies { toward })
    }

    pub(crate) fn reconcile(&mut self, wanted: Vec<HostChange>, unwanted: Unwanted) -> Event {
        self.asked += 1;
        let mut outcomes = Vec::new();
        let (stays, goes) = self
            .made
            .drain(..)
            .partition(|change| unwanted == Unwanted::Keep || wanted.contains(change));
        self.made = stays;
        outcomes.extend(goes.into_iter().map(|change| HostOutcome {
            change,
            result: HostResult::Undone(None),
        }));
        for change in wanted {
            let result = if self.made.contains(&change) {
                HostResult::Unchanged
            } else if let Some(why) = &self.refuses {
                HostResult::Failed(why.clone())
            } else if let Some(why) = &self.waits {
                HostResult::Waits(why.clone())
            } else {
                self.made.push(change.clone());
                HostResult::Made(None)
            };
            outcomes.push(HostOutcome { change, result });
        }
        Event::HostReconciled { outcomes }
    }
}
