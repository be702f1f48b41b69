//! Alerts on a virtual clock: mails, fallback commands, monitor lines, and overrides.

mod world;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use director_core::director::{Event, Notice};
use director_core::model::{OnFailure, OnStop};
use director_core::notify::{
    AlertSettings, Envelope, MailAlert, MonitorFile, Notification, Phase, ServiceAlerts,
};
use director_core::overrides::{NewOverride, OverrideKind};
use director_core::table::Table;
use world::{Brief, World, address, endpoint, service_id};

const VIP: &str = "192.0.2.10";
const ONE: &str = "10.0.0.11";
const TWO: &str = "10.0.0.12";
const SORRY: &str = "10.0.0.99";

fn pair() -> Brief {
    Brief {
        fallback: Some(SORRY),
        ..Brief::new(VIP, &[(ONE, 3), (TWO, 1)])
    }
}

fn seconds(count: u64) -> Duration {
    Duration::from_secs(count)
}

fn mail_alert(repeat: Option<u64>, phases: &[Phase]) -> ServiceAlerts {
    ServiceAlerts {
        mail: Some(MailAlert {
            envelope: Envelope {
                to: vec!["ops@example.org".to_owned()],
                ..Envelope::default()
            },
            repeat_every: repeat.map(seconds),
            phases: phases.iter().copied().collect(),
        }),
        ..ServiceAlerts::default()
    }
}

fn with_alerts(world: &mut World, alerts: ServiceAlerts) {
    let alerts = AlertSettings {
        maintenance_directory: None,
        services: [(service_id(VIP), alerts)].into(),
    };
    world.event(Event::AlertsLoaded {
        alerts: Arc::new(alerts),
    });
}

fn start(brief: Brief, alerts: ServiceAlerts) -> World {
    let mut world = World::new(Table::default());
    with_alerts(&mut world, alerts);
    world.load(&[brief]);
    world.run(seconds(3));
    world
}

fn maintenance(server: &str, lasts: Option<u64>) -> NewOverride {
    NewOverride {
        target: (service_id(VIP), endpoint(server)),
        kind: OverrideKind::Maintenance,
        reason: format!("file /maintenance/{server}:80"),
        lasts: lasts.map(seconds),
    }
}

fn override_(world: &mut World, overrides: Vec<NewOverride>) {
    world.event(Event::FileOverrides {
        author: "maintenance directory".to_owned(),
        overrides,
    });
}

/// What was sent, as "phase: event".
fn mails(world: &mut World) -> Vec<String> {
    let alerts = std::mem::take(&mut world.alerts);
    let mails = alerts
        .into_iter()
        .filter_map(|notification| match notification {
            Notification::Mail(mail) => Some(format!("{}: {}", mail.phase, mail.event)),
            _ => None,
        });
    mails.collect()
}

fn commands(world: &mut World) -> Vec<String> {
    let alerts = std::mem::take(&mut world.alerts);
    let commands = alerts
        .into_iter()
        .filter_map(|notification| match notification {
            Notification::Command(command) => Some(command.command_line),
            _ => None,
        });
    commands.collect()
}

