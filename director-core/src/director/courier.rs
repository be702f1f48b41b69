//! Gathers what happens into bulletins for those who are told: the first event begins a few seconds of gathering, and at
//! their end one message says it all, so that twelve servers that go down together make one message and not twelve.

use std::collections::BTreeMap;

use super::Notice;
use crate::duties::{Bulletin, BulletinEvent};
use crate::health::{Transition, HealthState};
use crate::model::{Hook, Topic};
use crate::moment::Moment;
use crate::overrides::Target;

/// Events that one message holds at most; of the others it gives the number.
const LARGEST_BULLETIN: usize = 200;

/// Those who are told, and what waits for them.
#[derive(Debug, Default)]
pub(super) struct Courier {
    bags: Vec<Bag>,
    /// What still waits for those who are told no more.
    last: Vec<Bag>,
}

/// What waits for one of them.
#[derive(Debug)]
struct Bag {
    hook: Hook,
    /// When the message is due; none while nothing waits.
    due: Option<Moment>,
    events: Vec<BulletinEvent>,
    left_out: usize,
    /// The last verdict over each server of which there was one.
    states: BTreeMap<Target, HealthState>,
}

impl Courier {
    /// These are told from now on. What waits for those who were told before still reaches them.
    pub(super) fn take_over(&mut self, hooks: &[Hook]) {
        let mut former = std::mem::take(&mut self.bags);
        for hook in hooks {
            let known = former.iter().position(|bag| bag.hook == *hook);
            self.bags.push(match known {
                Some(place) => former.swap_remove(place),
                None => Bag::new(hook.clone()),
            });
        }
        self.last.extend(former);
    }

    /// Something happened.
    pub(super) fn hear(&mut self, notice: &Notice, now: Moment) {
        let Some(topic) = topic(notice) else { return };
        for bag in self
            .bags
            .iter_mut()
            .filter(|bag| bag.hook.about.contains(&topic))
        {
            bag.put(topic, notice, now);
        }
    }

    /// The messages that are due; all that wait when the end has come.
    pub(super) fn due(&mut self, now: Moment, end: bool) -> Vec<Bulletin> {
        let due = |bag: &&mut Bag| bag.due.is_some_and(|due| due <= now || end);
        let all = self.bags.iter_mut().chain(&mut self.last);
        let bulletins = all.filter(due).map(Bag::bulletin).collect();
        self.last.retain(|bag| bag.due.is_some());
        bulletins
    }

    /// When the next message is due.
    pub(super) fn next_due(&self) -> Option<Moment> {
        let all = self.bags.iter().chain(&self.last);
        all.filter_map(|bag| bag.due).min()
    }
}

impl Bag {
    fn new(hook: Hook) -> Self {
        Self {
            hook,
            due: None,
            events: Vec::new(),
            left_out: 0,
            states: BTreeMap::new(),
        }
    }

    fn put(&mut self, topic: Topic, notice: &Notice, now: Moment) {
        self.due = self.due.or(Some(now + self.hook.gather));
        if let Notice::HealthState {
            service,
            server,
            transition,
            ..
        } = notice
        {
            self.states.insert((*service, *server), transition.to);
        }
        if self.events.len() == LARGEST_BULLETIN {
            self.left_out += 1;
            return;
        }
        self.events.push(BulletinEvent {
            topic,
            text: notice.to_string(),
        });
    }

    fn bulletin(&mut self) -> Bulletin {
        self.due = None;
        let summary = self.summary();
        self.states.clear();
        Bulletin {
            hook: self.hook.clone(),
            summary,
            events: std::mem::take(&mut self.events),
            left_out: std::mem::take(&mut self.left_out),
        }
    }

    /// `12 servers down, 3 servers up, 2 other events`; a single event speaks for itself.
    fn summary(&self) -> String {
        if let ([only], 0) = (self.events.as_slice(), self.left_out) {
            return only.text.clone();
        }
        let judged = |state: HealthState| self.states.values().filter(|v| **v == state).count();
        let of = |topic: Topic| {
            self.events
                .iter()
                .filter(|event| event.topic == topic)
                .count()
        };
        let others = self.events.len() + self.left_out - of(Topic::Servers).min(self.events.len());
        let parts = [
            (judged(HealthState::Down), "server", "down"),
            (judged(HealthState::Up), "server", "up"),
            (others, "other event", ""),
        ];
        let told = parts.iter().filter(|(count, ..)| *count > 0);
        let told: Vec<String> = told
            .map(|(count, what, state)| {
                let plural = if *count == 1 { "" } else { "s" };
                format!("{count} {what}{plural} {state}")
                    .trim_end()
                    .to_owned()
            })
            .collect();
        if told.is_empty() {
            format!("{} events", self.events.len() + self.left_out)
        } else {
            told.join(", ")
        }
    }
}

/// What a notice is about; none for those that are of no interest outside the log.
fn topic(notice: &Notice) -> Option<Topic> {
    Some(match notice {
        // That a server is up when the director begins is no news.
        Notice::HealthState {
            transition:
                Transition {
                    was_assumed: true,
                    to: HealthState::Up,
                    ..
                },
            ..
        } => return None,
        Notice::HealthState { .. } | Notice::Held { .. } | Notice::Released { .. } => Topic::Servers,
        Notice::Availability { .. }
        | Notice::Freeze(_)
        | Notice::Shortage { .. }
        | Notice::Tier { .. } => Topic::Services,
        Notice::Draining { .. } | Notice::Drained { .. } => Topic::Drains,
        Notice::OverrideSet { .. } | Notice::OverrideCleared { .. } => Topic::Overrides,
        Notice::Refused { .. } | Notice::Unreadable { .. } | Notice::Drift { .. } => Topic::Kernel,
        Notice::Loaded { .. } | Notice::LoadRefused { .. } => Topic::Definitions,
        _ => return None,
    })
}
