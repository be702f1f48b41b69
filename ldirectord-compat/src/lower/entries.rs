//! The directives of one scope by name, the last of each counting.

use director_core::definitions::{Placed, RealServerDefinition};
use director_core::diagnostic::Place;

use crate::directives::Key;
use crate::directives::keywords::{CheckType, Phase, ServiceName};
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::syntax::Written;
use crate::values::{self, Entry, ProtocolWord, Value};

/// What one scope says: the global part, or one virtual service.
#[derive(Debug, Default)]
pub(super) struct Entries {
    options: Vec<Entry>,
    /// Real servers and sibling files, of which there may be many.
    pub(super) repeatable: Vec<Entry>,
}

impl Entries {
    /// Reads all values; a directive that is written again is reported, and the later one counts.
    pub(super) fn read(lines: &[Written<'_>], findings: &mut Findings) -> Self {
        let mut entries = Self::default();
        for line in lines {
            let Some(entry) = values::read(line, findings) else {
                continue;
            };
            if matches!(entry.key, Key::Real | Key::Real6 | Key::Execute) {
                entries.repeatable.push(entry);
                continue;
            }
            if let Some(earlier) = entries
                .options
                .iter_mut()
                .find(|earlier| earlier.key == entry.key)
            {
                let name = entry.key.directive().name;
                let message = format!(
                    "{name} is set again; this line applies, and line {} does not",
                    earlier.place.line
                );
                findings.quirk(
                    Quirk::RepeatedDirective,
                    &entry.place,
                    message,
                    "remove one of the two",
                );
                *earlier = entry;
            } else {
                entries.options.push(entry);
            }
        }
        entries
    }

    /// The entry of a directive.
    pub(super) fn get(&self, key: Key) -> Option<&Entry> {
        self.options.iter().find(|entry| entry.key == key)
    }

    /// Where a directive stands, value and all.
    pub(super) fn place(&self, key: Key) -> Option<&Place> {
        self.get(key).map(|entry| &entry.place)
    }

    fn placed<T>(&self, key: Key, take: impl FnOnce(&Value) -> Option<T>) -> Option<Placed<T>> {
        let entry = self.get(key)?;
        Some(Placed::new(
            take(&entry.value.value)?,
            entry.value.place.clone(),
        ))
    }

    pub(super) fn number(&self, key: Key) -> Option<Placed<u64>> {
        self.placed(key, |value| match value {
            Value::Number(number) => Some(*number),
            _ => None,
        })
    }

    pub(super) fn yes_no(&self, key: Key) -> Option<Placed<bool>> {
        self.placed(key, |value| match value {
            Value::YesNo(choice) => Some(*choice),
            _ => None,
        })
    }

    pub(super) fn text(&self, key: Key) -> Option<Placed<String>> {
        self.placed(key, |value| match value {
            Value::Text(text) => Some(text.clone()),
            _ => None,
        })
    }

    pub(super) fn flags(&self) -> Vec<Placed<String>> {
        match self.get(Key::SchedFlags).map(|entry| &entry.value.value) {
            Some(Value::Flags(flags)) => flags.clone(),
            _ => Vec::new(),
        }
    }

    pub(super) fn service(&self) -> Option<Placed<&'static ServiceName>> {
        self.placed(Key::Service, |value| match value {
            Value::Service(service) => Some(*service),
            _ => None,
        })
    }

    pub(super) fn check_type(&self) -> Option<Placed<CheckType>> {
        self.placed(Key::CheckType, |value| match value {
            Value::CheckType(check_type) => Some(*check_type),
            _ => None,
        })
    }

    pub(super) fn protocol(&self) -> Option<Placed<ProtocolWord>> {
        self.placed(Key::Protocol, |value| match value {
            Value::Protocol(word) => Some(*word),
            _ => None,
        })
    }

    pub(super) fn phases(&self) -> Option<Placed<Vec<Phase>>> {
        self.placed(Key::EmailAlertStatus, |value| match value {
            Value::Phases(phases) => Some(phases.clone()),
            _ => None,
        })
    }

    pub(super) fn fallback(&self, key: Key) -> Option<RealServerDefinition> {
        self.placed(key, |value| match value {
            Value::Fallback(server) => Some((**server).clone()),
            _ => None,
        })
        .map(|server| server.value)
    }

    /// The real servers with the directive that named them.
    pub(super) fn real_servers(&self) -> impl Iterator<Item = (Key, &RealServerDefinition)> {
        self.repeatable
            .iter()
            .filter_map(|entry| match &entry.value.value {
                Value::Real(server) => Some((entry.key, &**server)),
                _ => None,
            })
    }

    /// All entries, in no particular order.
    pub(super) fn all(&self) -> impl Iterator<Item = &Entry> {
        self.options.iter().chain(&self.repeatable)
    }
}