#[test]
fn an_override_removes_a_server_at_once_and_clearing_it_restores_the_server_at_once() {
    let mut world = start(Brief { fall: 5, ..pair() }, ServiceAlerts::default());
    override_(&mut world, vec![maintenance(ONE, None)]);
    assert_eq!(
        (world.weight(VIP, ONE), world.weight(VIP, TWO)),
        (None, Some(1))
    );
    world.run(seconds(60));
    assert_eq!(world.weight(VIP, ONE), None);
    override_(&mut world, vec![]);
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn an_override_quiesces_where_failed_servers_are_quiesced() {
    let brief = Brief {
        on_failure: OnFailure::Quiesce,
        ..pair()
    };
    let mut world = start(brief, ServiceAlerts::default());
    override_(&mut world, vec![maintenance(ONE, None)]);
    assert_eq!(world.weight(VIP, ONE), Some(0));
}

#[test]
fn a_server_that_failed_during_its_maintenance_does_not_come_back_with_its_end() {
    let mut world = start(pair(), ServiceAlerts::default());
    override_(&mut world, vec![maintenance(ONE, None)]);
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    override_(&mut world, vec![]);
    assert_eq!(world.weight(VIP, ONE), None);
    world.dead.clear();
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
}

#[test]
fn the_fallback_serves_when_overrides_take_all_servers_out_before_their_first_probe() {
    let mut world = World::new(Table::default());
    override_(
        &mut world,
        vec![maintenance(ONE, None), maintenance(TWO, None)],
    );
    world.watch = Box::new(|table| {
        let entry = &table.services[&service_id(VIP)];
        assert!(
            !entry.servers.contains_key(&endpoint(ONE)),
            "in service for a moment"
        );
    });
    world.load(&[pair()]);
    assert_eq!(world.weight(VIP, SORRY), Some(1));
}

#[test]
fn an_override_expires_by_itself() {
    let mut world = start(pair(), ServiceAlerts::default());
    override_(&mut world, vec![maintenance(ONE, Some(30))]);
    world.run(seconds(29));
    assert_eq!(world.weight(VIP, ONE), None);
    world.run(seconds(2));
    assert_eq!(world.weight(VIP, ONE), Some(3));
    assert!(
        world
            .notices
            .iter()
            .any(|notice| matches!(notice, Notice::OverrideCleared { .. }))
    );
}

#[test]
fn plan_log_and_status_name_author_and_reason_of_an_override() {
    let mut world = start(pair(), ServiceAlerts::default());
    world.notices.clear();
    override_(&mut world, vec![maintenance(ONE, None)]);
    let told: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
    let reason = "maintenance: file /maintenance/10.0.0.11:80";
    assert!(told[0].contains(reason) && told[0].contains("override by maintenance directory"));
    assert!(told[1].ends_with("up -> degraded, 1 of 2 up"), "{told:?}");
    assert!(
        told[2].starts_with("delete") && told[2].ends_with(&format!("({reason})")),
        "{told:?}"
    );
    let view = &world.director.snapshot(world.now).services[0].servers[0];
    assert_eq!(view.overrides.len(), 1);
    assert_eq!(view.overrides[0].to_string(), reason);
}

#[test]
fn overrides_survive_a_reload() {
    let mut world = start(pair(), ServiceAlerts::default());
    override_(&mut world, vec![maintenance(ONE, None)]);
    world.load(&[Brief { fall: 2, ..pair() }]);
    world.run(seconds(5));
    assert_eq!(world.weight(VIP, ONE), None);
}

#[test]
fn the_fallback_command_is_told_each_change_once_and_nothing_at_the_stop() {
    let command = ServiceAlerts {
        fallback_command: Some("/bin/fence -x".to_owned()),
        ..ServiceAlerts::default()
    };
    let brief = Brief {
        on_stop: OnStop::Remove,
        ..pair()
    };
    let mut world = start(brief, command);
    assert_eq!(
        commands(&mut world),
        ["/bin/fence -x stop 192.0.2.10:80 tcp"]
    );
    world.dead.insert(address(ONE));
    world.run(seconds(3));
    assert_eq!(commands(&mut world), [""; 0]);
    world.dead.insert(address(TWO));
    world.run(seconds(3));
    assert_eq!(
        commands(&mut world),
        ["/bin/fence -x start 192.0.2.10:80 tcp"]
    );
    world.dead.clear();
    world.run(seconds(3));
    assert_eq!(
        commands(&mut world),
        ["/bin/fence -x stop 192.0.2.10:80 tcp"]
    );
    world.event(Event::StopRequested);
    assert!(world.exited);
    assert_eq!(commands(&mut world), [""; 0]);
}

#[test]
fn the_fallback_command_is_told_the_stop_where_that_is_asked_and_the_service_leaves() {
    for (on_stop, told) in [
        (OnStop::Remove, &["fence start 192.0.2.10:80 tcp"][..]),
        (OnStop::Keep, &[]),
    ] {
        let command = ServiceAlerts {
            fallback_command: Some("fence".to_owned()),
            fallback_command_at_stop: true,
            ..ServiceAlerts::default()
        };
        let mut world = start(Brief { on_stop, ..pair() }, command);
        assert_eq!(commands(&mut world), ["fence stop 192.0.2.10:80 tcp"]);
        world.event(Event::StopRequested);
        assert_eq!(commands(&mut world), told);
    }
}

#[test]
fn a_command_that_comes_with_a_reload_is_told_how_things_stand() {
    let mut world = start(pair(), ServiceAlerts::default());
    world.dead.extend([address(ONE), address(TWO)]);
    world.run(seconds(3));
    let command = ServiceAlerts {
        fallback_command: Some("fence".to_owned()),
        ..ServiceAlerts::default()
    };
    with_alerts(&mut world, command.clone());
    world.load(&[pair()]);
    assert_eq!(commands(&mut world), ["fence start 192.0.2.10:80 tcp"]);
    with_alerts(&mut world, command);
    world.load(&[pair()]);
    assert_eq!(commands(&mut world), [""; 0]);
}

#[test]
fn a_mail_for_each_change_and_repeats_while_a_server_is_down() {
    let mut world = start(pair(), mail_alert(Some(10), &Phase::ALL));
    assert_eq!(
        mails(&mut world),
        [
            "starting: Added real server: 10.0.0.11:80 (192.0.2.10:80) (Weight set to 3)",
            "starting: Added real server: 10.0.0.12:80 (192.0.2.10:80) (Weight set to 1)"
        ]
    );
    world.dead.insert(address(ONE));
    world.run(seconds(22));
    assert_eq!(
        mails(&mut world),
        [
            "running: Deleted real server: 10.0.0.11:80 (192.0.2.10:80)",
            "running: Inaccessible real server: 10.0.0.11:80 (192.0.2.10:80)",
            "running: Inaccessible real server: 10.0.0.11:80 (192.0.2.10:80)"
        ]
    );
    world.dead.clear();
    world.run(seconds(30));
    assert_eq!(
        mails(&mut world),
        ["running: Added real server: 10.0.0.11:80 (192.0.2.10:80) (Weight set to 3)"]
    );
}

#[test]
fn a_server_that_is_dead_at_the_start_is_told_once_though_nothing_changes_in_the_table() {
    let mut world = World::new(Table::default());
    with_alerts(&mut world, mail_alert(None, &Phase::ALL));
    world.dead.insert(address(ONE));
    world.load(&[pair()]);
    world.run(seconds(30));
    let about_one: Vec<String> = mails(&mut world)
        .into_iter()
        .filter(|mail| mail.contains(ONE))
        .collect();
    assert_eq!(
        about_one,
        ["starting: Deleted real server: 10.0.0.11:80 (192.0.2.10:80)"]
    );
}

#[test]
fn mails_are_sent_in_the_chosen_phases_only() {
    let brief = || Brief {
        on_stop: OnStop::Remove,
        ..pair()
    };
    let mut world = start(
        brief(),
        mail_alert(None, &[Phase::Reloading, Phase::Stopping]),
    );
    world.dead.insert(address(TWO));
    world.run(seconds(3));
    assert_eq!(mails(&mut world), [""; 0]);
    let with_third = Brief {
        servers: vec![(ONE, 7), (TWO, 1), ("10.0.0.13", 1)],
        ..brief()
    };
    world.load(&[with_third]);
    assert_eq!(
        mails(&mut world),
        [
            "reloading: Restored real server: 10.0.0.11:80 (192.0.2.10:80) (Weight set to 7)",
            "reloading: Added real server: 10.0.0.13:80 (192.0.2.10:80) (Weight set to 1)"
        ]
    );
    world.event(Event::StopRequested);
    assert_eq!(
        mails(&mut world),
        [
            "stopping: Purged real server (stop): 10.0.0.11:80 (192.0.2.10:80)",
            "stopping: Purged real server (stop): 10.0.0.13:80 (192.0.2.10:80)"
        ]
    );
}

#[test]
fn what_the_kernel_refuses_is_not_told_as_done() {
    let mut world = start(pair(), mail_alert(None, &Phase::ALL));
    (world.alerts, world.notices) = (Vec::new(), Vec::new());
    world.refuse = Box::new(|_| true);
    world.dead.insert(address(ONE));
    world.run(seconds(2));
    assert_eq!(mails(&mut world), [""; 0]);
    let is_change = |notice: &Notice| matches!(notice, Notice::Change { .. });
    assert!(!world.notices.iter().any(is_change));
    world.refuse = Box::new(|_| false);
    world.run(seconds(5));
    assert_eq!(
        mails(&mut world),
        ["running: Deleted real server: 10.0.0.11:80 (192.0.2.10:80)"]
    );
}

#[test]
fn every_check_gives_a_line() {
    let monitor = ServiceAlerts {
        monitor: Some(MonitorFile {
            file: PathBuf::from("/var/log/checks"),
            names: [(endpoint(ONE), "connect tcp 10.0.0.11 80".to_owned())].into(),
        }),
        ..ServiceAlerts::default()
    };
    let mut world = start(pair(), monitor);
    world.dead.insert(address(ONE));
    world.run(seconds(1));
    override_(&mut world, vec![maintenance(ONE, None)]);
    world.run(seconds(1));
    let text = |sent| match sent {
        Notification::Line(line) => Some(line.text),
        _ => None,
    };
    let sent = std::mem::take(&mut world.alerts);
    let lines: BTreeSet<String> = sent.into_iter().filter_map(text).collect();
    let expected = [
        "connect tcp 10.0.0.11 80 [down] Server in maintenance",
        "connect tcp 10.0.0.11 80 [down] no answer within 1 s",
        "connect tcp 10.0.0.11 80 [up] connected",
    ];
    assert_eq!(lines.into_iter().collect::<Vec<_>>(), expected);
}
