//! Takes secrets out of definitions so that they can be shown, puts them back where the files still have them, and keeps
//! which of them are the same: a recording that knew
//! only `***` would take two different probes for one, and a replay would not be what happened.
//!
//! A secret that is forgotten here is no leak, since it prints as `***` by its own type.

use std::collections::BTreeMap;

use super::{CheckKindDefinition, Definitions, ServiceDefinition};
use crate::model::Secret;

/// Numbers for secrets, each the same for as long as this is kept.
#[derive(Debug, Default)]
pub struct SecretNumbers {
    known: BTreeMap<Secret, usize>,
}

impl SecretNumbers {
    fn hide(&mut self, secret: &mut Secret) {
        if secret.is_withheld() {
            return;
        }
        let next = self.known.len() + 1;
        let number = *self.known.entry(secret.clone()).or_insert(next);
        *secret = Secret::numbered(number);
    }
}

/// The secrets of a probe.
fn secrets_in(kind: &mut CheckKindDefinition) -> Vec<&mut Secret> {
    match kind {
        CheckKindDefinition::Protocol(check) => {
            let secrets = [&mut check.password, &mut check.secret];
            let secrets = secrets.into_iter().flatten();
            secrets.map(|secret| &mut secret.value).collect()
        }
        _ => Vec::new(),
    }
}

impl ServiceDefinition {
    /// The secrets of its checks, in their order.
    fn secrets(&mut self) -> Vec<&mut Secret> {
        let further = self.judging.further_checks.iter_mut();
        let pool = self.recovery.fallback_pool.iter_mut();
        let pool = pool.map(|pool| &mut pool.check);
        let checks = std::iter::once(&mut self.check).chain(further).chain(pool);
        let kinds = checks.filter_map(|check| check.kind.as_mut());
        kinds.flat_map(|kind| secrets_in(&mut kind.value)).collect()
    }

    /// Puts the secrets of another form of this service in the place of unknown ones, where both have as many.
    pub fn know_secrets_of(&mut self, other: &Self) {
        let mut other = other.clone();
        let (own, others) = (self.secrets(), other.secrets());
        if own.len() != others.len() {
            return;
        }
        for (own, other) in own.into_iter().zip(others) {
            if own.is_withheld() {
                own.clone_from(other);
            }
        }
    }
}

impl Definitions {
    /// The same definitions with a number in the place of each secret.
    #[must_use]
    pub fn with_numbered_secrets(&self, numbers: &mut SecretNumbers) -> Self {
        let mut shown = self.clone();
        for service in &mut shown.services {
            let secrets = service.secrets();
            secrets.into_iter().for_each(|secret| numbers.hide(secret));
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
