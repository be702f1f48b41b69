//! Gathers events into messages for the receivers: the first event begins a few seconds of gathering, and at
//! their end one message says it all, so that twelve servers that go down together make one message and not twelve.

use std::collections::BTreeMap;

use super::Notice;
use crate::health::{HealthState, Transition};
use crate::model::{Hook, ServiceId, Topic};
use crate::moment::Moment;
use crate::notify::{EventMessage, MessageEvent};
use crate::overrides::Target;
use crate::weight::ServiceState;

/// Events that one message holds at most; of the others it gives the number.
const LARGEST_MESSAGE: usize = 200;

/// States of services in the order in which a message counts them.
const NEWS: [ServiceState; 5] = [
    ServiceState::Down,
    ServiceState::OnFallback,
    ServiceState::Frozen,
    ServiceState::Degraded,
    ServiceState::Up,
];

/// The receivers, and what waits for them.
#[derive(Debug, Clone, Default)]
pub(super) struct Batcher {
    batches: Vec<Batch>,
    /// What still waits for receivers that are no longer configured.
    last: Vec<Batch>,
}

/// What waits for one of them.
#[derive(Debug, Clone)]
struct Batch {
    hook: Hook,
    /// When the message is due; none while nothing waits.
    due: Option<Moment>,
    events: Vec<MessageEvent>,
    left_out: usize,
    /// The last known health of each server.
    states: BTreeMap<Target, HealthState>,
    /// The last known state of each service.
    services: BTreeMap<ServiceId, ServiceState>,
    /// Events about neither.
    others: usize,
}

impl Batcher {
    /// The receivers from now on. What waits for the previous ones still reaches them.
    pub(super) fn take_over(&mut self, hooks: &[Hook]) {
        let mut former = std::mem::take(&mut self.batches);
        for hook in hooks {
            let known = former.iter().position(|batch| batch.hook == *hook);
            self.batches.push(match known {
                Some(place) => former.swap_remove(place),
                None => Batch::new(hook.clone()),
            });
        }
        self.last.extend(former);
    }

    /// Something happened.
    pub(super) fn add(&mut self, notice: &Notice, now: Moment) {
        let Some(topic) = topic(notice) else { return };
        for batch in self
            .batches
            .iter_mut()
            .filter(|batch| batch.hook.about.contains(&topic))
        {
            batch.put(topic, notice, now);
        }
    }

    /// The messages that are due; all that wait when the end has come.
    pub(super) fn due(&mut self, now: Moment, end: bool) -> Vec<EventMessage> {
        let due = |batch: &&mut Batch| batch.due.is_some_and(|due| due <= now || end);
        let all = self.batches.iter_mut().chain(&mut self.last);
        let messages = all.filter(due).map(Batch::message).collect();
        self.last.retain(|batch| batch.due.is_some());
        messages
    }

    /// When the next message is due.
    pub(super) fn next_due(&self) -> Option<Moment> {
        let all = self.batches.iter().chain(&self.last);
        all.filter_map(|batch| batch.due).min()
    }
}

impl Batch {
    fn new(hook: Hook) -> Self {
        Self {
            hook,
            due: None,
            events: Vec::new(),
            left_out: 0,
            states: BTreeMap::new(),
            services: BTreeMap::new(),
            others: 0,
        }
    }

    fn put(&mut self, topic: Topic, notice: &Notice, now: Moment) {
        self.due = self.due.or(Some(now + self.hook.gather));
        match notice {
            Notice::HealthChanged {
                service,
                server,
                transition,
                ..
            } => {
                self.states.insert((*service, *server), transition.to);
            }
            Notice::ServiceStateChanged { service, to, .. } => {
                self.services.insert(*service, to.state);
            }
            _ if topic != Topic::Servers => self.others += 1,
            _ => {}
        }
        if self.events.len() == LARGEST_MESSAGE {
            self.left_out += 1;
            return;
        }
        self.events.push(MessageEvent {
            topic,
            text: notice.to_string(),
        });
    }

    fn message(&mut self) -> EventMessage {
        self.due = None;
        let summary = self.summary();
        self.states.clear();
        self.services.clear();
        self.others = 0;
        EventMessage {
            hook: self.hook.clone(),
            summary,
            events: std::mem::take(&mut self.events),
            left_out: std::mem::take(&mut self.left_out),
        }
    }

    /// `1 service degraded, 12 servers down, 2 other events`; a single event speaks for itself.
    fn summary(&self) -> String {
        if let ([only], 0) = (self.events.as_slice(), self.left_out) {
            return only.text.clone();
        }
        let services = NEWS.map(|state| {
            let count = self.services.values().filter(|known| **known == state);
            (count.count(), "service", state.to_string())
        });
        let servers = [HealthState::Down, HealthState::Up].map(|state| {
            let count = self.states.values().filter(|known| **known == state);
            (count.count(), "server", state.to_string())
        });
        let others = (self.others, "other event", String::new());
        let all = services.into_iter().chain(servers).chain([others]);
        let parts = all.filter(|(count, ..)| *count > 0);
        let parts: Vec<String> = parts
            .map(|(count, what, state)| {
                let plural = if count == 1 { "" } else { "s" };
                format!("{count} {what}{plural} {state}")
                    .trim_end()
                    .to_owned()
            })
            .collect();
        if parts.is_empty() {
            format!("{} events", self.events.len() + self.left_out)
        } else {
            parts.join(", ")
        }
    }
}

/// What a notice is about; none for those that are of no interest outside the log.
fn topic(notice: &Notice) -> Option<Topic> {
    Some(match notice {
        // That a server is up when the director begins is no news.
        Notice::HealthChanged {
            transition:
                Transition {
                    was_assumed: true,
                    to: HealthState::Up,
                    ..
                },
            ..
        } => return None,
        Notice::HealthChanged { .. } | Notice::Held { .. } | Notice::Released { .. } => {
            Topic::Servers
        }
        Notice::ServiceStateChanged { .. }
        | Notice::Freeze(_)
        | Notice::Shortage { .. }
        | Notice::Tier { .. } => Topic::Services,
        Notice::Draining { .. } | Notice::Drained { .. } => Topic::Drains,
        Notice::OverrideSet { .. }
        | Notice::OverrideCleared { .. }
        | Notice::OverrideIdle { .. } => Topic::Overrides,
        Notice::Refused { .. } | Notice::Unreadable { .. } | Notice::Drift { .. } => Topic::Kernel,
        Notice::Loaded { .. } | Notice::LoadRefused { .. } => Topic::Definitions,
        _ => return None,
    })
}
