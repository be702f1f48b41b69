//! Standing orders: what people have said about a real server. An order takes effect at once; the server is still asked,
//! so that it is judged by the time the order is lifted. No order puts a server into service that is known to be bad.
//!
//! There are two ways to give one. By command: one order a server, the newest counts, and it is remembered over a
//! restart. By a file: an author gives all of their orders at once and replaces those they gave before, so that nothing
//! is lost or left behind when a message is; the files themselves remember. This file decides nothing about the table;
//! [`crate::weighing`] honours the orders.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::model::{Endpoint, ServiceId};
use crate::moment::Moment;

/// A real server of a virtual service.
pub type Target = (ServiceId, Endpoint);

/// What is ordered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum OrderKind {
    /// The server is out, as if it had failed: removed or quiesced as its service says.
    Maintenance,
    /// It gets no new connections; those that are open go on to their end.
    Drain,
    /// It leaves the table at once, with its connections.
    Disable,
    /// It has this weight in place of the defined one while it is in service.
    Weight(u32),
}

impl OrderKind {
    /// Whether it takes a server out of service.
    #[must_use]
    pub fn takes_out(self) -> bool {
        self.strictness() > 0
    }

    /// Of several orders about a server the strictest counts.
    fn strictness(self) -> u8 {
        match self {
            Self::Disable => 3,
            Self::Maintenance => 2,
            Self::Drain | Self::Weight(0) => 1,
            Self::Weight(_) => 0,
        }
    }
}

impl fmt::Display for OrderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Maintenance => f.write_str("maintenance"),
            Self::Drain => f.write_str("drain"),
            Self::Disable => f.write_str("disable"),
            Self::Weight(weight) => write!(f, "weight {weight}"),
        }
    }
}

/// How an order was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// By a file, and it stands while the file is there.
    #[default]
    File,
    /// By a command, and it stands until it is lifted or lapses.
    Command,
}

/// What somebody commands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// Gives orders; each takes the place of the one that was commanded about that server before.
    Give {
        /// Who orders.
        author: String,
        /// The orders.
        instructions: Vec<Instruction>,
    },
    /// Lifts what was commanded about these servers.
    Lift {
        /// Who lifts.
        author: String,
        /// The servers.
        targets: Vec<Target>,
    },
}

/// An order as it is given.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instruction {
    /// Whom it concerns; a server that is not defined may be named.
    pub target: Target,
    /// What is ordered.
    pub kind: OrderKind,
    /// Why, in words.
    pub reason: String,
    /// How long it stands; until it is lifted when nothing is said.
    pub lasts: Option<Duration>,
}

impl Instruction {
    fn order(&self, author: &str, origin: Origin, now: Moment) -> Order {
        Order {
            kind: self.kind,
            author: author.to_owned(),
            reason: self.reason.clone(),
            since: now,
            expires: self.lasts.map(|lasts| now + lasts),
            origin,
        }
    }
}

/// An order in force.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// What is ordered.
    pub kind: OrderKind,
    /// Who ordered it.
    pub author: String,
    /// Why, in words.
    pub reason: String,
    /// Since when it stands.
    pub since: Moment,
    /// When it lapses; never when nothing is said.
    pub expires: Option<Moment>,
    /// How it was given.
    #[serde(default)]
    pub origin: Origin,
}

impl fmt::Display for Order {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.reason)
    }
}

/// What became of the orders.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OrderChanges {
    /// New ones.
    pub given: Vec<(Target, Order)>,
    /// Those that stand no longer.
    pub lifted: Vec<(Target, Order)>,
}

/// All orders in force.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Orders {
    by_target: BTreeMap<Target, Vec<Order>>,
}

