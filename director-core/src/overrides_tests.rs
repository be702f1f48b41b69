//! Overrides come, stand and go.

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

fn new_override(last: u8, reason: &str, lasts: Option<u64>) -> NewOverride {
    NewOverride {
        target: target(last),
        kind: OverrideKind::Maintenance,
        reason: reason.to_owned(),
        lasts: lasts.map(Duration::from_secs),
    }
}

fn at(seconds: u64) -> Moment {
    Moment::after_start(Duration::from_secs(seconds))
}

fn set(author: &str, kind: OverrideKind) -> OverrideCommand {
    OverrideCommand::Set {
        author: author.to_owned(),
        overrides: vec![NewOverride {
            kind,
            ..new_override(1, "disk broken", None)
        }],
    }
}

#[test]
fn what_another_author_has_set_or_what_is_stricter_stands_in_the_way() {
    use OverrideKind::{Disable, Drain, Maintenance, Weight};
    for (former, author, kind, stands) in [
        (Disable, "ben", Drain, true),
        (Disable, "ben", Disable, true),
        (Drain, "ben", Disable, true),
        (Weight(5), "ben", Weight(6), true),
        (Disable, "ann", Drain, true),
        (Maintenance, "ann", Weight(5), true),
        (Drain, "ann", Disable, false),
        (Drain, "ann", Drain, false),
        (Weight(0), "ann", Weight(5), false),
        (Weight(5), "ann", Drain, false),
    ] {
        let mut overrides = Overrides::default();
        overrides.command(&set("ann", former), at(1));
        let found = overrides.in_the_way_of(&set(author, kind), at(2));
        assert_eq!(
            !found.is_empty(),
            stands,
            "{former} of ann, {kind} of {author}"
        );
    }
    let mut overrides = Overrides::default();
    overrides.replace("maintenance", &[new_override(1, "file", None)], at(1));
    assert_eq!(
        overrides.in_the_way_of(&set("ben", Drain), at(2)),
        Vec::new(),
        "a file replaces nothing"
    );
    overrides.command(&set("ann", Drain), at(2));
    for (author, stands) in [("ann", 0), ("ben", 1)] {
        let clear = OverrideCommand::Clear {
            author: author.to_owned(),
            targets: vec![target(1)],
        };
        let found = overrides.in_the_way_of(&clear, at(3));
        assert_eq!(found.len(), stands, "cleared by {author}");
    }
}

#[test]
fn what_takes_a_server_out_for_longer_stands_in_the_way_of_its_author_too() {
    let lasting = |seconds: Option<u64>| OverrideCommand::Set {
        author: "ann".to_owned(),
        overrides: vec![new_override(1, "disk broken", seconds)],
    };
    for (former, new, stands) in [
        (None, Some(600), true),
        (None, None, false),
        (Some(600), Some(60), true),
        (Some(600), Some(590), false),
        (Some(60), Some(600), false),
        (Some(60), None, false),
    ] {
        let mut overrides = Overrides::default();
        overrides.command(&lasting(former), at(1));
        let found = overrides.in_the_way_of(&lasting(new), at(11));
        let conflicts: Vec<_> = found.iter().map(|(.., conflict)| *conflict).collect();
        let expected: &[_] = if stands {
            &[OverrideConflict::LastsLonger]
        } else {
            &[]
        };
        assert_eq!(conflicts, expected, "{former:?}, then {new:?}");
    }
}

#[test]
fn an_author_replaces_only_own_overrides_and_an_unchanged_one_keeps_its_start() {
    let mut overrides = Overrides::default();
    overrides.replace("ann", &[new_override(1, "a", None)], at(1));
    overrides.replace(
        "ben",
        &[new_override(1, "b", None), new_override(2, "b", None)],
        at(2),
    );
    let changes = overrides.replace("ben", &[new_override(1, "b", None)], at(3));
    assert_eq!((changes.set.len(), changes.cleared.len()), (0, 1));
    assert_eq!(changes.cleared[0].0, target(2));
    let since: Vec<_> = overrides
        .about(&target(1))
        .iter()
        .map(|o| (o.author.as_str(), o.since))
        .collect();
    assert_eq!(since, [("ann", at(1)), ("ben", at(2))]);
    assert_eq!(overrides.taking_out(&target(2)), None);
}

