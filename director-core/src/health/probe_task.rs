//! One recurring probe: when it is due, which servers its results concern, and the last result.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use super::interval::{ProbeInterval, identity};
use super::outage::LastResults;
use super::schedule::Subscription;
use super::{Concern, Contact, Outcome, Report};
use crate::model::{Model, Probe, ProbeKind};
use crate::moment::Moment;

/// A recurring probe.
#[derive(Debug, Clone)]
pub(super) struct ProbeTask {
    pub(super) probe: Probe,
    pub(super) interval: ProbeInterval,
    /// Whom the answers concern.
    pub(super) subscribers: Vec<Subscription>,
    pub(super) due: Moment,
    /// When the last probe was due; the interval counts from there.
    pub(super) started_at: Moment,
    pub(super) in_flight: bool,
    pub(super) has_result: bool,
    /// It goes to an address of this machine, so no network has a part in its results.
    pub(super) is_local: bool,
    /// When the server was last heard, whatever it answered.
    pub(super) last_heard: Option<Moment>,
    /// When the first probe after that ended without an answer.
    pub(super) silent_since: Option<Moment>,
    /// The last probe was not tried: this director had no descriptor, no program or the like.
    not_asked: bool,
    /// Something hints that the server has failed: good answers since then. It is probed in quick succession until it is
    /// known what became of it.
    pub(super) hinted: Option<usize>,
    /// It is to run again as soon as the open probe is answered.
    again: bool,
    /// Distinguishes this probe from others.
    identity: u64,
    /// Share of the interval by which the second probe is moved, in thousandths.
    spread: u32,
    /// Probes so far.
    started: u64,
    /// TCP connects left before the next full probe.
    connects_left: u32,
}

impl ProbeTask {
    /// A probe that did not run before. `spread` is its place in the interval, in thousandths.
    pub(super) fn new(spec: ProbeSpec, spread: u32, now: Moment) -> Self {
        let ProbeSpec {
            probe,
            interval,
            subscribers,
        } = spec;
        let identity = identity(&probe);
        Self {
            due: now + interval.first_delay(identity),
            probe,
            interval,
            subscribers,
            started_at: now,
            in_flight: false,
            has_result: false,
            is_local: false,
            last_heard: None,
            silent_since: None,
            not_asked: false,
            hinted: None,
            again: false,
            identity,
            // First probes that are spread have their places already.
            spread: if interval.start_spread.is_zero() {
                spread
            } else {
                1000
            },
            started: 0,
            connects_left: 0,
        }
    }

    pub(super) fn is(&self, spec: &ProbeSpec) -> bool {
        self.probe == spec.probe && self.interval == spec.interval
    }

    /// Marks the probe as open and says what is probed this time.
    pub(super) fn start(&mut self, now: Moment) -> Probe {
        self.in_flight = true;
        self.started_at = self.due;
        let every = self.interval.every;
        let step = if self.started > 0 {
            self.interval.varied(every, self.identity, self.started)
        } else {
            every * self.spread / 1000
        };
        self.started += 1;
        // From due time to due time, so that the interval holds; after a long pause from now, so that none is made up for.
        self.due = if self.due + step > now {
            self.due + step
        } else {
            now + every
        };
        let mut probe = self.probe.clone();
        if let Some(between) = self.interval.connects_between
            && self.connects_left > 0
        {
            probe.kind = Arc::new(ProbeKind::Connect);
            probe.timeout = between.timeout;
        }
        probe
    }

    /// This step with the jitter of the probe that comes next.
    pub(super) fn varied(&self, step: Duration) -> Duration {
        self.interval.varied(step, self.identity, self.started)
    }

    /// Closes the probe.
    pub(super) fn finish(&mut self, report: &Report, now: Moment) {
        self.in_flight = false;
        self.has_result = true;
        self.not_asked = false;
        if report.is_answered() {
            let heard = now.before(report.heard_before_end());
            self.last_heard = self.last_heard.max(Some(heard));
            self.silent_since = None;
        } else if report.contact == Contact::NotAsked {
            self.not_asked = true;
        } else if self.silent_since.is_none() {
            self.silent_since = Some(now);
        }
        if std::mem::take(&mut self.again) {
            self.due = now;
        }
        self.count_connects(&report.outcome);
    }

    /// Starts the probe now, or again when the open one is answered, which may have started before the hint.
    pub(super) fn hint(&mut self, now: Moment) {
        self.hinted = Some(0);
        self.connects_left = 0;
        if self.in_flight {
            self.again = true;
        } else {
            self.due = now;
        }
    }

    /// The server that it goes to.
    pub(super) fn server(&self) -> IpAddr {
        (self.probe.vip_path).map_or(self.probe.address, |vip_path| vip_path.toward)
    }

    /// What it has met with; nothing where that says nothing about the network of this director: while it cannot ask, and on
    /// this machine.
    pub(super) fn last_results(&self) -> Option<LastResults> {
        (!self.not_asked && !self.is_local).then(|| LastResults {
            address: self.server(),
            last_heard: self.last_heard,
            silent_since: self.silent_since,
        })
    }

    /// Whether it is a check without a result so far.
    pub(super) fn waits_for_first_result(&self) -> bool {
        !self.has_result && self.is_check()
    }

