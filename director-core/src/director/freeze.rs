//! Health that is frozen: when all servers fall silent at once, the fault may be this director's. It takes back what the
//! failures have decided so far, judges no further and raises an alarm, until a server is heard, the time that the
//! definitions give is over, or the operator says that the servers are to blame. Services that something can replace are
//! judged all the same, unless this director is cut off from everything else, too (see `own_network`).

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::own_network::OwnNetwork;
use super::{Director, Effect, Notice};
use crate::health::{FreezeScope, Frozen, Outage, Report};
use crate::model::ServiceId;
use crate::moment::Moment;
use crate::scope::ServiceScope;

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
        /// Which services it holds.
        scope: FreezeScope,
    },
    /// They did when the director before this one ended, and it goes on.
    StillFrozen {
        /// How many, by address.
        servers: usize,
        /// The words of the failure that completed it.
        words: String,
    },
    /// This director reaches something else: services that something can replace are checked again.
    NetworkWorks {
        /// Others stay frozen.
        others_stay: bool,
    },
    /// Servers are frozen, and a gateway or a fallback server answers.
    GatewayAnswers,
    /// The same, and neither answers.
    NothingAnswers,
    /// It is over.
    Unfrozen(UnfreezeReason),
}

/// Why it is over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnfreezeReason {
    /// A server is heard again.
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
                scope,
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
                let (cause, others) = match scope {
                    FreezeScope::All => ("this may be", ""),
                    FreezeScope::WithoutReplacement => (
                        "this may be",
                        ", except for services with a fallback or `below: withdraw`",
                    ),
                    FreezeScope::CutOff => (
                        "no gateway and no fallback server answers either, so this is probably",
                        "",
                    ),
                };
                write!(
                    f,
                    "ALARM: all {servers} servers fell silent at once ({words}); {cause} a fault of this director's own \
                     network. Health is frozen {end}{others}. If the servers really are down: ipvsctl unfreeze"
                )
            }
            Self::StillFrozen { servers, words } => write!(
                f,
                "ALARM: all {servers} servers fell silent at once before this start ({words}). Health stays frozen \
                 until one server answers. If the servers really are down: ipvsctl unfreeze"
            ),
            Self::NetworkWorks { others_stay } => {
                f.write_str(
                    "this director reaches a gateway or a fallback server again, so the servers are down: services with \
                     a fallback or `below: withdraw` are no longer frozen",
                )?;
                if *others_stay {
                    f.write_str("; the others stay frozen")?;
                }
                Ok(())
            }
            Self::GatewayAnswers => f.write_str(
                "a gateway or a fallback server of this director answers, so the servers may really be down, or the network \
                 to them may be broken; health stays frozen. If the servers really are down: ipvsctl unfreeze",
            ),
            Self::NothingAnswers => f.write_str(
                "no gateway and no fallback server of this director answers either, so this is probably a fault of its own \
                 network; health stays frozen; check its interfaces, links and routes",
            ),
            Self::Unfrozen(why) => {
                let why = match why {
                    UnfreezeReason::ServerPassed => "a server answered",
                    UnfreezeReason::Expired => {
                        "the time limit has passed and no server has answered; servers that fail their next checks are down"
                    }
                    UnfreezeReason::Operator => {
                        "the operator ended it; servers that fail their next checks are down"
                    }
                    UnfreezeReason::Redefined => "the new configuration has no freeze",
                };
                write!(f, "health is no longer frozen: {why}")
            }
        }
    }
}

impl Director {
    /// Looks at the result of a check with all others in mind: a server that is heard ends a freeze, and the last one that
    /// falls silent begins one.
    pub(super) fn watch_for_outage(
        &mut self,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        if report.is_answered() {
            self.own_network = OwnNetwork::Unknown;
            self.persist.changed |= std::mem::take(&mut self.freeze_used);
            self.unfreeze(UnfreezeReason::ServerPassed, now, effects);
            return;
        }
        let freezes = self.frozen.is_none() && self.has_services(false);
        let is_unknown = self.own_network == OwnNetwork::Unknown;
        let cuts_off = matches!(self.own_network, OwnNetwork::Fails { .. })
            && !self.is_frozen_as_cut_off()
            && self.has_services(true);
        let is_outage = (freezes || is_unknown || cuts_off) && self.outage().is_some();
        if !is_outage {
            if self.doubts_network(report) {
                self.check_own_network(effects);
            }
            return;
        }
        if cuts_off {
            self.freeze(FreezeScope::CutOff, Some(report), now, effects);
        } else if freezes {
            let scope = match self.has_services(true) {
                true => FreezeScope::WithoutReplacement,
                false => FreezeScope::All,
            };
            self.freeze(scope, Some(report), now, effects);
        }
        if is_unknown {
            self.check_own_network(effects);
        }
    }

