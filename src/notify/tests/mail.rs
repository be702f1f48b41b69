//! Mails: their words, their recipients, and relays that are not well.

use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};

use director_core::notify::{Mail, Notification, Phase, Relay};

use super::relay::{RelayBehaviour, TestRelay};
use super::{PATIENCE, content, eventually, mail, send, settings};
use crate::notify::Notifier;

fn through(relay: &Relay, mut mail: Mail) -> Mail {
    mail.envelope.relay = Some(relay.clone());
    mail
}

/// The value of a header.
fn header<'a>(lines: &'a [String], name: &str) -> Option<&'a str> {
    lines
        .iter()
        .take_while(|line| !line.is_empty())
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
}

#[tokio::test]
async fn a_mail_has_the_words_that_it_always_had_and_the_headers_that_it_lacked() {
    let loopback = TestRelay::start(RelayBehaviour::default()).await;
    let mut written = through(
        &loopback.relay,
        mail(&["ops@example.org"], "Deleted real server: A (B)"),
    );
    written.envelope.service_name = Some("shop".to_owned());
    written.envelope.comment = Some("call Ann".to_owned());
    written.phase = Phase::Starting;
    send(settings(), vec![written]).await;
    let [taken] = &loopback.taken()[..] else {
        panic!("{:?}", loopback.taken())
    };
    assert_eq!(taken.hello, "director.example.org");
    assert_eq!(taken.from, "FROM:<root@director.example.org>");
    assert_eq!(taken.to, ["TO:<ops@example.org>"]);
    assert_eq!(
        header(&taken.lines, "Subject"),
        Some("[shop] Deleted real server: A (B)")
    );
    assert_eq!(
        header(&taken.lines, "From"),
        Some("root@director.example.org")
    );
    assert_eq!(header(&taken.lines, "To"), Some("ops@example.org"));
    assert!(header(&taken.lines, "Date").is_some_and(|date| date.contains(':')));
    let id = header(&taken.lines, "Message-ID").unwrap_or_default();
    assert!(
        id.starts_with('<') && id.ends_with("@director.example.org>"),
        "{id}"
    );
    let body = taken
        .lines
        .iter()
        .skip_while(|line| !line.is_empty())
        .skip(1);
    assert_eq!(
        body.collect::<Vec<_>>(),
        [
            "ldirectord host: director.example.org",
            "Log-Message: [shop] Deleted real server: A (B)",
            "Daemon-Status: starting",
            "",
            "Service name: shop",
            "Comment: call Ann",
            "",
        ]
    );
}

#[tokio::test]
async fn each_recipient_has_a_command_of_its_own_and_the_sender_is_as_written() {
    let loopback = TestRelay::start(RelayBehaviour::default()).await;
    let to = ["ann@example.org", "Ben <ben@example.org>", "root"];
    let mut written = through(&loopback.relay, mail(&to, "event"));
    written.envelope.from = Some("Director <lvs@example.org>".to_owned());
    send(settings(), vec![written]).await;
    let taken = &loopback.taken()[0];
    assert_eq!(
        taken.to,
        [
            "TO:<ann@example.org>",
            "TO:<ben@example.org>",
            "TO:<root@director.example.org>"
        ]
    );
    assert_eq!(taken.from, "FROM:<lvs@example.org>");
    assert_eq!(
        header(&taken.lines, "From"),
        Some("Director <lvs@example.org>")
    );
}

#[tokio::test]
async fn a_recipient_that_is_refused_or_is_no_address_costs_the_others_nothing() {
    let loopback = TestRelay::start(RelayBehaviour {
        refuses: vec!["ghost@"],
        ..RelayBehaviour::default()
    })
    .await;
    let to = ["ghost@example.org", "ann@example.org", "not@@an address"];
    send(
        settings(),
        vec![through(&loopback.relay, mail(&to, "event"))],
    )
    .await;
    let recipients: Vec<_> = loopback.taken().into_iter().map(|taken| taken.to).collect();
    assert_eq!(recipients, [vec!["TO:<ann@example.org>"]]);
}

#[tokio::test]
async fn a_busy_relay_gets_the_mail_on_retry() {
    let loopback = TestRelay::start(RelayBehaviour {
        busy: 2,
        ..RelayBehaviour::default()
    })
    .await;
    let mut alerts = Notifier::new(settings());
    alerts.perform(Notification::Mail(through(
        &loopback.relay,
        mail(&["a@example.org"], "event"),
    )));
    eventually("the mail is taken", || loopback.taken().len() == 1).await;
}

#[tokio::test]
async fn a_dead_relay_holds_up_neither_another_one_nor_the_caller_nor_the_end() {
    let dead = TestRelay::start(RelayBehaviour {
        silent: true,
        ..RelayBehaviour::default()
    })
    .await;
    let alive = TestRelay::start(RelayBehaviour::default()).await;
    let mut alerts = Notifier::new(settings());
    let begin = Instant::now();
    for number in 0..100 {
        let event = format!("event {number}");
        alerts.perform(Notification::Mail(through(
            &dead.relay,
            mail(&["a@example.org"], &event),
        )));
    }
    alerts.perform(Notification::Mail(through(
        &alive.relay,
        mail(&["a@example.org"], "event"),
    )));
    eventually("the other relay has its mail", || alive.taken().len() == 1).await;
    alerts.finish(Duration::from_millis(100)).await;
    assert!(
        begin.elapsed() < Duration::from_secs(4),
        "{:?}",
        begin.elapsed()
    );
}

#[tokio::test]
async fn the_local_mail_system_gets_sender_and_recipients_as_arguments() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("sendmail");
    let kept = directory.path().join("kept");
    let script = format!("#!/bin/sh\necho \"$@\" >>{0}; cat >>{0}\n", kept.display());
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let mut settings = settings();
    settings.sendmail = program;
    send(settings, vec![mail(&["root", "ann@example.org"], "event")]).await;
    let kept = content(&kept);
    let arguments = "-i -f root@director.example.org -- root@director.example.org ann@example.org";
    assert!(kept.starts_with(arguments), "{kept}");
    assert!(
        kept.contains("\nSubject: event\r\n") && kept.contains("\nLog-Message: event\r\n"),
        "{kept}"
    );
}

#[tokio::test]
async fn a_missing_mail_system_is_given_up_and_ends_nothing() {
    let mut alerts = Notifier::new(settings());
    alerts.perform(Notification::Mail(mail(&["root"], "event")));
    let begin = Instant::now();
    alerts.finish(PATIENCE).await;
    assert!(begin.elapsed() < PATIENCE);
}
