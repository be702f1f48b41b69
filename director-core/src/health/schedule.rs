//! Which probe is due when. Equal questions to equal servers are asked once and answered to every service that wants to
//! know; a server never has more than one question open; first questions are asked at once, later ones spread evenly
//! over the interval.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::IpAddr;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Outcome, Report};
use crate::model::{Endpoint, Model, Probe, ProbeKind, ServiceId};
use crate::moment::Moment;

/// Number of a recurring probe, unique while the director lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProbeId(pub u64);

/// All recurring probes.
#[derive(Debug, Default)]
pub struct Schedule {
    tasks: BTreeMap<ProbeId, Task>,
    /// The tasks that wait, by their time.
    queue: BTreeSet<(Moment, ProbeId)>,
    /// The task that concerns a server.
    of_server: HashMap<(ServiceId, Endpoint), ProbeId>,
    last_id: u64,
}

#[derive(Debug)]
struct Task {
    probe: Probe,
    every: Duration,
    /// Whom the answers concern.
    subscribers: Vec<(ServiceId, Endpoint)>,
    due: Moment,
    /// When the last question was due; the rhythm counts from there.
    asked_at: Moment,
    asking: bool,
    /// Share of the interval by which the second question is moved, in thousandths.
    spread: u32,
    asked_before: bool,
    answered_before: bool,
    /// TCP connects left before the next full question of a combined probe.
    connects_left: u32,
}

impl Schedule {
    /// Takes over the probes of a new model. A probe that was there before keeps its time and its open question.
    pub fn adopt(&mut self, model: &Model, now: Moment) {
        let mut former = std::mem::take(&mut self.tasks);
        self.queue.clear();
        self.of_server.clear();
        let wanted = questions(model);
        let mut by_address: HashMap<(IpAddr, u16), Vec<ProbeId>> = HashMap::new();
        for (id, task) in &former {
            by_address
                .entry((task.probe.address, task.probe.port))
                .or_default()
                .push(*id);
        }
        let total = wanted.len().max(1);
        for (place, (probe, every, subscribers)) in wanted.into_iter().enumerate() {
            let near = by_address.get(&(probe.address, probe.port));
            let known = near.into_iter().flatten().copied().find(|id| {
                former
                    .get(id)
                    .is_some_and(|task| task.probe == probe && task.every == every)
            });
            let (id, task) = match known.and_then(|id| former.remove(&id).map(|task| (id, task))) {
                Some((id, task)) => (
                    id,
                    Task {
                        subscribers,
                        ..task
                    },
                ),
                None => (
                    self.next_id(),
                    Task::new(probe, every, subscribers, spread(place, total), now),
                ),
            };
            if !task.asking {
                self.queue.insert((task.due, id));
            }
            self.of_server
                .extend(task.subscribers.iter().map(|subscriber| (*subscriber, id)));
            self.tasks.insert(id, task);
        }
    }

    /// The questions that are due now; each is marked as open.
    pub fn take_due(&mut self, now: Moment) -> Vec<(ProbeId, Probe)> {
        let mut questions = Vec::new();
        while let Some((_, id)) = self.queue.first().copied().filter(|(due, _)| *due <= now) {
            self.queue.pop_first();
            if let Some(task) = self.tasks.get_mut(&id) {
                questions.push((id, task.ask(now)));
            }
        }
        questions
    }

    /// When the next question is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Moment> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// Closes a question; says whom the answer concerns. A question that is no longer wanted concerns nobody.
    pub fn answered(&mut self, id: ProbeId, report: &Report) -> Vec<(ServiceId, Endpoint)> {
        let Some(task) = self.tasks.get_mut(&id) else {
            return Vec::new();
        };
        task.asking = false;
        task.answered_before = true;
        task.count_combined(&report.outcome);
        self.queue.insert((task.due, id));
        task.subscribers.clone()
    }

    /// Whether every question has been answered at least once.
    #[must_use]
    pub fn all_answered(&self) -> bool {
        self.tasks.values().all(|task| task.answered_before)
    }

