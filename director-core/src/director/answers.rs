//! What an answer of a real server changes: its verdict, the pace of its probes, whether it is held out.

use std::sync::Arc;
use std::time::Duration;

use super::{Director, Effect, Notice};
use crate::health::{Outcome, ProbeId, Report};
use crate::moment::Moment;

impl Director {
    pub(super) fn probed(
        &mut self,
        probe: ProbeId,
        report: &Report,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let model = Arc::clone(&self.model);
        let mut pace = None;
        for (service, server) in self.schedule.answered(probe, report) {
            let Some(definition) = model.service(&service) else {
                continue;
            };
            let Some(health) = self.book.get_mut(&(service, server)) else {
                continue;
            };
            let stood = now.since(health.since);
            let failures_before = health.failures();
            let limit = definition.timing.fall;
            let name = definition.name.clone();
            let repeated = health
                .last()
                .is_some_and(|(_, last)| last.outcome == report.outcome);
            let transition = health.report(report.clone(), &definition.timing, now);
            let failures = health.failures();
            let wished = health.pace(&definition.timing);
            let held = health.penalty.held_until();
            let target = (service, server);
            self.report_besides(target, report, transition.as_ref(), now, effects);
            if let Some(transition) = transition {
                let notice = Notice::Verdict {
                    name,
                    service,
                    server,
                    transition,
                    stood,
                    took: report.took,
                };
                effects.push(Effect::Tell(notice));
                self.unsettled = true;
                if let Some(until) = held {
                    let held = Notice::Held {
                        name: definition.name.clone(),
                        server,
                        until_in: until.since(now),
                    };
                    effects.push(Effect::Tell(held));
                    self.next_release =
                        [self.next_release, Some(until)].into_iter().flatten().min();
                }
            } else if let Outcome::Unable { reason } = &report.outcome
                && !repeated
            {
                effects.push(Effect::Tell(Notice::CannotProbe {
                    name,
                    server,
                    reason: reason.clone(),
                }));
            } else if failures > failures_before {
                effects.push(Effect::Tell(Notice::Wavering {
                    name,
                    service,
                    server,
                    failures,
                    limit,
                    reason: report.outcome.words().to_owned(),
                }));
            } else if failures < failures_before {
                effects.push(Effect::Tell(Notice::Steady {
                    name,
                    service,
                    server,
                }));
            }
            if wished != definition.timing.every {
                pace = Some(pace.map_or(wished, |known: Duration| known.min(wished)));
            }
        }
        if let Some(pace) = pace {
            self.schedule.set_pace(probe, pace);
        }
    }

    /// Lets servers in again that were held out for changing too often.
    pub(super) fn release(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        if self.next_release.is_none_or(|next| next > now) {
            return;
        }
        for ((service, server), health) in &mut self.book {
            if health.penalty.release(now) {
                self.unsettled = true;
                self.judged_anew = true;
                let name = self.model.service(service).map(|known| known.name.clone());
                effects.push(Effect::Tell(Notice::Released {
                    name: name.unwrap_or_default(),
                    server: *server,
                }));
            }
        }
        self.next_release = self
            .book
            .values()
            .filter_map(|health| health.penalty.held_until())
            .min();
    }
}
