//! Overrides: what operators have decided about a real server. One takes effect at once; the server is still probed,
//! so that its health is known by the time the override ends. No override puts a bad server into service.
//!
//! There are two ways to give one. By command: one override a server, the newest counts, and it is remembered over a
//! restart. By a file: an author gives all of their overrides at once and replaces those they gave before, so that nothing
//! is lost or left behind when a message is; the files themselves remember. This file decides nothing about the table;
//! [`crate::weight`] honours the overrides.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
use std::ops::RangeInclusive;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Endpoint, ServiceId};
use crate::moment::Moment;

/// A real server of a virtual service.
pub type Target = (ServiceId, Endpoint);

/// All real servers of a service, as a range of their order.
pub(crate) fn targets_of(service: ServiceId) -> RangeInclusive<Target> {
    let first = Endpoint {
        address: Ipv4Addr::UNSPECIFIED.into(),
        port: 0,
    };
    let last = Endpoint {
        address: Ipv6Addr::from_bits(u128::MAX).into(),
        port: u16::MAX,
    };
    (service, first)..=(service, last)
}

/// The state that an override gives to a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OverrideKind {
    /// Out of service as if it were down: removed or quiesced, as `on_failure` of its service says.
    Maintenance,
    /// No new connections; those that are open stay until they end.
    Drain,
    /// Removed from the table at once, with its connections.
    Disable,
    /// This weight in place of the configured one while it is in service.
    Weight(u32),
}

impl OverrideKind {
    /// Whether it takes a server out of service.
    #[must_use]
    pub fn takes_out(self) -> bool {
        self.strictness() > 0
    }

    /// Whether it lets a server back in that another kind keeps out. From one weight to another is how people do that step
    /// by step.
    fn gives_back(self, former: Self) -> bool {
        let steps = matches!((self, former), (Self::Weight(_), Self::Weight(_)));
        !steps && self.strictness() < former.strictness()
    }

    /// The strictest of several overrides of a server applies.
    fn strictness(self) -> u8 {
        match self {
            Self::Disable => 3,
            Self::Maintenance => 2,
            Self::Drain | Self::Weight(0) => 1,
            Self::Weight(_) => 0,
        }
    }
}

impl fmt::Display for OverrideKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maintenance => f.write_str("maintenance"),
            Self::Drain => f.write_str("drain"),
            Self::Disable => f.write_str("disable"),
            Self::Weight(weight) => write!(f, "weight {weight}"),
        }
    }
}

/// How an override was set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// By a file; valid while the file exists.
    #[default]
    File,
    /// By a command; valid until it is cleared or expires.
    OverrideCommand,
}

/// An operator's command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OverrideCommand {
    /// Sets overrides. Each replaces the one that a command set for that server before.
    Set {
        /// Who overrides.
        author: String,
        overrides: Vec<NewOverride>,
    },
    /// Clears the overrides that commands have set for these servers.
    Clear {
        author: String,
        targets: Vec<Target>,
    },
}

/// Why an override may not be replaced or ended without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OverrideConflict {
    /// Another author has set it.
    OtherAuthor,
    /// It keeps the server out more strictly than the new one.
    Stricter,
    /// It keeps the server out for longer than the new one.
    LastsLonger,
}

/// An override as requested.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewOverride {
    /// May be a server that is not configured.
    pub target: Target,
    pub kind: OverrideKind,
    pub reason: String,
    /// Lifetime; `None`: until it is cleared.
    pub lasts: Option<Duration>,
}

impl NewOverride {
    /// Why it may not replace another one, if so.
    fn conflict(&self, author: &str, former: &Override, now: Moment) -> Option<OverrideConflict> {
        if former.author != author {
            return Some(OverrideConflict::OtherAuthor);
        }
        // Either would let the server back in, at once or earlier.
        let ends_earlier = match (self.lasts, former.expires) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(lasts), Some(expires)) => now + lasts < expires,
        };
        if self.kind.gives_back(former.kind) {
            Some(OverrideConflict::Stricter)
        } else {
            let lasts_longer = former.kind.takes_out() && ends_earlier;
            lasts_longer.then_some(OverrideConflict::LastsLonger)
        }
    }

    fn override_(&self, author: &str, origin: Origin, now: Moment) -> Override {
        Override {
            kind: self.kind,
            author: author.to_owned(),
            reason: self.reason.clone(),
            since: now,
            expires: self.lasts.map(|lasts| now + lasts),
            origin,
        }
    }
}

/// An override in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Override {
    pub kind: OverrideKind,
    pub author: String,
    pub reason: String,
    pub since: Moment,
    /// `None`: never.
    pub expires: Option<Moment>,
    #[serde(default)]
    pub origin: Origin,
}

impl fmt::Display for Override {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)
    }
}

/// The overrides that a change has set and cleared.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OverrideChanges {
    pub set: Vec<(Target, Override)>,
    pub cleared: Vec<(Target, Override)>,
}

/// All overrides in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Overrides {
    by_target: BTreeMap<Target, Vec<Override>>,
}