#[test]
fn another_reason_is_another_override() {
    let mut overrides = Overrides::default();
    overrides.replace("ann", &[new_override(1, "kernel", None)], at(1));
    let changes = overrides.replace("ann", &[new_override(1, "disk", None)], at(2));
    assert_eq!((changes.set.len(), changes.cleared.len()), (1, 1));
    assert_eq!(overrides.about(&target(1)).len(), 1);
}

#[test]
fn an_override_expires_at_its_end_and_not_before() {
    let mut overrides = Overrides::default();
    overrides.replace("ann", &[new_override(1, "a", Some(30))], at(1));
    assert_eq!(overrides.next_expiry(), Some(at(31)));
    assert_eq!(overrides.expire(at(30)), OverrideChanges::default());
    assert_eq!(overrides.expire(at(31)).cleared.len(), 1);
    assert_eq!(
        (overrides.taking_out(&target(1)), overrides.next_expiry()),
        (None, None)
    );
}

fn override_commanded(last: u8, kind: OverrideKind, lasts: Option<u64>) -> OverrideCommand {
    OverrideCommand::Set {
        author: "ann".to_owned(),
        overrides: vec![NewOverride {
            kind,
            ..new_override(last, "kernel upgrade", lasts)
        }],
    }
}

#[test]
fn of_two_commands_about_a_server_the_newer_counts_and_files_stay_apart() {
    let mut overrides = Overrides::default();
    overrides.replace("files", &[new_override(1, "a file", None)], at(1));
    overrides.command(&override_commanded(1, OverrideKind::Drain, None), at(2));
    let changes = overrides.command(&override_commanded(1, OverrideKind::Weight(3), None), at(3));
    assert_eq!((changes.set.len(), changes.cleared.len()), (1, 1));
    let kinds: Vec<_> = overrides.about(&target(1)).iter().map(|o| o.kind).collect();
    assert_eq!(kinds, [OverrideKind::Maintenance, OverrideKind::Weight(3)]);
    let clear = OverrideCommand::Clear {
        author: "ben".to_owned(),
        targets: vec![target(1)],
    };
    assert_eq!(overrides.command(&clear, at(4)).cleared.len(), 1);
    let left = overrides
        .taking_out(&target(1))
        .map(|override_| override_.kind);
    assert_eq!(left, Some(OverrideKind::Maintenance));
}

#[test]
fn the_strictest_override_applies_and_a_weight_takes_no_server_out() {
    let mut overrides = Overrides::default();
    overrides.command(&override_commanded(1, OverrideKind::Weight(3), None), at(1));
    let kind = |override_: &Override| override_.kind;
    assert_eq!(overrides.taking_out(&target(1)).map(kind), None);
    assert_eq!(
        overrides.ruling(&target(1)).map(kind),
        Some(OverrideKind::Weight(3))
    );
    overrides.replace("files", &[new_override(1, "a file", None)], at(2));
    assert_eq!(
        overrides.ruling(&target(1)).map(kind),
        Some(OverrideKind::Maintenance)
    );
    overrides.command(&override_commanded(1, OverrideKind::Disable, None), at(3));
    assert_eq!(
        overrides.ruling(&target(1)).map(kind),
        Some(OverrideKind::Disable)
    );
}

#[test]
fn only_overrides_by_command_are_stored_and_they_expire_on_time() {
    let mut overrides = Overrides::default();
    overrides.replace("files", &[new_override(1, "a file", None)], at(1));
    overrides.command(&override_commanded(2, OverrideKind::Drain, Some(60)), at(2));
    let mut after_restart = Overrides::default();
    after_restart.restore(overrides.by_command());
    assert_eq!(after_restart.about(&target(1)), []);
    assert_eq!(after_restart.next_expiry(), Some(at(62)));
}
