//! Takes secrets out of definitions so that they can be shown, and keeps which of them are the same: a recording that knew
//! only `***` would take two different questions for one, and a replay would not be what happened.
//!
//! A secret that is forgotten here is no leak, since it prints as `***` by its own type.

use std::collections::BTreeMap;

use super::{CheckDefinition, CheckKindDefinition, Definitions};
use crate::model::Secret;

/// Numbers for secrets, each the same for as long as this is kept.
#[derive(Debug, Default)]
pub struct SecretNumbers {
    known: BTreeMap<Secret, usize>,
}

impl SecretNumbers {
    fn hide(&mut self, secret: &mut Secret) {
        let next = self.known.len() + 1;
        let number = *self.known.entry(secret.clone()).or_insert(next);
        *secret = Secret::numbered(number);
    }

    fn hide_in(&mut self, kind: &mut CheckKindDefinition) {
        match kind {
            CheckKindDefinition::Conversation(dialogue) => {
                let secrets = [&mut dialogue.password, &mut dialogue.secret];
                for secret in secrets.into_iter().flatten() {
                    self.hide(&mut secret.value);
                }
            }
            CheckKindDefinition::Combined { question, .. } => self.hide_in(question),
            _ => {}
        }
    }
}

impl Definitions {
    /// The same definitions with a number in the place of each secret.
    #[must_use]
    pub fn with_numbered_secrets(&self, numbers: &mut SecretNumbers) -> Self {
        let mut shown = self.clone();
        for service in &mut shown.services {
            let further = service.judging.further_checks.iter_mut();
            let checks = std::iter::once(&mut service.check).chain(further);
            let kinds = checks.filter_map(|check: &mut CheckDefinition| check.kind.as_mut());
            kinds.for_each(|kind| numbers.hide_in(&mut kind.value));
        }
        shown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_secrets_have_equal_numbers_for_as_long_as_they_are_kept() {
        let mut numbers = SecretNumbers::default();
        let mut hidden = |text: &str| {
            let mut secret = Secret::new(text.to_owned());
            numbers.hide(&mut secret);
            serde_json::to_string(&secret).unwrap()
        };
        let all: Vec<String> = ["a", "b", "a", "c", "b"].map(&mut hidden).into();
        assert_eq!(
            all,
            ["\"***1\"", "\"***2\"", "\"***1\"", "\"***3\"", "\"***2\""]
        );
    }
}
