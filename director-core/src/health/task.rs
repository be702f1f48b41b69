//! One recurring question: when it is due, whom its answers concern, and what was last heard.

use std::collections::HashMap;
use std::net::IpAddr;
use std::time::Duration;

use super::outage::Witness;
use super::rhythm::{Rhythm, identity};
use super::schedule::Subscription;
use super::{Concern, Outcome, Report};
use crate::model::{Model, Probe, ProbeKind};
use crate::moment::Moment;

/// A recurring question.
#[derive(Debug)]
pub(super) struct Task {
    pub(super) probe: Probe,
    pub(super) rhythm: Rhythm,
    /// Whom the answers concern.
    pub(super) subscribers: Vec<Subscription>,
    pub(super) due: Moment,
    /// When the last question was due; the rhythm counts from there.
    pub(super) asked_at: Moment,
    pub(super) asking: bool,
    pub(super) answered_before: bool,
    /// When the last good answer came.
    pub(super) last_good: Option<Moment>,
    /// When the first answer after that came which was not good.
    pub(super) failing_since: Option<Moment>,
    /// Something hints that the server has failed: good answers since then. It is asked in quick succession until it is
    /// known what became of it.
    pub(super) hinted: Option<usize>,
    /// It is to be asked again as soon as the open question is answered.
    again: bool,
    /// Tells this question from others.
    identity: u64,
    /// Share of the interval by which the second question is moved, in thousandths.
    spread: u32,
    /// Questions so far.
    asked: u64,
    /// TCP connects left before the next full probe.
    connects_left: u32,
}

impl Task {
    /// A question that was not asked before. `spread` is its place in the interval, in thousandths.
    pub(super) fn new(question: Question, spread: u32, now: Moment) -> Self {
        let Question {
            probe,
            rhythm,
            subscribers,
        } = question;
        let identity = identity(&probe);
        Self {
            due: now + rhythm.first_wait(identity),
            probe,
            rhythm,
            subscribers,
            asked_at: now,
            asking: false,
            answered_before: false,
            last_good: None,
            failing_since: None,
            hinted: None,
            again: false,
            identity,
            // First questions that are spread have their places already.
            spread: if rhythm.start_spread.is_zero() {
                spread
            } else {
                1000
            },
            asked: 0,
            connects_left: 0,
        }
    }

    pub(super) fn is(&self, question: &Question) -> bool {
        self.probe == question.probe && self.rhythm == question.rhythm
    }

    /// Marks the question as open and says what is asked this time.
    pub(super) fn ask(&mut self, now: Moment) -> Probe {
        self.asking = true;
        self.asked_at = self.due;
        let every = self.rhythm.every;
        let step = if self.asked > 0 {
            self.rhythm.varied(every, self.identity, self.asked)
        } else {
            every * self.spread / 1000
        };
        self.asked += 1;
        // From due time to due time, so that the rhythm holds; after a long pause from now, so that nothing is made up for.
        self.due = if self.due + step > now {
            self.due + step
        } else {
            now + every
        };
        let mut probe = self.probe.clone();
        if let Some(between) = self.rhythm.connects_between
            && self.connects_left > 0
        {
            probe.kind = ProbeKind::Connect;
            probe.timeout = between.timeout;
        }
        probe
    }

    /// This step with the jitter of the question that comes next.
    pub(super) fn varied(&self, step: Duration) -> Duration {
        self.rhythm.varied(step, self.identity, self.asked)
    }

    /// Closes the question.
    pub(super) fn answered(&mut self, report: &Report, now: Moment) {
        self.asking = false;
        self.answered_before = true;
        if report.outcome.is_good() == Some(true) {
            self.last_good = Some(now);
            self.failing_since = None;
        } else if self.failing_since.is_none() {
            self.failing_since = Some(now);
        }
        if std::mem::take(&mut self.again) {
            self.due = now;
        }
        self.count_connects(&report.outcome);
    }

    /// Has the question asked now, or again when the open one is answered, which may have been asked before the hint.
    pub(super) fn hint(&mut self, now: Moment) {
        self.hinted = Some(0);
        self.connects_left = 0;
        if self.asking {
            self.again = true;
        } else {
            self.due = now;
        }
    }

    /// What it has met with.
    pub(super) fn witness(&self) -> Witness {
        Witness {
            address: (self.probe.road).map_or(self.probe.address, |road| road.toward),
            last_good: self.last_good,
            failing_since: self.failing_since,
        }
    }

