//! `GET /metrics`: the daemon's state in the text format of Prometheus. Every answer is made of the state at its moment, so
//! no series outlives its service or server. The rows in [`daemon`], [`services`] and [`servers`] are the table of
//! docs/metrics.md too.

mod daemon;
mod metric;
mod servers;
mod services;
mod view;

use std::fmt::Write;

use prometheus::TextEncoder;
use prometheus::proto::MetricType;

use super::overview::Overview;
use metric::Metric;
use view::View;

/// The media type of [`text`].
pub(super) const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

fn all() -> impl Iterator<Item = &'static Metric> {
    let parts = [daemon::METRICS, services::METRICS, servers::METRICS];
    parts.into_iter().flatten()
}

/// All metrics. One is made after the other, so that those of a large table need memory for their text only.
///
/// # Errors
/// When the encoder refuses one; a test shows that it takes all.
pub(super) fn text(overview: &Overview) -> prometheus::Result<String> {
    let view = View::of(overview);
    let encoder = TextEncoder::new();
    let mut text = String::new();
    for metric in all() {
        let family = metric.family(&view);
        // The encoder takes no family without a value.
        if !family.get_metric().is_empty() {
            encoder.encode_utf8(&[family], &mut text)?;
        }
    }
    Ok(text)
}

/// What each service is called in the label `service`, in the order of the services.
pub(super) fn service_labels(overview: &Overview) -> Vec<String> {
    let labels = view::labels(&overview.snapshot).into_iter();
    labels.map(|label| label.to_string()).collect()
}

/// The table of all metrics for docs/metrics.md.
#[must_use]
pub fn table() -> String {
    let parts = [
        ("The daemon", daemon::METRICS),
        ("Services", services::METRICS),
        ("Real servers and fallbacks", servers::METRICS),
    ];
    let mut text = String::new();
    for (heading, metrics) in parts {
        // Writing into a text never fails.
        let _ = writeln!(
            text,
            "\n### {heading}\n\n| Metric | Type | Labels | Meaning |\n|---|---|---|---|"
        );
        for metric in metrics {
            let labels = metric.all_labels().join("`, `");
            let labels = match labels.is_empty() {
                true => String::new(),
                false => format!("`{labels}`"),
            };
            let kind = match metric.kind {
                MetricType::COUNTER => "counter",
                MetricType::HISTOGRAM => "histogram",
                _ => "gauge",
            };
            let _ = writeln!(
                text,
                "| `{}` | {kind} | {labels} | {} |",
                metric.name, metric.help
            );
        }
    }
    text
}
