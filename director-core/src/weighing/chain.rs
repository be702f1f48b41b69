//! A chain of weights and the words of each link.

use std::fmt;

use crate::health::{Health, Verdict};
use crate::moment::Moment;
use crate::overrides::Order;

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
    pub because: Because<'a>,
}

/// Why a link changes a weight, or leaves it.
#[derive(Debug, Clone, PartialEq)]
pub enum Because<'a> {
    /// The definitions say so.
    Defined,
    /// The verdict over the server.
    Judged(&'a Health),
    /// A standing order.
    Ordered(&'a Order),
    /// It is the fallback, and real servers are available, or that is not known yet.
    FallbackWaits,
    /// It is the fallback, and no real server is available.
    FallbackServes,
    /// It is no longer defined and serves until its successors have been asked.
    SuccessorsUnknown,
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

    /// The last link that changed the weight: the reason to show when there is room for one.
    #[must_use]
    pub fn decisive(&self) -> Option<&Link<'a>> {
        let changes = |place: &usize| {
            let before = place
                .checked_sub(1)
                .and_then(|before| self.links[before].weight);
            self.links[*place].weight != before
        };
        let place = (0..self.links.len()).rev().find(changes)?;
        self.links.get(place)
    }

    /// Adds a link at the end.
    pub fn push(&mut self, link: Link<'a>) {
        self.links.push(link);
    }

    /// All links in words.
    #[must_use]
    pub fn explained(&self) -> Vec<ExplainedLink> {
        let explain = |link: &Link<'_>| ExplainedLink {
            what: link.because.what(),
            weight: link.weight,
            since: link.since,
            cause: link.because.to_string(),
        };
        self.links.iter().map(explain).collect()
    }
}

impl Because<'_> {
    /// The kind of link in one word.
    #[must_use]
    pub fn what(&self) -> &'static str {
        match self {
            Self::Defined => "defined",
            Self::Judged(_) => "verdict",
            Self::Ordered(_) => "order",
            Self::FallbackWaits | Self::FallbackServes => "fallback",
            Self::SuccessorsUnknown => "leaving",
        }
    }
}

impl fmt::Display for Because<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defined => f.write_str("as the definitions say"),
            Self::Judged(health) => judged(f, health),
            Self::Ordered(order) => write!(f, "{order} (ordered by {})", order.author),
            Self::FallbackWaits => f.write_str("it waits for the last real server to go"),
            Self::FallbackServes => f.write_str("no real server is available"),
            Self::SuccessorsUnknown => {
                f.write_str("no longer defined, serves until the others have been asked")
            }
        }
    }
}

fn judged(f: &mut fmt::Formatter<'_>, health: &Health) -> fmt::Result {
    let presumed = if health.presumed { "presumed " } else { "" };
    write!(f, "{presumed}{}: {}", health.verdict, health.reason)?;
    if health.verdict == Verdict::Up && !health.is_available() {
        f.write_str("; it changes too often and is held out")?;
    }
    Ok(())
}