    /// The outage of everything that the checks show, unless nothing is to come of it.
    fn outage(&self) -> Option<Outage> {
        let freeze = self.model.freeze().filter(|_| !self.freeze_used)?;
        self.schedule.outage(&freeze)
    }

    /// Freezes health in an outage, or more services than before.
    pub(super) fn freeze(
        &mut self,
        scope: FreezeScope,
        last: Option<&Report>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let Some((outage, freeze)) = self.outage().zip(self.model.freeze()) else {
            return;
        };
        let former = self.frozen.take();
        let words = match (&former, last) {
            (Some(former), _) => former.words.clone(),
            (None, Some(last)) => last.outcome.words().to_owned(),
            (None, None) => self.last_failure().unwrap_or_default(),
        };
        let until = freeze.lasts.map(|lasts| now + lasts);
        self.frozen = Some(Frozen {
            since: former.as_ref().map_or(now, |former| former.since),
            until: former.map_or(until, |former| former.until),
            servers: outage.servers,
            words: words.clone(),
            scope,
        });
        self.revert_failures(outage, now, effects);
        self.persist.changed = true;
        self.unsettled = ServiceScope::All;
        let notice = FreezeNotice::Frozen {
            servers: outage.servers,
            words,
            lasts: freeze.lasts,
            scope,
        };
        effects.push(Effect::Tell(Notice::Freeze(notice)));
    }

    /// The words of the last failure of any check.
    fn last_failure(&self) -> Option<String> {
        let last = self.book.values().filter_map(|health| health.last());
        let (_, report) = last.max_by_key(|(at, _)| *at)?;
        Some(report.outcome.words().to_owned())
    }

    /// Whether health of this service is frozen.
    pub(super) fn holds(&self, service: ServiceId) -> bool {
        self.frozen.is_some()
            && (self.model.service(&service)).is_some_and(|service| self.is_frozen(service))
    }

    /// Turns to down that the outage has brought about are taken back in the services that are frozen.
    fn revert_failures(&mut self, outage: Outage, now: Moment, effects: &mut Vec<Effect>) {
        let model = Arc::clone(&self.model);
        let frozen = model
            .services()
            .iter()
            .filter(|service| self.is_frozen(service));
        let frozen: BTreeSet<ServiceId> = frozen.map(|service| service.id).collect();
        for ((service, server), health) in &mut self.book {
            let Some(definition) = model.service(service).filter(|_| frozen.contains(service))
            else {
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
            self.health_changed = ServiceScope::All;
            // A server saved as bad rises only when it is saved that it is not.
            self.persist.changed = true;
        }
    }

    /// Health changes again, if it was frozen.
    pub(super) fn unfreeze(&mut self, why: UnfreezeReason, now: Moment, effects: &mut Vec<Effect>) {
        if self.frozen.take().is_none() {
            return;
        }
        self.unsettled = ServiceScope::All;
        self.give_all_chances(now);
        self.freeze_used = matches!(why, UnfreezeReason::Expired | UnfreezeReason::Operator);
        self.own_network = OwnNetwork::after_freeze(self.freeze_used);
        let notice = FreezeNotice::Unfrozen(why);
        effects.push(Effect::Tell(Notice::Freeze(notice)));
    }

    /// Servers that still fail get all the chances that the definitions give.
    pub(super) fn give_all_chances(&mut self, now: Moment) {
        self.chances_since = Some(now);
        self.schedule.restart_silences(now);
        for health in self.book.values_mut() {
            health.restart_windows();
        }
        self.persist.pending_changes.clear();
        self.persist.changed = true;
    }

    /// What time and new definitions do to a freeze.
    pub(super) fn expire_freeze(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.check_own_network_again(now, effects);
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
