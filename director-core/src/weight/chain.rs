//! A chain of weights and the words of each link.

use std::fmt;
use std::time::Duration;

use crate::health::{Advice, Health};
use crate::model::{LARGEST_WEIGHT, MOST_TIMES_CONFIGURED, Then};
use crate::moment::Moment;
use crate::overrides::Override;
use crate::recovery::{DrainEnd, Shortage};

/// The links of one server, the first one first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Chain<'a> {
    links: Vec<Link<'a>>,
}

/// One link: what the weight is after it, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Link<'a> {
    /// The weight from here on; none when the server is not to be in the table.
    pub weight: Option<u32>,
    /// Since when this holds; none when that is not known, or as old as the definitions.
    pub since: Option<Moment>,
    /// Why.
    pub reason: WeightReason<'a>,
}

/// Why a link changes a weight, or leaves it.
#[derive(Debug, Clone, PartialEq)]
pub enum WeightReason<'a> {
    /// The definitions say so.
    Defined,
    /// The source of its weight.
    WeightFrom(&'a Advice),
    /// Its agent.
    Agent(&'a Advice),
    /// Advice wanted more than it may give.
    Limited {
        /// The weight before.
        wanted: u32,
    },
    /// The health of the server.
    SavedHealth {
        /// What is known of it.
        health: &'a Health,
        /// Time for which it is held out, when it changed too often.
        held_for: Option<Duration>,
        /// Whether damping holds it out; it does not where no other server is up.
        damped: bool,
    },
    /// A override.
    Override(&'a Override),
    /// Weights are multiplied, so that a slow start has room.
    Room(u32),
    /// It returns little by little.
    SlowStart {
        /// The share that it has now, per cent.
        percent: u32,
        /// Time to the full weight.
        left: Duration,
    },
    /// Its tier is not needed: this one and those below it have enough available servers.
    Standby(u32),
    /// Too few servers are available, and health is ignored.
    KeptAll(Shortage),
    /// Too few servers are available, and the fallback serves in their place.
    GivenUp(Shortage),
    /// Too few servers are available, and the service is withdrawn.
    Withdrawn(Shortage),
    /// It is the fallback, and real servers are available.
    FallbackWaits,
    /// It is the fallback, and whether real servers are available is not known yet.
    FallbackUndecided,
    /// It is the fallback, and no real server is available.
    FallbackServes,
    /// It is the fallback, and too few real servers are available.
    FallbackReplaces(Shortage),
    /// It is no longer defined.
    NoLongerDefined,
    /// It leaves when its connections have ended, or when time is up.
    Draining {
        /// Connections that are active.
        active: u32,
        /// Time left; none when it may take as long as it takes.
        left: Option<Duration>,
        /// What happens at the end.
        then: Then,
    },
    /// Its drain is over.
    Drained(DrainEnd, Then),
    /// It is no longer defined and serves until its successors have been probed.
    SuccessorsUnknown,
    /// It is not defined, and another program made it before this director began.
    FoundInKernel,
    /// The same, and it serves until those that are defined have been probed.
    FoundServing,
    /// A host name of its service has no address yet, and it may be that server.
    PerhapsNamed,
}

/// A link in words, for whoever shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExplainedLink {
    /// What kind of link, in one word.
    pub what: &'static str,
    /// The weight from here on; none when the server is not to be in the table.
    pub weight: Option<u32>,
    /// Since when this holds.
    pub since: Option<Moment>,
    /// Why.
    pub cause: String,
}

impl<'a> Chain<'a> {
    /// A chain of one link.
    #[must_use]
    pub fn of(link: Link<'a>) -> Self {
        Self { links: vec![link] }
    }

    /// The weight at its end; none when the server is not to be in the table.
    #[must_use]
    pub fn weight(&self) -> Option<u32> {
        self.links.last().and_then(|link| link.weight)
    }

    /// The links.
    #[must_use]
    pub fn links(&self) -> &[Link<'a>] {
        &self.links
    }

    /// The reason to show when there is room for one: the last link that changed the weight as it is defined, or, when
    /// none did, the last of all.
    #[must_use]
    pub fn main_reason(&self) -> Option<&Link<'a>> {
        main_reason_of(&self.links)
    }

    /// Why a server drains, while it does.
    #[must_use]
    pub fn reason_of_drain(&self) -> Option<&Link<'a>> {
        let (drain, before) = self.links.split_last()?;
        let drains = matches!(drain.reason, WeightReason::Draining { .. });
        main_reason_of(before).filter(|_| drains)
    }

    /// Adds a link at the end.
    pub fn push(&mut self, link: Link<'a>) {
        self.links.push(link);
    }

    /// All links in words.
    #[must_use]
    pub fn explained(&self) -> Vec<ExplainedLink> {
        let explain = |link: &Link<'_>| ExplainedLink {
            what: link.reason.what(),
            weight: link.weight,
            since: link.since,
            cause: link.reason.to_string(),
        };
        self.links.iter().map(explain).collect()
    }
}

/// The last link that changed the weight as it is defined, or, when none did, the last of all.
fn main_reason_of<'a, 'b>(links: &'b [Link<'a>]) -> Option<&'b Link<'a>> {
    let changes = |pair: &&[Link<'a>]| {
        let defined = matches!(pair[1].reason, WeightReason::Room(_));
        pair[0].weight != pair[1].weight && !defined
    };
    let changed = links.windows(2).rev().find(changes);
    changed.map(|pair| &pair[1]).or(links.last())
}

