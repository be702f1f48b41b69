//! Takes from a state file what this version understands, part by part, so that a part of another version, or one that is
//! damaged, costs no other part.
//!
//! Times are brought into the director's own: what is past is not later than now, and what is to come is not absurdly far.

use std::collections::BTreeMap;
use std::time::Duration;

use director_core::moment::Moment;
use director_core::persistent_state::PersistentState;
use serde_json::value::RawValue;
use serde_json::{Map, Value};

/// No director is older than this, and nothing waits longer.
const ABSURD: Duration = Duration::from_secs(100 * 365 * 24 * 3600);
/// Keys whose moment is past.
const PAST: &[&str] = &["since", "quiet_since", "open_since", "was_up_since", "at"];
/// Keys whose moment is to come; all of them may be absent.
const TO_COME: &[&str] = &["expires", "held_until", "until"];
/// The part that is made of parts itself.
const NESTED: &str = "recovery";

/// What was understood, and how many entries of each part were not.
#[derive(Debug, Default)]
pub(super) struct Understood {
    pub(super) memory: PersistentState,
    pub(super) lost: BTreeMap<String, usize>,
}

/// Whether a clock can have come so far.
pub(super) fn is_absurd(moment: Moment) -> bool {
    moment.since_start() > ABSURD
}

/// The latest moment of the past that stands in a text, for a file whose clock says nothing.
pub(super) fn latest(memory: &RawValue) -> Moment {
    fn search(value: &Value, latest: &mut u64) {
        match value {
            Value::Array(items) => items.iter().for_each(|item| search(item, latest)),
            Value::Object(entries) => {
                for (key, value) in entries {
                    match value.as_u64().filter(|_| PAST.contains(&key.as_str())) {
                        Some(micros) if !is_absurd(moment(micros)) => *latest = micros.max(*latest),
                        _ => search(value, latest),
                    }
                }
            }
            _ => {}
        }
    }
    let mut latest = 0;
    if let Ok(value) = serde_json::from_str(memory.get()) {
        search(&value, &mut latest);
    }
    moment(latest)
}

/// Reads the memory of a director whose clock stands at `now`.
pub(super) fn understood(memory: &RawValue, now: Moment) -> Understood {
    let mut understood = Understood::default();
    understood.parts(&[], memory, now);
    understood
}

impl Understood {
    fn parts(&mut self, path: &[&str], text: &RawValue, now: Moment) {
        let Ok(parts) = serde_json::from_str::<BTreeMap<String, &RawValue>>(text.get()) else {
            self.lose(path.first().copied().unwrap_or("everything"));
            return;
        };
        for (key, text) in &parts {
            let path: Vec<&str> = path.iter().copied().chain([key.as_str()]).collect();
            if path == [NESTED] {
                self.parts(&path, text, now);
                continue;
            }
            // One entry at a time: the whole of a large file would take many times its size.
            match serde_json::from_str::<Vec<&RawValue>>(text.get()) {
                Ok(items) => items
                    .iter()
                    .for_each(|item| self.part(&path, item.get(), true, now)),
                Err(_) => self.part(&path, text.get(), false, now),
            }
        }
    }

    /// Takes an entry, by itself or as the only one of a list.
    fn part(&mut self, path: &[&str], text: &str, of_list: bool, now: Moment) {
        let entry = serde_json::from_str(text).ok().and_then(|mut entry| {
            correct_times(&mut entry, now);
            let mut entry = if of_list {
                Value::Array(vec![entry])
            } else {
                entry
            };
            for key in path.iter().rev() {
                entry = Value::Object(Map::from_iter([((*key).to_owned(), entry)]));
            }
            serde_json::from_value::<PersistentState>(entry).ok()
        });
        match entry.filter(|_| is_known(path)) {
            Some(entry) => add(&mut self.memory, entry),
            None => self.lose(path.last().copied().unwrap_or_default()),
        }
    }

    fn lose(&mut self, key: &str) {
        *self.lost.entry(key.to_owned()).or_default() += 1;
    }
}

/// Whether this version has such a part. Keys that it has not are no error of the format.
fn is_known(path: &[&str]) -> bool {
    let parts = serde_json::to_value(PersistentState::default()).unwrap_or_default();
    let mut at = &parts;
    path.iter().all(|key| match at.get(key) {
        Some(part) => {
            at = part;
            true
        }
        None => false,
    })
}