    /// Whether the health of a server depends on it.
    pub(super) fn is_check(&self) -> bool {
        let mut concerns = self.subscribers.iter();
        concerns.any(|subscriber| matches!(subscriber.concern, Concern::Check(_)))
    }

    fn count_connects(&mut self, outcome: &Outcome) {
        let Some(between) = self.interval.connects_between else {
            return;
        };
        self.connects_left = match outcome {
            Outcome::Good { .. } if self.connects_left > 0 => self.connects_left - 1,
            Outcome::Good { .. } => between.count,
            Outcome::Failed { .. } | Outcome::LocalError { .. } => 0,
        };
    }
}

/// A probe, its interval, and whom the answers concern.
#[derive(Debug)]
pub(super) struct ProbeSpec {
    pub(super) probe: Probe,
    pub(super) interval: ProbeInterval,
    pub(super) subscribers: Vec<Subscription>,
}

/// Every different probe of the model, in the order of the file.
pub(super) fn probe_specs(model: &Model) -> Vec<ProbeSpec> {
    let mut specs = ProbeSpecs::default();
    for service in model.services() {
        let real = service.real_servers.iter();
        let real = real.map(|server| (server, service.checks_of(&server.endpoint)));
        let fallback = service.fallback.iter();
        let fallback = fallback.map(|server| (server, service.fallback_checks.as_slice()));
        for (server, checks) in real.chain(fallback) {
            let started = checks.iter().zip(&server.probes).enumerate();
            for (place, (check, probe)) in started.filter(|(_, (check, probe))| check.asks(probe)) {
                let subscription = Subscription {
                    service: service.id,
                    server: server.endpoint,
                    concern: Concern::Check(place),
                };
                specs.add(probe, ProbeInterval::of(&check.timing), subscription);
            }
            let advisers = [
                (Concern::Agent, &server.agent),
                (Concern::WeightSource, &server.weight_source),
            ];
            for (concern, adviser) in advisers {
                let Some(adviser) = adviser else { continue };
                let subscription = Subscription {
                    service: service.id,
                    server: server.endpoint,
                    concern,
                };
                specs.add(
                    &adviser.probe,
                    ProbeInterval::fixed(adviser.every),
                    subscription,
                );
            }
        }
    }
    specs.probe_specs
}

/// Probes, each once.
#[derive(Debug, Default)]
struct ProbeSpecs {
    probe_specs: Vec<ProbeSpec>,
    /// The address narrows the search; equality decides.
    places: HashMap<((IpAddr, u16), Duration), Vec<usize>>,
}

impl ProbeSpecs {
    fn add(&mut self, probe: &Probe, interval: ProbeInterval, subscription: Subscription) {
        let near = self
            .places
            .entry(((probe.address, probe.port), interval.every))
            .or_default();
        let known = near.iter().copied().find(|place| {
            let spec = &self.probe_specs[*place];
            spec.probe == *probe && spec.interval == interval
        });
        let place = known.unwrap_or_else(|| {
            self.probe_specs.push(ProbeSpec {
                probe: probe.clone(),
                interval,
                subscribers: Vec::new(),
            });
            near.push(self.probe_specs.len() - 1);
            self.probe_specs.len() - 1
        });
        self.probe_specs[place].subscribers.push(subscription);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::{Contact, Phases};
    use crate::model::ConnectsBetween;

    fn report(outcome: Outcome) -> Report {
        Report {
            outcome,
            took: Duration::from_millis(1),
            contact: Contact::default(),
            phases: Phases::default(),
        }
    }

    /// What is probed in the rounds after these answers, `+` good and `-` bad: the full probe `F` or a connect `c`.
    fn rounds(count: u32, answers: &str) -> String {
        let probe = Probe {
            kind: Arc::new(ProbeKind::Ping { attempts: 1 }),
            address: "192.0.2.1".parse().unwrap(),
            port: 80,
            timeout: Duration::from_secs(30),
            vip_path: None,
            source: None,
            proxy_header: None,
        };
        let timeout = Duration::from_secs(5);
        let interval = ProbeInterval {
            connects_between: Some(ConnectsBetween { count, timeout }),
            ..ProbeInterval::fixed(Duration::from_secs(10))
        };
        let spec = ProbeSpec {
            probe,
            interval,
            subscribers: Vec::new(),
        };
        let mut task = ProbeTask::new(spec, 0, Moment::START);
        let mut rounds = String::new();
        for answer in answers.chars() {
            let started = task.start(Moment::START);
            rounds.push(match *started.kind {
                ProbeKind::Connect => 'c',
                _ => 'F',
            });
            assert_eq!(
                started.timeout == timeout,
                *started.kind == ProbeKind::Connect
            );
            let outcome = match answer {
                '+' => Outcome::Good {
                    detail: String::new(),
                },
                _ => Outcome::Failed {
                    reason: String::new(),
                },
            };
            task.finish(&report(outcome), Moment::START);
        }
        rounds
    }

    #[test]
    fn connects_take_the_place_of_full_probes_until_something_fails() {
        assert_eq!(rounds(2, "+++++++"), "FccFccF");
        assert_eq!(rounds(0, "+++"), "FFF");
        // A connect that fails is followed by full probes until one is good.
        assert_eq!(rounds(2, "+---++"), "FcFFFc");
        assert_eq!(rounds(2, "--+++"), "FFFcc");
    }
}