impl Orders {
    /// Replaces all orders that this author has given by files. One that stands unchanged keeps its beginning and its end.
    pub fn replace(
        &mut self,
        author: &str,
        instructions: &[Instruction],
        now: Moment,
    ) -> OrderChanges {
        let mut changes = OrderChanges::default();
        let still_given = |target: &Target, order: &Order| {
            instructions.iter().any(|given| {
                given.target == *target && given.kind == order.kind && given.reason == order.reason
            })
        };
        self.lift(&mut changes, |target, order| {
            order.origin == Origin::File && order.author == author && !still_given(target, order)
        });
        for given in instructions {
            let orders = self.by_target.entry(given.target).or_default();
            let stands = orders.iter().any(|order| {
                order.origin == Origin::File && order.author == author && order.kind == given.kind
            });
            if stands {
                continue;
            }
            let order = given.order(author, Origin::File, now);
            changes.given.push((given.target, order.clone()));
            orders.push(order);
        }
        changes
    }

    /// Does what is commanded.
    pub fn command(&mut self, command: &Command, now: Moment) -> OrderChanges {
        let mut changes = OrderChanges::default();
        match command {
            Command::Lift { targets, .. } => self.lift_commands(targets, &mut changes),
            Command::Give {
                author,
                instructions,
            } => {
                for given in instructions {
                    self.lift_commands(&[given.target], &mut changes);
                    let order = given.order(author, Origin::Command, now);
                    changes.given.push((given.target, order.clone()));
                    self.by_target.entry(given.target).or_default().push(order);
                }
            }
        }
        changes
    }

    /// Takes back orders that were commanded before a restart.
    pub fn restore(&mut self, orders: Vec<(Target, Order)>) {
        for (target, order) in orders {
            self.by_target.entry(target).or_default().push(order);
        }
    }

    /// All orders that were commanded.
    #[must_use]
    pub fn by_command(&self) -> Vec<(Target, Order)> {
        let all = self.iter();
        all.filter(|(_, order)| order.origin == Origin::Command)
            .map(|(target, order)| (*target, order.clone()))
            .collect()
    }

    /// All orders with their servers.
    pub fn iter(&self) -> impl Iterator<Item = (&Target, &Order)> {
        let all = self.by_target.iter();
        all.flat_map(|(target, orders)| orders.iter().map(move |order| (target, order)))
    }

    fn lift_commands(&mut self, targets: &[Target], changes: &mut OrderChanges) {
        self.lift(changes, |target, order| {
            order.origin == Origin::Command && targets.contains(target)
        });
    }

    /// Lifts the orders whose time is over.
    pub fn expire(&mut self, now: Moment) -> OrderChanges {
        let mut changes = OrderChanges::default();
        self.lift(&mut changes, |_, order| {
            order.expires.is_some_and(|expires| expires <= now)
        });
        changes
    }

    /// When the next order lapses.
    #[must_use]
    pub fn next_expiry(&self) -> Option<Moment> {
        let orders = self.by_target.values().flatten();
        orders.filter_map(|order| order.expires).min()
    }

    /// The orders about a server, the oldest first.
    #[must_use]
    pub fn about(&self, target: &Target) -> &[Order] {
        self.by_target.get(target).map_or(&[], Vec::as_slice)
    }

    /// The order that rules a server: the strictest one.
    #[must_use]
    pub fn ruling(&self, target: &Target) -> Option<&Order> {
        let orders = self.about(target).iter();
        orders.max_by_key(|order| order.kind.strictness())
    }

    /// The order that takes a server out of service, if there is one.
    #[must_use]
    pub fn taking_out(&self, target: &Target) -> Option<&Order> {
        self.ruling(target).filter(|order| order.kind.takes_out())
    }

    fn lift(&mut self, changes: &mut OrderChanges, over: impl Fn(&Target, &Order) -> bool) {
        for (target, orders) in &mut self.by_target {
            let (gone, stay) = orders.drain(..).partition(|order| over(target, order));
            *orders = stay;
            let gone: Vec<Order> = gone;
            changes
                .lifted
                .extend(gone.into_iter().map(|order| (*target, order)));
        }
        self.by_target.retain(|_, orders| !orders.is_empty());
    }
}

#[cfg(test)]
#[path = "overrides_tests.rs"]
mod tests;
