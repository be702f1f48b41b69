//! The freeze: when all servers of all services fail at once, the director suspects itself. It takes
//! back what the failures have decided so far, changes no health and raises an alarm, until an answer is good again, the
//! time that the definitions give is over, or the operator says that the servers are to blame.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::{Director, Effect, Notice};
use crate::health::{Frozen, Outage, Report};
use crate::moment::Moment;

/// What is reported about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FreezeNotice {
    /// All servers failed at once.
    Frozen {
        /// How many, by address.
        servers: usize,
        /// The words of the last failure.
        words: String,
        /// How long it lasts at most.
        lasts: Option<Duration>,
    },
    /// They did when the director before this one ended, and it goes on.
    StillFrozen {
        /// How many, by address.
        servers: usize,
        /// The words of the failure that completed it.
        words: String,
    },
    /// It is over.
    Unfrozen(UnfreezeReason),
}

/// Why it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfreezeReason {
    /// A server answers well again.
    ServerPassed,
    /// The time is over and no server answers.
    Expired,
    /// The operator says so.
    Operator,
    /// New definitions know no freeze.
    Redefined,
}

impl fmt::Display for FreezeNotice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Frozen {
                servers,
                words,
                lasts,
            } => {
                let end = lasts.map_or_else(
                    || "until one server answers".to_owned(),
                    |span| {
                        format!(
                            "until one server answers, for at most {} s",
                            span.as_secs_f64()
                        )
                    },
                );
                write!(
                    f,
                    "ALARM: all {servers} servers failed at once ({words}); this is probably a fault of this \
                     director's own network. Health is frozen {end}. If the servers really are down: ipvsctl \
                     unfreeze"
                )
            }
            Self::StillFrozen { servers, words } => write!(
                f,
                "ALARM: all {servers} servers failed at once before this start ({words}). Health stays frozen \
                 until one server answers. If the servers really are down: ipvsctl unfreeze"
            ),
            Self::Unfrozen(why) => {
                let why = match why {
                    UnfreezeReason::ServerPassed => "a server answered",
                    UnfreezeReason::Expired => {
                        "the time limit has passed and no server has answered; the servers are down"
                    }
                    UnfreezeReason::Operator => "the operator ended it",
                    UnfreezeReason::Redefined => "the new configuration has no freeze",
                };
                write!(f, "health is no longer frozen: {why}")
            }
        }
    }
}

impl Director {
    /// Looks at a result together with all others; says whether health is frozen.
    pub(super) fn frozen_by(
        &mut self,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) -> bool {
        if report.outcome.is_good() == Some(true) {
            self.persist.changed |= std::mem::take(&mut self.freeze_used);
            self.unfreeze(UnfreezeReason::ServerPassed, now, effects);
            return false;
        }
        if self.frozen.is_some() {
            return true;
        }
        let Some(freeze) = self.model.freeze().filter(|_| !self.freeze_used) else {
            return false;
        };
        let Some(outage) = self.schedule.outage(&freeze) else {
            return false;
        };
        let words = report.outcome.words().to_owned();
        self.revert_failures(outage, now, effects);
        self.frozen = Some(Frozen {
            since: now,
            until: freeze.lasts.map(|lasts| now + lasts),
            servers: outage.servers,
            words: words.clone(),
        });
        self.persist.changed = true;
        let notice = FreezeNotice::Frozen {
            servers: outage.servers,
            words,
            lasts: freeze.lasts,
        };
        effects.push(Effect::Tell(Notice::Freeze(notice)));
        true
    }

    /// Turns to down that the outage has brought about are taken back.
    fn revert_failures(&mut self, outage: Outage, now: Moment, effects: &mut Vec<Effect>) {
        let model = Arc::clone(&self.model);
        for ((service, server), health) in &mut self.book {
            let Some(definition) = model.service(service) else {
                continue;
            };
            let previous_for = now.since(health.since);
            let Some(transition) = health.revert_failures(definition.combine, outage.since) else {
                continue;
            };
            effects.push(Effect::Tell(Notice::HealthChanged {
                name: definition.name.clone(),
                service: *service,
                server: *server,
                transition,
                previous_for,
                took: Duration::ZERO,
            }));
            self.unsettled = true;
            self.health_changed = true;
            // A server saved as bad rises only when it is saved that it is not.
            self.persist.changed = true;
        }
    }

    /// Health changes again, if it was frozen.
    pub(super) fn unfreeze(&mut self, why: UnfreezeReason, now: Moment, effects: &mut Vec<Effect>) {
        if self.frozen.take().is_none() {
            return;
        }
        // Who still fails gets all the chances that the definitions give.
        self.schedule.restart_failures(now);
        for health in self.book.values_mut() {
            health.restart_windows(now);
        }
        self.persist.pending_changes.clear();
        self.persist.changed = true;
        self.freeze_used = matches!(why, UnfreezeReason::Expired | UnfreezeReason::Operator);
        let notice = FreezeNotice::Unfrozen(why);
        effects.push(Effect::Tell(Notice::Freeze(notice)));
    }

    /// What time and new definitions do to a freeze.
    pub(super) fn expire_freeze(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let Some(frozen) = self.frozen.as_ref().filter(|_| self.loaded_at.is_some()) else {
            return;
        };
        if self.model.freeze().is_none() {
            self.unfreeze(UnfreezeReason::Redefined, now, effects);
        } else if frozen.until.is_some_and(|until| until <= now) {
            self.unfreeze(UnfreezeReason::Expired, now, effects);
        }
    }
}