    /// Whether a verdict hangs on it.
    pub(super) fn is_check(&self) -> bool {
        let mut concerns = self.subscribers.iter();
        concerns.any(|subscriber| matches!(subscriber.concern, Concern::Check(_)))
    }

    fn count_connects(&mut self, outcome: &Outcome) {
        let Some(between) = self.rhythm.connects_between else {
            return;
        };
        self.connects_left = match outcome {
            Outcome::Good { .. } if self.connects_left > 0 => self.connects_left - 1,
            Outcome::Good { .. } => between.count,
            Outcome::Failed { .. } | Outcome::Unable { .. } => 0,
        };
    }
}

/// A question, its rhythm, and whom the answers concern.
#[derive(Debug)]
pub(super) struct Question {
    pub(super) probe: Probe,
    pub(super) rhythm: Rhythm,
    pub(super) subscribers: Vec<Subscription>,
}

/// Every different question of the model, in the order of the file.
pub(super) fn questions(model: &Model) -> Vec<Question> {
    let mut wanted = Wanted::default();
    for service in model.services() {
        let real = service.real_servers.iter();
        let real = real.map(|server| (server, &service.checks));
        let fallback = service.fallback.iter();
        let fallback = fallback.map(|server| (server, &service.fallback_checks));
        for (server, checks) in real.chain(fallback) {
            let asked = checks.iter().zip(&server.probes).enumerate();
            for (place, (check, probe)) in asked.filter(|(_, (check, probe))| check.asks(probe)) {
                let subscription = Subscription {
                    service: service.id,
                    server: server.endpoint,
                    concern: Concern::Check(place),
                };
                wanted.add(probe, Rhythm::of(&check.timing), subscription);
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
                wanted.add(&adviser.probe, Rhythm::steady(adviser.every), subscription);
            }
        }
    }
    wanted.questions
}

/// Questions, each once.
#[derive(Debug, Default)]
struct Wanted {
    questions: Vec<Question>,
    /// The address narrows the search; equality decides.
    places: HashMap<((IpAddr, u16), Duration), Vec<usize>>,
}

impl Wanted {
    fn add(&mut self, probe: &Probe, rhythm: Rhythm, subscription: Subscription) {
        let near = self
            .places
            .entry(((probe.address, probe.port), rhythm.every))
            .or_default();
        let known = near.iter().copied().find(|place| {
            let question = &self.questions[*place];
            question.probe == *probe && question.rhythm == rhythm
        });
        let place = known.unwrap_or_else(|| {
            self.questions.push(Question {
                probe: probe.clone(),
                rhythm,
                subscribers: Vec::new(),
            });
            near.push(self.questions.len() - 1);
            self.questions.len() - 1
        });
        self.questions[place].subscribers.push(subscription);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::health::Phases;
    use crate::model::ConnectsBetween;

    fn report(outcome: Outcome) -> Report {
        Report {
            outcome,
            took: Duration::from_millis(1),
            phases: Phases::default(),
        }
    }

    /// What is asked in the rounds after these answers, `+` good and `-` bad: the full probe `F` or a connect `c`.
    fn rounds(count: u32, answers: &str) -> String {
        let probe = Probe {
            kind: ProbeKind::Ping { attempts: 1 },
            address: "192.0.2.1".parse().unwrap(),
            port: 80,
            timeout: Duration::from_secs(30),
            road: None,
        };
        let timeout = Duration::from_secs(5);
        let rhythm = Rhythm {
            connects_between: Some(ConnectsBetween { count, timeout }),
            ..Rhythm::steady(Duration::from_secs(10))
        };
        let question = Question {
            probe,
            rhythm,
            subscribers: Vec::new(),
        };
        let mut task = Task::new(question, 0, Moment::START);
        let mut rounds = String::new();
        for answer in answers.chars() {
            let asked = task.ask(Moment::START);
            rounds.push(match asked.kind {
                ProbeKind::Connect => 'c',
                _ => 'F',
            });
            assert_eq!(asked.timeout == timeout, asked.kind == ProbeKind::Connect);
            let outcome = match answer {
                '+' => Outcome::Good {
                    detail: String::new(),
                },
                _ => Outcome::Failed {
                    reason: String::new(),
                },
            };
            task.answered(&report(outcome), Moment::START);
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
