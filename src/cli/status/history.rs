//! `ipvsctl status --history`: the last probes of one real server, check by check, the newest first.

use super::span::{padded, span};
use crate::api::wire::{CheckHistory, ProbeHistory, ProbeResult, ServerStatus, ServiceStatus};

const TITLES: [&str; 7] = [
    "AGE",
    "RESULT",
    "TOOK",
    "CONNECT",
    "TLS",
    "FIRST BYTE",
    "DETAIL",
];

pub(super) fn render(
    service: &ServiceStatus,
    server: &ServerStatus,
    history: &ProbeHistory,
) -> String {
    let mut text = format!(
        "{}  {}  ({})\n",
        service.listen, server.address, service.name
    );
    if history.checks.is_empty() {
        text.push_str("  no checks\n");
    }
    for check in &history.checks {
        one_check(check, &mut text);
    }
    text
}

fn one_check(check: &CheckHistory, text: &mut String) {
    let CheckHistory { check, results } = check;
    let assumed = if check.assumed { "assumed " } else { "" };
    text.push_str(&format!(
        "check {}: {assumed}{} for {}: {}\n",
        check.name,
        check.state,
        span(check.age_seconds),
        check.reason
    ));
    if let (Some(words), Some(ago)) = (&check.last_failure, check.last_failure_seconds_ago) {
        text.push_str(&format!("  last failure {} ago: {words}\n", span(ago)));
    }
    let mut rows = vec![TITLES.map(str::to_owned)];
    rows.extend(results.iter().map(row));
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells.map(|(cell, width)| padded(cell, *width)).collect();
        text.push_str(format!("  {}", cells.join("  ")).trim_end());
        text.push('\n');
    }
}

fn row(result: &ProbeResult) -> [String; 7] {
    let millis =
        |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |millis| format!("{millis:.1} ms"));
    [
        span(result.seconds_ago),
        result.outcome.clone(),
        millis(Some(result.took_ms)),
        millis(result.connect_ms),
        millis(result.tls_ms),
        millis(result.first_byte_ms),
        result.detail.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use director_core::health::HealthState;

    use super::*;
    use crate::api::wire::CheckStatus;

    #[test]
    fn results_are_listed_in_columns_below_their_check() {
        let result = |outcome: &str, detail: &str, seconds_ago| ProbeResult {
            outcome: outcome.to_owned(),
            detail: detail.to_owned(),
            took_ms: 3.25,
            connect_ms: Some(0.5),
            tls_ms: None,
            first_byte_ms: Some(2.0),
            seconds_ago,
        };
        let mut text = String::new();
        let check = CheckStatus {
            name: "page".to_owned(),
            state: HealthState::Up,
            assumed: false,
            age_seconds: 61.0,
            reason: "status 200".to_owned(),
            streak: 0,
            last_result: None,
            last_failure: Some("status 503".to_owned()),
            last_failure_seconds_ago: Some(66.0),
            cannot_run_seconds: None,
        };
        let results = vec![
            result("passed", "status 200", 1.0),
            result("failed", "status 503", 66.0),
        ];
        one_check(&CheckHistory { check, results }, &mut text);
        assert_eq!(
            text,
            "\
check page: up for 1m01s: status 200
  last failure 1m06s ago: status 503
  AGE    RESULT  TOOK    CONNECT  TLS  FIRST BYTE  DETAIL
  1.0 s  passed  3.2 ms  0.5 ms   -    2.0 ms      status 200
  1m06s  failed  3.2 ms  0.5 ms   -    2.0 ms      status 503
"
        );
    }
}
