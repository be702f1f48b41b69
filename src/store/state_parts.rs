//! A state file as it is read: part by part, since one that is not understood must not cost the others.

use director_core::moment::Moment;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::clock_anchor::ClockAnchor;
use super::understood::{Understood, is_absurd, latest, understood};
use super::{LastGood, SavedState};

/// A state file, each part by itself.
#[derive(Debug, Deserialize)]
pub(super) struct StateParts<'a> {
    format: u32,
    #[serde(borrow)]
    clock: &'a RawValue,
    #[serde(borrow)]
    memory: &'a RawValue,
    last_good: Option<Box<RawValue>>,
    #[serde(borrow)]
    names: Option<&'a RawValue>,
}

impl StateParts<'_> {
    /// What a version of this format understands of it.
    pub(super) fn understood(self, format: u32) -> SavedState {
        let mut lost = Vec::new();
        let clock = serde_json::from_str::<ClockAnchor>(self.clock.get()).ok();
        let moment = clock.map(|clock| clock.goes_on_at(&ClockAnchor::now(Moment::START)));
        let moment = moment
            .filter(|moment| !is_absurd(*moment))
            .unwrap_or_else(|| {
                lost.push("the clock".to_owned());
                latest(self.memory)
            });
        let Understood {
            memory,
            lost: entries,
        } = understood(self.memory, moment);
        lost.extend(
            entries
                .iter()
                .map(|(part, count)| format!("{part} ({count})")),
        );
        let names = self.names.map(|names| serde_json::from_str(names.get()));
        SavedState {
            memory,
            moment,
            last_good: self.last_good.map(LastGood::from),
            // They are looked up again.
            names: names.and_then(Result::ok).unwrap_or_default(),
            foreign: (self.format != format).then_some(self.format),
            lost,
        }
    }
}
