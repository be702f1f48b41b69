//! What is known about a real server's health: the judgement, what each check says, the answers.

use director_core::health::{
    CheckHealth, FreezeScope, Frozen, Health, HealthState, Outcome, Report,
};
use director_core::moment::Moment;
use director_core::snapshot::Snapshot;
use serde::{Deserialize, Serialize};

/// The outcome of a probe that this director could not make.
const LOCAL_ERROR: &str = "local_error";

/// The judgement over a real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ServerHealth {
    /// Up or down.
    pub state: HealthState,
    /// Only taken from the kernel's table so far.
    pub assumed: bool,
    pub age_seconds: f64,
    pub reason: String,
    /// Reports in a row that speak against it.
    pub streak: u32,
    /// Failures that count towards a change to down, and how many make one; of the check that is nearest to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing: Option<Failing>,
    /// Time for which the server is held out since it changed too often; none when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_for_seconds: Option<f64>,
    /// The last answer to any check.
    pub last_result: Option<ProbeResult>,
}

/// How near a server that is up is to a change to down.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failing {
    pub failures: u32,
    /// Failures that make a change.
    pub limit: u32,
}

/// What one check says of a real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckStatus {
    pub name: String,
    pub state: HealthState,
    /// It has not decided yet.
    pub assumed: bool,
    /// Age of the verdict.
    pub age_seconds: f64,
    pub reason: String,
    /// Reports in a row that speak against it.
    pub streak: u32,
    pub last_result: Option<ProbeResult>,
    /// The last failure, however long ago: its words.
    pub last_failure: Option<String>,
    /// Age of the last failure.
    pub last_failure_seconds_ago: Option<f64>,
    /// For how long it cannot run, for a reason of this director; none when the last probe ran.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cannot_run_seconds: Option<f64>,
}

/// The answer of one probe.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeResult {
    /// `passed`, `failed` or `local_error`.
    pub outcome: String,
    pub detail: String,
    /// How long the probe took.
    pub took_ms: f64,
    /// Until the connection stood, where there was one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub connect_ms: Option<f64>,
    /// From there until TLS stood.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tls_ms: Option<f64>,
    /// From there to the first byte of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_byte_ms: Option<f64>,
    pub seconds_ago: f64,
}

/// The last answers of a real server.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ProbeHistory {
    /// Those to each check, in the order of the configuration.
    pub checks: Vec<CheckHistory>,
}

/// The last answers to one check.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CheckHistory {
    /// What the check says of the server.
    pub check: CheckStatus,
    /// At most 64 answers, the newest first.
    pub results: Vec<ProbeResult>,
}

impl ProbeHistory {
    /// The answers of a real server by what its service listens on and its address; none when there is no such server.
    #[must_use]
    pub fn of(snapshot: &Snapshot, listen: &str, address: &str) -> Option<Self> {
        let services = snapshot.services.iter();
        let service = services
            .into_iter()
            .find(|view| view.id.to_string() == listen)?;
        let servers = service.servers.iter().chain(&service.fallback);
        let mut servers = servers.filter(|view| view.endpoint.to_string() == address);
        let server = servers.next()?;
        let now = snapshot.now;
        let answers = |check: &CheckHealth| CheckHistory {
            check: CheckStatus::of(check, now),
            results: check
                .history
                .iter()
                .rev()
                .map(|answer| ProbeResult::of(&answer, now))
                .collect(),
        };
        let checks = server.health.iter().flat_map(|health| &health.checks);
        Some(Self {
            checks: checks.map(answers).collect(),
        })
    }
}

/// Verdicts that stand still, since all servers failed at once.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FreezeStatus {
    pub age_seconds: f64,
    /// Time to its end; none when only an answer or the operator ends it.
    pub seconds_left: Option<f64>,
    /// How many servers, by address, failed at once.
    pub servers: usize,
    /// The words of the last failure before it.
    pub last_failure: String,
    /// Which services it holds.
    pub scope: FreezeScope,
}

/// The answer to a request to let verdicts move again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct UnfreezeOutcome {
    /// Whether they stood still.
    pub was_frozen: bool,
}

impl FreezeStatus {
    pub(super) fn of(frozen: &Frozen, now: Moment) -> Self {
        Self {
            age_seconds: now.since(frozen.since).as_secs_f64(),
            seconds_left: frozen.until.map(|until| until.since(now).as_secs_f64()),
            servers: frozen.servers,
            last_failure: frozen.words.clone(),
            scope: frozen.scope,
        }
    }
}

impl ServerHealth {
    pub(super) fn of(health: &Health, failing: Option<(u32, u32)>, now: Moment) -> Self {
        Self {
            state: health.state,
            assumed: health.assumed,
            age_seconds: now.since(health.since).as_secs_f64(),
            reason: health.reason.clone(),
            streak: health.streak(),
            failing: failing.map(|(failures, limit)| Failing { failures, limit }),
            held_for_seconds: health
                .penalty
                .held_until()
                .map(|until| until.since(now).as_secs_f64()),
            last_result: health.last().map(|answer| ProbeResult::of(answer, now)),
        }
    }
}

impl CheckStatus {
    pub(super) fn of(check: &CheckHealth, now: Moment) -> Self {
        let failure = check.last_failure.as_ref();
        Self {
            name: check.name.clone(),
            state: check.state,
            assumed: check.assumed,
            age_seconds: now.since(check.since).as_secs_f64(),
            reason: check.reason.clone(),
            streak: check.streak,
            last_result: check.last().map(|answer| ProbeResult::of(answer, now)),
            last_failure: failure.map(|(_, words)| words.clone()),
            last_failure_seconds_ago: failure.map(|(at, _)| now.since(*at).as_secs_f64()),
            cannot_run_seconds: check
                .local_errors_since
                .map(|since| now.since(since).as_secs_f64()),
        }
    }

    /// Why it cannot run now, for a reason of this director; none when the last probe ran.
    #[must_use]
    pub fn why_it_cannot_run(&self) -> Option<&str> {
        let last = self.last_result.as_ref()?;
        let detail = last.detail.as_str();
        (last.outcome == LOCAL_ERROR)
            .then(|| detail.strip_prefix("local error: ").unwrap_or(detail))
    }
}

impl ProbeResult {
    pub(super) fn of((at, report): &(Moment, Report), now: Moment) -> Self {
        let millis = |span: std::time::Duration| span.as_secs_f64() * 1000.0;
        Self {
            outcome: match report.outcome {
                Outcome::Good { .. } => "passed",
                Outcome::Failed { .. } => "failed",
                Outcome::LocalError { .. } => LOCAL_ERROR,
            }
            .to_owned(),
            detail: report.outcome.words().to_owned(),
            took_ms: millis(report.took),
            connect_ms: report.phases.connect.map(millis),
            tls_ms: report.phases.tls.map(millis),
            first_byte_ms: report.phases.first_byte.map(millis),
            seconds_ago: now.since(*at).as_secs_f64(),
        }
    }
}