    /// Has a server asked sooner or later than its interval says, until the next answer: `pace` after the last question.
    /// Of several wishes for one question the earliest counts.
    pub fn set_pace(&mut self, id: ProbeId, pace: Duration) {
        let Some(task) = self.tasks.get_mut(&id).filter(|task| !task.asking) else {
            return;
        };
        self.queue.remove(&(task.due, id));
        task.due = task.asked_at + pace;
        self.queue.insert((task.due, id));
    }

    /// When this server is asked next; none while a question is open or when it is not asked.
    #[must_use]
    pub fn next_for(&self, service: &ServiceId, server: &Endpoint) -> Option<Moment> {
        let task = self.tasks.get(self.of_server.get(&(*service, *server))?)?;
        (!task.asking).then_some(task.due)
    }

    fn next_id(&mut self) -> ProbeId {
        self.last_id += 1;
        ProbeId(self.last_id)
    }
}

impl Task {
    fn new(
        probe: Probe,
        every: Duration,
        subscribers: Vec<(ServiceId, Endpoint)>,
        spread: u32,
        now: Moment,
    ) -> Self {
        Self {
            probe,
            every,
            subscribers,
            due: now,
            asked_at: now,
            asking: false,
            spread,
            asked_before: false,
            answered_before: false,
            connects_left: 0,
        }
    }

    fn ask(&mut self, now: Moment) -> Probe {
        self.asking = true;
        self.asked_at = self.due;
        let step = if self.asked_before {
            self.every
        } else {
            self.every * self.spread / 1000
        };
        self.asked_before = true;
        // From due time to due time, so that the rhythm holds; after a long pause from now, so that nothing is made up for.
        self.due = if self.due + step > now {
            self.due + step
        } else {
            now + self.every
        };
        let mut probe = self.probe.clone();
        if let ProbeKind::Combined {
            connect_timeout,
            question,
            ..
        } = &self.probe.kind
        {
            if self.connects_left > 0 {
                probe.kind = ProbeKind::Connect;
                probe.timeout = *connect_timeout;
            } else {
                probe.kind = (**question).clone();
            }
        }
        probe
    }

    fn count_combined(&mut self, outcome: &Outcome) {
        let ProbeKind::Combined { connects, .. } = &self.probe.kind else {
            return;
        };
        self.connects_left = match outcome {
            Outcome::Good { .. } if self.connects_left > 0 => self.connects_left - 1,
            Outcome::Good { .. } => *connects,
            Outcome::Failed { .. } | Outcome::Unable { .. } => 0,
        };
    }
}

/// A question, how often it is asked, and whom the answers concern.
type Question = (Probe, Duration, Vec<(ServiceId, Endpoint)>);

/// Every different question of the model, in the order of the file.
fn questions(model: &Model) -> Vec<Question> {
    let mut wanted: Vec<Question> = Vec::new();
    let mut places: HashMap<((IpAddr, u16), Duration), Vec<usize>> = HashMap::new();
    for service in model.services() {
        for server in &service.real_servers {
            let Some(probe) = server.probe.as_ref().filter(|probe| is_asked(probe)) else {
                continue;
            };
            let every = service.timing.every;
            // The address narrows the search; equality decides.
            let near = places
                .entry(((probe.address, probe.port), every))
                .or_default();
            let place = near
                .iter()
                .copied()
                .find(|place| wanted[*place].0 == *probe)
                .unwrap_or_else(|| {
                    wanted.push((probe.clone(), every, Vec::new()));
                    near.push(wanted.len() - 1);
                    wanted.len() - 1
                });
            wanted[place].2.push((service.id, server.endpoint));
        }
    }
    wanted
}

/// Whether a probe takes asking at all.
fn is_asked(probe: &Probe) -> bool {
    !matches!(probe.kind, ProbeKind::AlwaysUp | ProbeKind::AlwaysDown)
}

/// The place of one probe among `total` in the interval, in thousandths, never 0.
fn spread(place: usize, total: usize) -> u32 {
    u32::try_from((place + 1) * 1000 / total)
        .unwrap_or(1000)
        .max(1)
}
