//! Standing orders: what people have said about a real server. An order stands above every verdict and takes effect at
//! once; the server is still asked, so that it is judged by the time the order is lifted.
//!
//! Each author gives all of their orders at once and replaces those they gave before, so that nothing is lost or left
//! behind when a message is. This file decides nothing about the table; [`crate::desired`] honours the orders.

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
}

impl fmt::Display for OrderKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Maintenance => "maintenance",
        })
    }
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
    /// Replaces all orders of this author. One that stands unchanged keeps its beginning and its end.
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
            order.author == author && !still_given(target, order)
        });
        for given in instructions {
            let orders = self.by_target.entry(given.target).or_default();
            let stands = orders
                .iter()
                .any(|order| order.author == author && order.kind == given.kind);
            if stands {
                continue;
            }
            let order = Order {
                kind: given.kind,
                author: author.to_owned(),
                reason: given.reason.clone(),
                since: now,
                expires: given.lasts.map(|lasts| now + lasts),
            };
            changes.given.push((given.target, order.clone()));
            orders.push(order);
        }
        changes
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

    /// The order that takes a server out of service, if there is one.
    #[must_use]
    pub fn taking_out(&self, target: &Target) -> Option<&Order> {
        self.about(target)
            .iter()
            .find(|order| order.kind == OrderKind::Maintenance)
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
mod tests {
    use super::*;
    use crate::model::Protocol;

    fn target(last: u8) -> Target {
        let service = ServiceId::Address {
            protocol: Protocol::Tcp,
            vip: [192, 0, 2, 10].into(),
            port: 80,
        };
        let server = Endpoint {
            address: [10, 0, 0, last].into(),
            port: 80,
        };
        (service, server)
    }

    fn instruction(last: u8, reason: &str, lasts: Option<u64>) -> Instruction {
        Instruction {
            target: target(last),
            kind: OrderKind::Maintenance,
            reason: reason.to_owned(),
            lasts: lasts.map(Duration::from_secs),
        }
    }

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    #[test]
    fn an_author_replaces_only_orders_of_their_own_and_what_stands_keeps_its_beginning() {
        let mut orders = Orders::default();
        orders.replace("ann", &[instruction(1, "a", None)], at(1));
        orders.replace(
            "ben",
            &[instruction(1, "b", None), instruction(2, "b", None)],
            at(2),
        );
        let changes = orders.replace("ben", &[instruction(1, "b", None)], at(3));
        assert_eq!((changes.given.len(), changes.lifted.len()), (0, 1));
        assert_eq!(changes.lifted[0].0, target(2));
        let since: Vec<_> = orders
            .about(&target(1))
            .iter()
            .map(|o| (o.author.as_str(), o.since))
            .collect();
        assert_eq!(since, [("ann", at(1)), ("ben", at(2))]);
        assert_eq!(orders.taking_out(&target(2)), None);
    }

    #[test]
    fn another_reason_is_another_order() {
        let mut orders = Orders::default();
        orders.replace("ann", &[instruction(1, "kernel", None)], at(1));
        let changes = orders.replace("ann", &[instruction(1, "disk", None)], at(2));
        assert_eq!((changes.given.len(), changes.lifted.len()), (1, 1));
        assert_eq!(orders.about(&target(1)).len(), 1);
    }

    #[test]
    fn an_order_lapses_at_its_end_and_not_before() {
        let mut orders = Orders::default();
        orders.replace("ann", &[instruction(1, "a", Some(30))], at(1));
        assert_eq!(orders.next_expiry(), Some(at(31)));
        assert_eq!(orders.expire(at(30)), OrderChanges::default());
        assert_eq!(orders.expire(at(31)).lifted.len(), 1);
        assert_eq!(
            (orders.taking_out(&target(1)), orders.next_expiry()),
            (None, None)
        );
    }
}