impl Overrides {
    /// Replaces all overrides that files of this author have set. An unchanged one keeps its start and its expiry.
    pub fn replace(
        &mut self,
        author: &str,
        overrides: &[NewOverride],
        now: Moment,
    ) -> OverrideChanges {
        let mut changes = OverrideChanges::default();
        let still_requested = |target: &Target, override_: &Override| {
            overrides.iter().any(|new| {
                new.target == *target
                    && new.kind == override_.kind
                    && new.reason == override_.reason
            })
        };
        self.clear(&mut changes, |target, override_| {
            override_.origin == Origin::File
                && override_.author == author
                && !still_requested(target, override_)
        });
        for new in overrides {
            let overrides = self.by_target.entry(new.target).or_default();
            let stands = overrides.iter().any(|override_| {
                override_.origin == Origin::File
                    && override_.author == author
                    && override_.kind == new.kind
            });
            if stands {
                continue;
            }
            let override_ = new.override_(author, Origin::File, now);
            changes.set.push((new.target, override_.clone()));
            overrides.push(override_);
        }
        changes
    }

    /// Carries out a command.
    pub fn command(&mut self, command: &OverrideCommand, now: Moment) -> OverrideChanges {
        let mut changes = OverrideChanges::default();
        match command {
            OverrideCommand::Clear { targets, .. } => self.clear_commands(targets, &mut changes),
            OverrideCommand::Set { author, overrides } => {
                for new in overrides {
                    self.clear_commands(&[new.target], &mut changes);
                    let override_ = new.override_(author, Origin::OverrideCommand, now);
                    changes.set.push((new.target, override_.clone()));
                    self.by_target
                        .entry(new.target)
                        .or_default()
                        .push(override_);
                }
            }
        }
        changes
    }

    /// Overrides that a command would replace or end and that its author may not know of: those of other authors, and own ones that
    /// are stricter or last longer, so that a server would be back.
    #[must_use]
    pub fn in_the_way_of(
        &self,
        command: &OverrideCommand,
        now: Moment,
    ) -> Vec<(Target, Override, OverrideConflict)> {
        match command {
            OverrideCommand::Set { author, overrides } => {
                let conflicts = overrides.iter().flat_map(|new| {
                    let known = self.commanded(&new.target);
                    known.filter_map(|(target, known)| {
                        let conflict = new.conflict(author, &known, now)?;
                        Some((target, known, conflict))
                    })
                });
                conflicts.collect()
            }
            OverrideCommand::Clear { author, targets } => {
                let known = targets.iter().flat_map(|target| self.commanded(target));
                let others = known.filter(|(_, known)| known.author != *author);
                others
                    .map(|(target, known)| (target, known, OverrideConflict::OtherAuthor))
                    .collect()
            }
        }
    }

    /// The overrides of a server that commands have set.
    fn commanded(&self, target: &Target) -> impl Iterator<Item = (Target, Override)> {
        let target = *target;
        let known = self.about(&target).iter();
        known
            .filter(|known| known.origin == Origin::OverrideCommand)
            .map(move |known| (target, known.clone()))
    }

    /// Restores the overrides that commands had set before a restart.
    pub fn restore(&mut self, overrides: Vec<(Target, Override)>) {
        for (target, override_) in overrides {
            self.by_target.entry(target).or_default().push(override_);
        }
    }

    /// All overrides set by commands.
    #[must_use]
    pub fn by_command(&self) -> Vec<(Target, Override)> {
        let all = self.iter();
        all.filter(|(_, override_)| override_.origin == Origin::OverrideCommand)
            .map(|(target, override_)| (*target, override_.clone()))
            .collect()
    }

    pub fn iter(&self) -> impl Iterator<Item = (&Target, &Override)> {
        let all = self.by_target.iter();
        all.flat_map(|(target, overrides)| {
            overrides.iter().map(move |override_| (target, override_))
        })
    }

    fn clear_commands(&mut self, targets: &[Target], changes: &mut OverrideChanges) {
        self.clear(changes, |target, override_| {
            override_.origin == Origin::OverrideCommand && targets.contains(target)
        });
    }

    /// Clears the overrides that have expired.
    pub fn expire(&mut self, now: Moment) -> OverrideChanges {
        let mut changes = OverrideChanges::default();
        self.clear(&mut changes, |_, override_| {
            override_.expires.is_some_and(|expires| expires <= now)
        });
        changes
    }

    /// When the next override expires.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Moment> {
        let overrides = self.by_target.values().flatten();
        overrides.filter_map(|override_| override_.expires).min()
    }

    /// The overrides of a server, the oldest first.
    #[must_use]
    pub fn about(&self, target: &Target) -> &[Override] {
        self.by_target.get(target).map_or(&[], Vec::as_slice)
    }

    /// The override that applies to a server: the strictest one.
    #[must_use]
    pub fn ruling(&self, target: &Target) -> Option<&Override> {
        let overrides = self.about(target).iter();
        overrides.max_by_key(|override_| override_.kind.strictness())
    }

    /// The override that takes a server out of service, if there is one.
    #[must_use]
    pub fn taking_out(&self, target: &Target) -> Option<&Override> {
        self.ruling(target)
            .filter(|override_| override_.kind.takes_out())
    }

    fn clear(&mut self, changes: &mut OverrideChanges, over: impl Fn(&Target, &Override) -> bool) {
        for (target, overrides) in &mut self.by_target {
            let (gone, stay) = overrides
                .drain(..)
                .partition(|override_| over(target, override_));
            *overrides = stay;
            let gone: Vec<Override> = gone;
            changes
                .cleared
                .extend(gone.into_iter().map(|override_| (*target, override_)));
        }
        self.by_target.retain(|_, overrides| !overrides.is_empty());
    }
}

#[cfg(test)]
#[path = "overrides_tests.rs"]
mod tests;
