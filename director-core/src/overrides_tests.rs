//! Orders come, stand and go.

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

fn commanded(last: u8, kind: OrderKind, lasts: Option<u64>) -> Command {
    Command::Give {
        author: "ann".to_owned(),
        instructions: vec![Instruction {
            kind,
            ..instruction(last, "kernel upgrade", lasts)
        }],
    }
}

#[test]
fn of_two_commands_about_a_server_the_newer_counts_and_files_stay_apart() {
    let mut orders = Orders::default();
    orders.replace("files", &[instruction(1, "a file", None)], at(1));
    orders.command(&commanded(1, OrderKind::Drain, None), at(2));
    let changes = orders.command(&commanded(1, OrderKind::Weight(3), None), at(3));
    assert_eq!((changes.given.len(), changes.lifted.len()), (1, 1));
    let kinds: Vec<_> = orders.about(&target(1)).iter().map(|o| o.kind).collect();
    assert_eq!(kinds, [OrderKind::Maintenance, OrderKind::Weight(3)]);
    let lift = Command::Lift {
        author: "ben".to_owned(),
        targets: vec![target(1)],
    };
    assert_eq!(orders.command(&lift, at(4)).lifted.len(), 1);
    let left = orders.taking_out(&target(1)).map(|order| order.kind);
    assert_eq!(left, Some(OrderKind::Maintenance));
}

#[test]
fn the_strictest_order_rules_and_a_weight_takes_nobody_out() {
    let mut orders = Orders::default();
    orders.command(&commanded(1, OrderKind::Weight(3), None), at(1));
    let kind = |order: &Order| order.kind;
    assert_eq!(orders.taking_out(&target(1)).map(kind), None);
    assert_eq!(
        orders.ruling(&target(1)).map(kind),
        Some(OrderKind::Weight(3))
    );
    orders.replace("files", &[instruction(1, "a file", None)], at(2));
    assert_eq!(
        orders.ruling(&target(1)).map(kind),
        Some(OrderKind::Maintenance)
    );
    orders.command(&commanded(1, OrderKind::Disable, None), at(3));
    assert_eq!(
        orders.ruling(&target(1)).map(kind),
        Some(OrderKind::Disable)
    );
}

#[test]
fn only_what_was_commanded_is_remembered_and_it_lapses_at_its_own_time() {
    let mut orders = Orders::default();
    orders.replace("files", &[instruction(1, "a file", None)], at(1));
    orders.command(&commanded(2, OrderKind::Drain, Some(60)), at(2));
    let mut after_restart = Orders::default();
    after_restart.restore(orders.by_command());
    assert_eq!(after_restart.about(&target(1)), []);
    assert_eq!(after_restart.next_expiry(), Some(at(62)));
}
