//! `ipvsctl status --history`: the last answers of one real server, check by check, the newest first.

use super::table::span;
use crate::api::wire::{Answer, Answers, CheckAnswers, Server, Service};

const TITLES: [&str; 7] = [
    "AGO",
    "ANSWER",
    "TOOK",
    "CONNECT",
    "TLS",
    "FIRST BYTE",
    "WORDS",
];

/// All of it.
pub(super) fn render(service: &Service, server: &Server, answers: &Answers) -> String {
    let mut text = format!(
        "{}  {}  ({})\n",
        service.listen, server.address, service.name
    );
    if answers.checks.is_empty() {
        text.push_str("  it is not asked\n");
    }
    for check in &answers.checks {
        one_check(check, &mut text);
    }
    text
}

fn one_check(check: &CheckAnswers, text: &mut String) {
    let CheckAnswers { check, answers } = check;
    let presumed = if check.presumed { "presumed " } else { "" };
    text.push_str(&format!(
        "check {}: {presumed}{} for {}: {}\n",
        check.name,
        check.verdict,
        span(check.seconds),
        check.reason
    ));
    if let (Some(words), Some(ago)) = (&check.last_failure, check.last_failure_seconds_ago) {
        text.push_str(&format!("  last failure {} ago: {words}\n", span(ago)));
    }
    let mut rows = vec![TITLES.map(str::to_owned)];
    rows.extend(answers.iter().map(row));
    let width = |column: usize| {
        let cells = rows.iter().map(|row| row[column].chars().count());
        cells.max().unwrap_or(0)
    };
    let widths: Vec<usize> = (0..TITLES.len()).map(width).collect();
    for row in &rows {
        let cells = row.iter().zip(&widths);
        let cells: Vec<String> = cells
            .map(|(cell, width)| format!("{cell:width$}"))
            .collect();
        text.push_str(format!("  {}", cells.join("  ")).trim_end());
        text.push('\n');
    }
}

fn row(answer: &Answer) -> [String; 7] {
    let millis =
        |time: Option<f64>| time.map_or_else(|| "-".to_owned(), |millis| format!("{millis:.1} ms"));
    [
        span(answer.seconds_ago),
        answer.outcome.clone(),
        millis(Some(answer.took_ms)),
        millis(answer.connect_ms),
        millis(answer.tls_ms),
        millis(answer.first_byte_ms),
        answer.words.clone(),
    ]
}

#[cfg(test)]
mod tests {
    use director_core::health::Verdict;

    use super::*;
    use crate::api::wire::CheckStatus;

    #[test]
    fn answers_stand_in_columns_below_their_check() {
        let answer = |outcome: &str, words: &str, seconds_ago| Answer {
            outcome: outcome.to_owned(),
            words: words.to_owned(),
            took_ms: 3.25,
            connect_ms: Some(0.5),
            tls_ms: None,
            first_byte_ms: Some(2.0),
            seconds_ago,
        };
        let mut text = String::new();
        let check = CheckStatus {
            name: "page".to_owned(),
            verdict: Verdict::Up,
            presumed: false,
            seconds: 61.0,
            reason: "status 200".to_owned(),
            against: 0,
            last: None,
            last_failure: Some("status 503".to_owned()),
            last_failure_seconds_ago: Some(66.0),
        };
        let answers = vec![
            answer("good", "status 200", 1.0),
            answer("failed", "status 503", 66.0),
        ];
        one_check(&CheckAnswers { check, answers }, &mut text);
        assert_eq!(
            text,
            "\
check page: up for 1m01s: status 200
  last failure 1m06s ago: status 503
  AGO    ANSWER  TOOK    CONNECT  TLS  FIRST BYTE  WORDS
  1.0 s  good    3.2 ms  0.5 ms   -    2.0 ms      status 200
  1m06s  failed  3.2 ms  0.5 ms   -    2.0 ms      status 503
"
        );
    }
}
