//! The machine around the director on a virtual clock: what it was made to have, and what it refuses.

use std::collections::VecDeque;
use std::net::IpAddr;

use director_core::director::{Event, HostOutcome, HostRequest, HostResult};
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
    /// It is adding VIPs and does not answer until it is told to.
    pub(crate) slow: bool,
    /// What it has not answered yet, the oldest first.
    pub(crate) pending: VecDeque<HostRequest>,
}

impl Machine {
    /// Whether a path check by way of this server can be answered, as far as that can be had.
    pub(crate) fn is_prepared(&self, toward: IpAddr) -> bool {
        self.refuses.is_some() || self.made.contains(&HostChange::VipReplies { toward })
    }

    /// Takes a request; answers it unless it is slow.
    pub(crate) fn take(&mut self, request: HostRequest) -> Option<Event> {
        self.asked += 1;
        self.pending.push_back(request);
        if self.slow { None } else { self.answer() }
    }

    /// Answers the oldest request. VIPs that it did not get to, as there is a newer one, are not among the outcomes.
    pub(crate) fn answer(&mut self) -> Option<Event> {
        let request = self.pending.pop_front()?;
        let mut request = request;
        if !self.pending.is_empty() {
            request.wanted.retain(|change| {
                self.made.contains(change) || !matches!(change, HostChange::Vip(_))
            });
            request.kept.extend(self.made.iter().cloned());
        }
        Some(self.reconcile(request))
    }

    fn reconcile(&mut self, request: HostRequest) -> Event {
        let mut outcomes = Vec::new();
        let (stays, goes) = self.made.drain(..).partition(|change| {
            let named = request.wanted.contains(change) || request.kept.contains(change);
            named || !request.undoes(change)
        });
        self.made = stays;
        outcomes.extend(goes.into_iter().map(|change| HostOutcome {
            change,
            result: HostResult::Undone(None),
        }));
        for change in request.wanted {
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