impl WeightReason<'_> {
    /// The kind of link in one word.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self {
            Self::Defined => "defined",
            Self::WeightFrom(_) => "weight",
            Self::Agent(_) => "agent",
            Self::Limited { .. } => "limit",
            Self::SavedHealth { .. } => "health",
            Self::Override(_) => "override",
            Self::Room(_) => "room",
            Self::SlowStart { .. } => "slow start",
            Self::Standby(_) => "tier",
            Self::KeptAll(_) | Self::GivenUp(_) | Self::Withdrawn(_) => "minimum",
            Self::FallbackWaits
            | Self::FallbackUndecided
            | Self::FallbackServes
            | Self::FallbackReplaces(_) => "fallback",
            Self::SuccessorsUnknown
            | Self::NoLongerDefined
            | Self::FoundInKernel
            | Self::FoundServing => "leaving",
            Self::PerhapsNamed => "name",
            Self::Draining { .. } | Self::Drained(..) => "drain",
        }
    }
}

impl fmt::Display for WeightReason<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defined => f.write_str("as configured"),
            Self::WeightFrom(advice) | Self::Agent(advice) => advised(f, advice),
            Self::SavedHealth {
                health,
                held_for,
                damped,
            } => judged(f, health, *held_for, *damped),
            Self::Limited { wanted } => write!(
                f,
                "limited from {wanted}: agents and weight sources give at most {MOST_TIMES_CONFIGURED} times the \
                 configured weight, and no more than {LARGEST_WEIGHT}"
            ),
            Self::Override(override_) => {
                write!(f, "{override_} (override by {})", override_.author)
            }
            Self::Room(factor) => write!(f, "multiplied by {factor} for slow start"),
            Self::SlowStart { percent, left } => {
                write!(f, "slow start at {percent} %, {} left", Span(*left))
            }
            Self::Standby(open) => {
                write!(f, "standby: tiers up to {open} have enough servers")
            }
            Self::KeptAll(shortage) => write!(f, "{shortage}: ignoring health, all servers serve"),
            Self::GivenUp(shortage) => write!(f, "{shortage}: using the fallback"),
            Self::Withdrawn(shortage) => write!(f, "{shortage}: service withdrawn"),
            Self::FallbackWaits => f.write_str("a real server is available"),
            Self::FallbackUndecided => f.write_str("the real servers have not been checked yet"),
            Self::FallbackReplaces(shortage) => shortage.fmt(f),
            Self::NoLongerDefined => f.write_str("no longer configured"),
            Self::Draining { active, left, then } => draining(f, *active, *left, *then),
            Self::Drained(DrainEnd::Empty, _) => f.write_str("drained, no active connections"),
            Self::Drained(DrainEnd::TimedOut(left), then) => {
                let fate = match then {
                    Then::Remove => "ended",
                    Then::Keep => "left",
                };
                write!(f, "drain timeout, {} {fate}", connections(*left))
            }
            Self::FallbackServes => f.write_str("no real server is available"),
            Self::SuccessorsUnknown => {
                f.write_str("no longer configured, serves until the others have been checked")
            }
            Self::FoundInKernel => f.write_str("not configured, found in the kernel at the start"),
            Self::FoundServing => f.write_str(
                "not configured, found in the kernel at the start; serves until the others have been checked",
            ),
            Self::PerhapsNamed => f.write_str(
                "serves until the host names of its service are resolved; it may be one of them",
            ),
        }
    }
}

fn advised(f: &mut fmt::Formatter<'_>, advice: &Advice) -> fmt::Result {
    write!(f, "says \"{}\"", advice.heard)?;
    if let Some((_, why)) = &advice.silent {
        write!(f, "; now unreachable ({why})")?;
    }
    Ok(())
}

fn judged(
    f: &mut fmt::Formatter<'_>,
    health: &Health,
    held_for: Option<Duration>,
    damped: bool,
) -> fmt::Result {
    let assumed = if health.assumed { "assumed " } else { "" };
    write!(f, "{assumed}{}: {}", health.state, health.reason)?;
    match held_for {
        Some(left) if damped => write!(f, "; flapping, kept down for {} more", Span(left)),
        Some(_) => f.write_str("; flapping, and serves since no other server is up"),
        None => Ok(()),
    }
}

fn draining(
    f: &mut fmt::Formatter<'_>,
    active: u32,
    left: Option<Duration>,
    then: Then,
) -> fmt::Result {
    write!(f, "draining: {} left", connections(active))?;
    if let Some(left) = left {
        let then = match then {
            Then::Remove => "removed",
            Then::Keep => "kept, without new ones",
        };
        write!(f, ", {} left, then {then}", Span(left))?;
    }
    Ok(())
}

fn connections(count: u32) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} active connection{plural}")
}

/// A time span in whole seconds or minutes.
struct Span(Duration);

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_millis().div_ceil(1000);
        if seconds < 60 {
            write!(f, "{seconds} s")
        } else {
            write!(f, "{}m{:02}s", seconds / 60, seconds % 60)
        }
    }
}
