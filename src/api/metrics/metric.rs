//! One metric: its name, labels and meaning, and where its values come from.

use prometheus::proto::{self, LabelPair, MetricFamily, MetricType};

use super::view::{ServerRow, ServiceRow, View};
use crate::api::counters::Durations;

/// What a metric has values for, and how to find them.
pub(super) enum Source {
    /// The daemon.
    Daemon(fn(&View<'_>, &mut Samples)),
    /// Each service; the label `service` comes first.
    Service(fn(&ServiceRow<'_>, &mut Samples)),
    /// Each real server and fallback of each service; the labels `service` and `server` come first.
    Server(fn(&ServerRow<'_>, &mut Samples)),
}

/// A row of the table of metrics.
pub(super) struct Metric {
    pub(super) name: &'static str,
    pub(super) kind: MetricType,
    /// Labels other than `service` and `server`.
    pub(super) labels: &'static [&'static str],
    /// What a value means, in sentences.
    pub(super) help: &'static str,
    pub(super) source: Source,
}

impl Metric {
    pub(super) const fn gauge(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        source: Source,
    ) -> Self {
        Self {
            name,
            kind: MetricType::GAUGE,
            labels,
            help,
            source,
        }
    }

    pub(super) const fn counter(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        source: Source,
    ) -> Self {
        Self {
            kind: MetricType::COUNTER,
            ..Self::gauge(name, labels, help, source)
        }
    }

    pub(super) const fn histogram(
        name: &'static str,
        labels: &'static [&'static str],
        help: &'static str,
        source: Source,
    ) -> Self {
        Self {
            kind: MetricType::HISTOGRAM,
            ..Self::gauge(name, labels, help, source)
        }
    }

    /// All labels, in the order of their values.
    pub(super) fn all_labels(&self) -> Vec<&'static str> {
        let first: &[&str] = match self.source {
            Source::Daemon(_) => &[],
            Source::Service(_) => &["service"],
            Source::Server(_) => &["service", "server"],
        };
        [first, self.labels].concat()
    }

    /// All its values now.
    pub(super) fn family(&self, view: &View<'_>) -> MetricFamily {
        let mut samples = Samples {
            kind: self.kind,
            labels: self.all_labels(),
            subject: Vec::new(),
            metrics: Vec::new(),
        };
        match self.source {
            Source::Daemon(fill) => fill(view, &mut samples),
            Source::Service(fill) => {
                for service in &view.services {
                    samples.subject = vec![service.label.to_string()];
                    fill(service, &mut samples);
                }
            }
            Source::Server(fill) => {
                for server in &view.servers {
                    samples.subject = vec![server.service.to_string(), server.label.clone()];
                    fill(server, &mut samples);
                }
            }
        }
        let mut family = MetricFamily::default();
        family.set_name(self.name.to_owned());
        family.set_help(self.help.to_owned());
        family.set_field_type(self.kind);
        family.set_metric(samples.metrics);
        family
    }
}

/// The values of one metric.
pub(super) struct Samples {
    kind: MetricType,
    labels: Vec<&'static str>,
    /// Labels of the service or server whose values come now.
    subject: Vec<String>,
    metrics: Vec<proto::Metric>,
}

impl Samples {
    /// A value with these labels other than those of its service and server.
    pub(super) fn add(&mut self, labels: &[&str], value: f64) {
        let mut metric = self.labelled(labels);
        if self.kind == MetricType::COUNTER {
            let mut counter = proto::Counter::default();
            counter.set_value(value);
            metric.set_counter(counter);
        } else {
            let mut gauge = proto::Gauge::default();
            gauge.set_value(value);
            metric.set_gauge(gauge);
        }
        self.metrics.push(metric);
    }

    /// A value that there may be.
    pub(super) fn add_some(&mut self, labels: &[&str], value: Option<f64>) {
        if let Some(value) = value {
            self.add(labels, value);
        }
    }

    /// 1 or 0.
    pub(super) fn add_truth(&mut self, labels: &[&str], is_so: bool) {
        self.add(labels, f64::from(u8::from(is_so)));
    }

    /// A number of things.
    pub(super) fn add_count(&mut self, labels: &[&str], count: u64) {
        // Exact up to 2^53, as every value of Prometheus.
        #[expect(
            clippy::cast_precision_loss,
            reason = "Prometheus has no other numbers"
        )]
        self.add(labels, count as f64);
    }

    pub(super) fn add_histogram(&mut self, durations: &Durations) {
        let bucket = |(bound, count)| {
            let mut bucket = proto::Bucket::default();
            bucket.set_upper_bound(bound);
            bucket.set_cumulative_count(count);
            bucket
        };
        let mut histogram = proto::Histogram::default();
        histogram.set_bucket(durations.cumulative().map(bucket).collect());
        histogram.set_sample_count(durations.all());
        histogram.set_sample_sum(durations.seconds());
        let mut metric = self.labelled(&[]);
        metric.set_histogram(histogram);
        self.metrics.push(metric);
    }

    fn labelled(&self, labels: &[&str]) -> proto::Metric {
        let values = self.subject.iter().map(String::as_str);
        let values = values.chain(labels.iter().copied());
        let pair = |(name, value): (&&str, &str)| {
            let mut pair = LabelPair::default();
            pair.set_name((*name).to_owned());
            pair.set_value(value.to_owned());
            pair
        };
        proto::Metric::from_label(self.labels.iter().zip(values).map(pair).collect())
    }
}
