//! What a director that only observes would change in the kernel's table, which another program manages.

use super::{Director, reasons};
use crate::moment::Moment;
use crate::plan::{Plan, plan};
use crate::scope::ServiceScope;
use crate::table::Table;

impl Director {
    /// The changes that would make this table what the director holds for right: the table on which its decisions take effect, for
    /// a director that only observes. Services of others are no part of it.
    #[must_use]
    pub fn differences(&self, actual: &Table, now: Moment) -> Plan {
        let Some(held) = &self.observed else {
            return Plan::default();
        };
        let changeable = self.changeable(&ServiceScope::All);
        let mut target = held.clone();
        target.services.retain(|id, _| changeable.contains(id));
        let reasons = reasons::Reasons::new(self, &target, now);
        plan(actual, &target, &changeable, |service, server| {
            reasons.decided(service, server)
        })
    }
}
