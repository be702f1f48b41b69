//! The page and the schema of the YAML definitions are those that the program prints now, and the schema takes what the
//! program takes. `UPDATE=1 cargo test --test reference` writes both again.

#![cfg(test)]

mod golden;
mod schema_judge;

use std::fs;
use std::path::{Path, PathBuf};

use golden::{files_below, updating};
use ipvsd::api::events::{EVENT_SCHEMA, EventContent, ReportedEvent};
use ipvsd::api::{EventKind, event_schema, metrics};
use ipvsd::loader::{page, schema};
use schema_judge::faults;
use serde_json::Value;

/// The line of docs/metrics.md below which all is generated.
const METRICS_TABLE: &str = "<!-- generated: UPDATE=1 cargo test --test reference -->\n";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn is_printed(path: &str, now: &str) {
    let path = root().join(path);
    if updating() {
        fs::write(&path, now).unwrap();
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    let differs = written
        .lines()
        .zip(now.lines())
        .position(|(was, is)| was != is);
    assert!(
        written == now,
        "{}, line {}, is not what the program prints; run: UPDATE=1 cargo test --test reference",
        path.display(),
        differs.unwrap_or_else(|| written.lines().count().min(now.lines().count())) + 1,
    );
}

fn yaml(text: &str) -> Value {
    serde_saphyr::from_str(text).unwrap()
}

fn is_valid(text: &str) -> bool {
    let schema = schema();
    faults(&schema, &schema, &yaml(text), "").is_empty()
}

#[test]
fn the_page_is_up_to_date() {
    is_printed("docs/configuration.md", &page());
}

/// What stands above the table is written by hand.
#[test]
fn the_table_of_metrics_is_up_to_date() {
    let path = "docs/metrics.md";
    let written = fs::read_to_string(root().join(path)).unwrap();
    let (head, _) = written.split_once(METRICS_TABLE).unwrap();
    is_printed(path, &format!("{head}{METRICS_TABLE}{}", metrics::table()));
}

#[test]
fn the_schema_is_up_to_date() {
    let text = serde_json::to_string_pretty(&schema()).unwrap();
    is_printed("docs/configuration.schema.json", &format!("{text}\n"));
}

#[test]
fn the_schema_of_events_is_up_to_date() {
    let text = serde_json::to_string_pretty(&event_schema()).unwrap();
    is_printed("docs/events.schema.json", &format!("{text}\n"));
}

/// Every kind, with all fields and with none of those that may be left out.
#[test]
fn events_are_as_their_schema_says() {
    let schema = event_schema();
    let page = fs::read_to_string(root().join("docs/monitoring.md")).unwrap();
    for kind in EventKind::ALL {
        let bare = EventContent::new(*kind, "warn", "words");
        let text = || Some("text".to_owned());
        let whole = EventContent {
            service: text(),
            server: text(),
            check: text(),
            from: text(),
            to: text(),
            reason: text(),
            ..bare.clone()
        };
        for content in [bare, whole] {
            let event = ReportedEvent {
                schema: EVENT_SCHEMA,
                id: 1,
                time: "2026-12-01T09:00:00Z".to_owned(),
                content,
            };
            let value = serde_json::to_value(&event).unwrap();
            assert_eq!(faults(&schema, &schema, &value, ""), Vec::<String>::new());
        }
        assert!(
            page.contains(&format!("`{kind}`")),
            "{kind} in monitoring.md"
        );
    }
    let strange = serde_json::json!({"schema": 1, "id": 1, "time": "x", "kind": "x", "level": "warn", "message": ""});
    assert!(!faults(&schema, &schema, &strange, "").is_empty());
}

#[test]
fn the_schema_takes_every_example() {
    let schema = schema();
    for file in files_below(Path::new(&root().join("examples")), "yaml") {
        let found = faults(
            &schema,
            &schema,
            &yaml(&fs::read_to_string(&file).unwrap()),
            "",
        );
        assert_eq!(found, Vec::<String>::new(), "{}", file.display());
    }
}

#[test]
fn the_schema_refuses_slips() {
    assert!(is_valid(
        "services: [{listen: 'tcp://192.0.2.1:80', check: {tcp: , every: 1m30s}}]"
    ));
    for slip in [
        "services: [{listen: 'tcp://192.0.2.1:80', schedular: rr}]",
        "services: [{listen: '192.0.2.1:80'}]",
        "services: [{name: web}]",
        "services: [{listen: 'tcp://192.0.2.1:80', check: {every: 5}}]",
        "services: [{listen: 'tcp://192.0.2.1:80', check: {every: 1s1m}}]",
        "services: [{listen: 'tcp://192.0.2.1:80', on_failure: delete}]",
        "services: {}",
        "{checks: {web: {every: 5}}}",
    ] {
        assert!(!is_valid(slip), "{slip}");
    }
}
