//! Check lines: their form, and files that come and go.

use std::path::Path;

use director_core::notify::{MonitorLine, Notification};
use jiff::civil::date;
use jiff::tz::TimeZone;

use super::{PATIENCE, content, settings};
use crate::notify::Notifier;
use crate::notify::check_log::stamped;

fn line(file: &Path, text: &str) -> Notification {
    Notification::Line(MonitorLine {
        file: file.to_owned(),
        text: text.to_owned(),
    })
}

#[test]
fn the_time_has_the_format_of_ldirectord() {
    let now = date(2026, 11, 5)
        .at(8, 50, 9, 0)
        .to_zoned(TimeZone::UTC)
        .unwrap();
    assert_eq!(
        stamped(&now, 28660, "connect tcp 127.0.1.2 80 1 gate / [up] -"),
        "[Thu Nov  5 08:50:09 2026] [28660] connect tcp 127.0.1.2 80 1 gate / [up] -\n"
    );
}

#[tokio::test]
async fn lines_are_appended_in_order_and_a_file_that_cannot_be_written_harms_no_other() {
    let directory = tempfile::tempdir().unwrap();
    let (good, bad) = (
        directory.path().join("good"),
        directory.path().join("none/bad"),
    );
    std::fs::write(&good, "before\n").unwrap();
    let mut alerts = Notifier::new(settings());
    for text in ["one", "two", "three"] {
        alerts.perform(line(&bad, text));
        alerts.perform(line(&good, text));
    }
    alerts.finish(PATIENCE).await;
    let written = content(&good);
    let ends: Vec<&str> = written
        .lines()
        .map(|line| line.rsplit(' ').next().unwrap())
        .collect();
    assert_eq!(ends, ["before", "one", "two", "three"]);
    assert!(!bad.exists());
}
