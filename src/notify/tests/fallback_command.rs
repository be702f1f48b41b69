//! Fallback commands: a shell's words, one at a time, within their time.

use std::path::Path;
use std::time::Duration;

use director_core::model::{Family, HookWay, ServiceId};
use director_core::notify::{FallbackCommand, Notification};

use super::delivery::event_message;
use super::{PATIENCE, content, eventually, mail, settings};
use crate::notify::{Notifier, NotifySettings};
use crate::program::tests::runs;

fn command(mark: u32, command_line: String) -> Notification {
    Notification::Command(FallbackCommand {
        service: ServiceId::Mark {
            family: Family::Ipv4,
            mark,
        },
        command_line,
    })
}

fn echo(file: &Path, words: &str) -> String {
    format!("echo {words} >>{}", file.display())
}

#[tokio::test]
async fn a_shell_reads_the_command() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    let mut alerts = Notifier::new(settings());
    let line = format!(
        "f() {{ echo \"$# $*\" >>'{}'; }}; f start 192.0.2.1:80 tcp",
        file.display()
    );
    alerts.perform(command(1, line));
    eventually("the command has run", || {
        content(&file) == "3 start 192.0.2.1:80 tcp\n"
    })
    .await;
}

#[tokio::test]
async fn only_the_last_of_queued_commands_runs_and_services_are_independent() {
    let directory = tempfile::tempdir().unwrap();
    let (file, gate, other) = (
        directory.path().join("file"),
        directory.path().join("gate"),
        directory.path().join("other"),
    );
    let mut alerts = Notifier::new(settings());
    let first = format!(
        "{}; until [ -e {} ]; do sleep 0.02; done",
        echo(&file, "first"),
        gate.display()
    );
    alerts.perform(command(1, first));
    eventually("the first runs", || content(&file) == "first\n").await;
    alerts.perform(command(1, echo(&file, "second")));
    alerts.perform(command(1, echo(&file, "third")));
    alerts.perform(command(2, echo(&other, "other")));
    eventually("the other service's has run", || {
        content(&other) == "other\n"
    })
    .await;
    assert_eq!(content(&file), "first\n");
    std::fs::write(&gate, "").unwrap();
    eventually("the last has run", || content(&file) == "first\nthird\n").await;
}

#[tokio::test]
async fn a_command_that_hangs_is_killed_with_its_children_and_the_next_one_runs() {
    let directory = tempfile::tempdir().unwrap();
    let (file, alive) = (
        directory.path().join("file"),
        directory.path().join("alive"),
    );
    let mut settings = settings();
    settings.command_limit = Duration::from_millis(300);
    let mut alerts = Notifier::new(settings);
    let child = format!("sleep 1000 & echo $! >>{}; wait", alive.display());
    alerts.perform(command(1, format!("({child})")));
    eventually("its child runs", || content(&alive).ends_with('\n')).await;
    alerts.perform(command(1, echo(&file, "next")));
    eventually("the next has run", || content(&file) == "next\n").await;
    let child = content(&alive).trim().to_owned();
    eventually("the child is gone", || !runs(&child)).await;
}

#[tokio::test]
async fn messages_that_are_given_up_are_counted_by_their_way() {
    let mut notifier = Notifier::new(NotifySettings {
        mail_pauses: Vec::new(),
        ..settings()
    });
    let failing = ["/nonexistent/page".to_owned()].into();
    for notification in [
        Notification::Mail(mail(&["ops@example.org"], "web is down")),
        event_message(HookWay::Command(failing)),
        command(1, "exit 3".to_owned()),
        command(2, "exit 0".to_owned()),
    ] {
        notifier.perform(notification);
    }
    let expected = [
        ("mail", 1),
        ("webhook", 0),
        ("command", 1),
        ("fallback_command", 1),
    ];
    eventually("each is counted once", || notifier.failures() == expected).await;
    notifier.finish(PATIENCE).await;
}