fn add(all: &mut PersistentState, one: PersistentState) {
    all.overrides.extend(one.overrides);
    all.health.extend(one.health);
    all.advice.extend(one.advice);
    all.pending_changes.extend(one.pending_changes);
    all.freeze = one.freeze.or(all.freeze.take());
    all.freeze_used |= one.freeze_used;
    all.owned.extend(one.owned);
    all.drain_rules.extend(one.drain_rules);
    all.removed_at_stop.extend(one.removed_at_stop);
    all.recovery.drains.extend(one.recovery.drains);
    all.recovery.ramps.extend(one.recovery.ramps);
    all.recovery.pools.extend(one.recovery.pools);
    all.recent_pools.extend(one.recent_pools);
}

fn correct_times(value: &mut Value, now: Moment) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(|item| correct_times(item, now)),
        Value::Object(entries) => {
            for (key, value) in entries {
                match value.as_u64().map(moment) {
                    Some(at) if PAST.contains(&key.as_str()) && at > now => {
                        *value = serde_json::to_value(now).unwrap_or_default();
                    }
                    Some(at) if TO_COME.contains(&key.as_str()) && at > now + ABSURD => {
                        *value = Value::Null;
                    }
                    Some(_) => {}
                    None => correct_times(value, now),
                }
            }
        }
        _ => {}
    }
}

fn moment(micros: u64) -> Moment {
    Moment::after_start(Duration::from_micros(micros))
}

#[cfg(test)]
mod tests {
    use director_core::overrides::OverrideKind;

    use super::*;

    const TARGET: &str =
        r#"[{"mark": {"family": "ipv4", "mark": 5}}, {"address": "10.0.0.1", "port": 80}]"#;

    fn read(text: &str, now: u64) -> Understood {
        understood(
            &RawValue::from_string(text.to_owned()).unwrap(),
            moment(now),
        )
    }

    fn given(kind: &str, since: u64, expires: u64) -> String {
        format!(
            r#"[{TARGET}, {{"kind": "{kind}", "author": "ann", "reason": "x", "since": {since}, "expires": {expires},
            "origin": "overridecommand"}}]"#
        )
    }

    #[test]
    fn what_a_newer_version_has_added_costs_nothing_else() {
        let (known, unknown) = (given("drain", 1, 9), given("evict", 1, 9));
        let text = format!(
            r#"{{"overrides": [{unknown}, {known}], "owned": [{{"mark": {{"family": "ipv4", "mark": 5}}}}, 7],
            "recovery": {{"pools": [1], "gates": []}}, "weather": {{"since": 3}}}}"#
        );
        let Understood { memory, lost } = read(&text, 5);
        let kinds: Vec<_> = memory
            .overrides
            .iter()
            .map(|(_, given)| given.kind)
            .collect();
        assert_eq!(kinds, [OverrideKind::Drain]);
        assert_eq!(memory.owned.len(), 1);
        let expected = [("overrides", 1), ("owned", 1), ("pools", 1), ("weather", 1)];
        let expected = expected.map(|(key, count)| (key.to_owned(), count));
        assert_eq!(lost, BTreeMap::from(expected));
    }

    #[test]
    fn absurd_times_become_times_of_this_director() {
        let text = format!(
            r#"{{"overrides": [{}, {}]}}"#,
            given("drain", u64::MAX, u64::MAX),
            given("drain", 3, 900_000_000)
        );
        let memory = read(&text, 5).memory;
        let times: Vec<_> = memory
            .overrides
            .iter()
            .map(|(_, given)| (given.since, given.expires))
            .collect();
        assert_eq!(
            times,
            [(moment(5), None), (moment(3), Some(moment(900_000_000)))]
        );
        assert!(is_absurd(moment(u64::MAX)) && !is_absurd(moment(u64::from(u32::MAX))));
        let text = RawValue::from_string(text).unwrap();
        assert_eq!(latest(&text), moment(3));
    }

    #[test]
    fn what_is_no_object_is_lost_and_nothing_else_happens() {
        for text in ["null", "[1]", "\"x\"", "7"] {
            let Understood { memory, lost } = read(text, 5);
            assert_eq!(
                (memory, lost.len()),
                (PersistentState::default(), 1),
                "{text}"
            );
        }
    }
}
