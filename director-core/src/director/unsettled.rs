//! Which services an event leaves unsettled, so that the director decides about those and no others.

use super::{Director, Effect, Event};
use crate::moment::Moment;
use crate::scope::ServiceScope;

impl Director {
    /// Whether an event may make the tables differ in any service. Otherwise what it leads to says in which: a report matters only
    /// when it changes a state.
    pub(super) fn may_change_any_service(&self, event: &Event) -> bool {
        match event {
            Event::Loaded { .. }
            | Event::LoadRefused { .. }
            | Event::Restored { .. }
            | Event::TableRead { .. }
            | Event::ReadFailed { .. }
            | Event::HostJournalFound
            | Event::AddressesChanged
            | Event::HostReconciled { .. }
            | Event::LimitsSkipped
            | Event::Unfreeze
            | Event::StopRequested => true,
            // What had to wait for it goes on, and that is unsettled; without a state file nothing waits.
            Event::Persisted { failure, .. } => failure.is_some() || self.persist_error().is_some(),
            Event::AlertsLoaded { .. }
            | Event::FileOverrides { .. }
            | Event::OverrideCommanded { .. }
            | Event::Applied { .. }
            | Event::Probed { .. }
            | Event::Woken
            | Event::Hinted { .. }
            | Event::NetworkChecked { .. } => false,
        }
    }

    /// Decides again: about all services, or about those alone that are never at rest, whose slow starts and drains go on. Both
    /// want the same if no event left a service out of what it changed, which is for tests to see.
    pub fn decide_again(&mut self, about_all: bool, now: Moment) -> Vec<Effect> {
        if about_all {
            self.unsettled = ServiceScope::All;
            self.health_changed = ServiceScope::All;
        } else {
            self.unsettled.extend(self.recovery.in_motion());
        }
        let mut effects = Vec::new();
        self.decide(now, &mut effects);
        effects
    }
}
