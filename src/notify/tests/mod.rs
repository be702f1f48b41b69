//! Notifier against a relay, a mail program and a disk that behave as they are told.

mod check_log;
mod delivery;
mod fallback_command;
mod mail;
mod relay;

use std::path::Path;
use std::time::{Duration, Instant};

use director_core::notify::{Envelope, Mail, Notification, Phase};

use super::{MailIdentity, Notifier, NotifySettings};

/// Far longer than anything here takes.
const PATIENCE: Duration = Duration::from_secs(20);

/// Settings that make nobody wait.
fn settings() -> NotifySettings {
    NotifySettings {
        sender: MailIdentity {
            user: "root".to_owned(),
            host: "director.example.org".to_owned(),
        },
        sendmail: "/nonexistent/sendmail".into(),
        mail_limit: Duration::from_secs(5),
        mail_pauses: vec![Duration::from_millis(50); 3],
        mail_queue: 16,
        command_limit: Duration::from_secs(5),
    }
}

fn mail(to: &[&str], event: &str) -> Mail {
    Mail {
        envelope: Envelope {
            to: to.iter().map(ToString::to_string).collect(),
            ..Envelope::default()
        },
        event: event.to_owned(),
        phase: Phase::Running,
        details: Vec::new(),
    }
}

/// Sends mails and waits until each was tried as often as it is tried at the end.
async fn send(settings: NotifySettings, mails: Vec<Mail>) {
    let mut alerts = Notifier::new(settings);
    for mail in mails {
        alerts.perform(Notification::Mail(mail));
    }
    alerts.finish(PATIENCE).await;
}

/// Waits until it is so.
async fn eventually(what: &str, mut so: impl FnMut() -> bool) {
    let begin = Instant::now();
    while !so() {
        assert!(
            begin.elapsed() < PATIENCE,
            "not within {PATIENCE:?}: {what}"
        );
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn content(file: &Path) -> String {
    std::fs::read_to_string(file).unwrap_or_default()
}
