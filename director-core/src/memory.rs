//! What a director has to remember over a restart: the orders that were given to it, its verdicts, and which services are
//! its own. Times are the director's own moments; whoever keeps a memory lets the director's clock go on from there.
//!
//! Leaves to others where it is kept (the shell) and when (`director::keeping`).

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::health::{Health, Penalty, Verdict};
use crate::model::ServiceId;
use crate::moment::Moment;
use crate::overrides::{Order, Target};

/// Everything that outlives a restart.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default)]
pub struct Memory {
    /// Orders that were given by command and stand.
    pub orders: Vec<(Target, Order)>,
    /// What was known about real servers.
    pub verdicts: Vec<(Target, Judged)>,
    /// Services that are ours to change, those included that are still to leave the kernel.
    pub owned: BTreeSet<ServiceId>,
}

/// A verdict that a real server's answers have led to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Judged {
    /// Up or down.
    pub verdict: Verdict,
    /// Since when.
    pub since: Moment,
    /// Why.
    pub reason: String,
    /// What its changes of verdict have cost it.
    #[serde(default)]
    pub penalty: Penalty,
}

impl Judged {
    /// What is worth remembering of a server's health; nothing of a presumption.
    pub(crate) fn of(health: &Health) -> Option<Self> {
        (!health.presumed).then(|| Self {
            verdict: health.verdict,
            since: health.since,
            reason: health.reason.clone(),
            penalty: health.penalty,
        })
    }

    /// The health that a server begins with after a restart. A server known to be bad is known to be bad still; one that
    /// was good is believed to be so until it is asked.
    pub(crate) fn health(self) -> Health {
        let Self {
            verdict,
            since,
            reason,
            penalty,
        } = self;
        Health {
            presumed: verdict == Verdict::Up,
            penalty,
            ..Health::presumed(verdict, &reason, since)
        }
    }
}

impl Memory {
    /// Servers that are remembered as bad.
    pub(crate) fn known_bad(&self) -> BTreeSet<Target> {
        let bad = self.verdicts.iter().filter(|(_, judged)| judged.is_out());
        bad.map(|(target, _)| *target).collect()
    }
}

impl Judged {
    /// Whether the server was out of service for what it answered.
    fn is_out(&self) -> bool {
        self.verdict == Verdict::Down || self.penalty.held_until().is_some()
    }
}
