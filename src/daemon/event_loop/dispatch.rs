//! Hands what happens to the director, and carries out what it decides.

use director_core::director::{Effect, Event};
use director_core::moment::Moment;
use tokio::sync::mpsc;

use super::EventLoop;
use crate::daemon::input::Input;

/// Results of probes that are noted before one decision. Deciding looks at the whole table where a health state has changed, so one
/// decision for each result would fall behind when thousands of servers change at once.
const RESULTS_AT_ONCE: usize = 1024;

impl EventLoop {
    /// Hands an event to the director and carries out its effects.
    pub(super) fn dispatch(&mut self, event: Event) {
        let now = self.now();
        let mut effects = Vec::new();
        let is_applied = matches!(event, Event::Applied { .. });
        self.note(event, false, now, &mut effects);
        if is_applied {
            self.compare_observed();
        }
        self.decide(now, effects);
    }

    /// Hands over a result and those that wait behind it, and carries out the effects of all. Returns what else has come.
    pub(super) fn dispatch_results(
        &mut self,
        first: Event,
        receiver: &mut mpsc::UnboundedReceiver<Input>,
    ) -> Option<Input> {
        let now = self.now();
        let mut effects = Vec::new();
        let mut event = first;
        for left in (0..RESULTS_AT_ONCE).rev() {
            let next = if left > 0 {
                receiver.try_recv().ok()
            } else {
                None
            };
            match next {
                Some(Input::Event(result @ Event::Probed { .. })) => {
                    self.note(event, true, now, &mut effects);
                    event = result;
                }
                other => {
                    self.note(event, false, now, &mut effects);
                    self.decide(now, effects);
                    return other;
                }
            }
        }
        None
    }

    /// Hands an event to the director. With `more`, another one follows before the director decides.
    fn note(&mut self, event: Event, more: bool, now: Moment, effects: &mut Vec<Effect>) {
        if let Some(recorder) = &mut self.recorder {
            recorder.record(now, &event, more);
        }
        if let Event::Probed { probe, report } = &event {
            let services = self.director.checked_services(*probe);
            self.counters.probed(services, report);
        }
        self.director.note(event, now, effects);
    }

    fn decide(&mut self, now: Moment, mut effects: Vec<Effect>) {
        self.director.decide(now, &mut effects);
        if let Some(recorder) = &self.recorder {
            recorder.decided(now, &effects);
        }
        for effect in effects {
            self.carry_out(effect);
        }
    }
}
