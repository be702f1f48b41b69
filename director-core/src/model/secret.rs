//! Credentials that never show: they print and serialise as `***`, with a number where one stands in their place.

use std::cmp::Ordering;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// A password or shared secret. Reading it takes an explicit call, so that no log line or recording holds it by accident.
#[derive(Clone, Deserialize)]
#[serde(from = "String")]
pub struct Secret {
    text: Arc<str>,
    /// The number that stands in its place.
    number: Option<usize>,
    /// It is not known any more.
    withheld: bool,
    /// Where it was read, unless the configuration itself holds it.
    source: Option<SecretSource>,
}

/// Where a secret is read that the configuration only names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SecretSource {
    /// A file, by its path as written.
    File(String),
    /// An environment variable.
    Env(String),
}

/// What a secret serialises as.
pub(crate) const HIDDEN: &str = "***";

impl From<String> for Secret {
    fn from(text: String) -> Self {
        let withheld = text == HIDDEN;
        Self {
            withheld,
            ..Self::new(text)
        }
    }
}

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self {
            text: Arc::from(text),
            number: None,
            withheld: false,
            source: None,
        }
    }

    /// Hides a text that was read there.
    #[must_use]
    pub fn read_from(source: SecretSource, text: String) -> Self {
        Self {
            source: Some(source),
            ..Self::new(text)
        }
    }

    /// Where it was read; none when the configuration itself holds it.
    #[must_use]
    pub fn source(&self) -> Option<&SecretSource> {
        self.source.as_ref()
    }

    /// What stands in the place of a secret that must not be shown, and is the same where the secret is.
    #[must_use]
    pub fn numbered(number: usize) -> Self {
        Self {
            number: Some(number),
            ..Self::new(format!("{HIDDEN}{number}"))
        }
    }

    /// Whether it was read back from where it was hidden, so that it is not known.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.withheld
    }

    /// The text, for the one place that sends it to the server it belongs to.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

/// A secret is the same wherever it is kept: one that moves to a file changes no check.
impl Secret {
    fn identity(&self) -> (&str, Option<usize>, bool) {
        (&self.text, self.number, self.withheld)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.identity() == other.identity()
    }
}

impl Eq for Secret {}

impl PartialOrd for Secret {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Secret {
    fn cmp(&self, other: &Self) -> Ordering {
        self.identity().cmp(&other.identity())
    }
}

impl Hash for Secret {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.identity().hash(state);
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(HIDDEN)
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number {
            Some(number) => serializer.collect_str(&format_args!("{HIDDEN}{number}")),
            None => serializer.serialize_str(HIDDEN),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_never_shows() {
        let secret = Secret::new("opensesame".to_owned());
        assert_eq!(format!("{secret:?}"), "***");
        assert_eq!(serde_json::to_string(&secret).unwrap(), "\"***\"");
        assert_eq!(secret.reveal(), "opensesame");
    }

    #[test]
    fn one_that_is_read_back_is_known_to_be_withheld() {
        let back = |secret: &Secret| {
            let text = serde_json::to_string(secret).unwrap();
            serde_json::from_str::<Secret>(&text).unwrap().is_withheld()
        };
        let secret = Secret::new("***".to_owned());
        assert!(!secret.is_withheld() && back(&secret));
        assert!(!back(&Secret::numbered(1)), "a replay asks with it");
    }

    #[test]
    fn a_secret_is_the_same_wherever_it_is_kept() {
        let source = SecretSource::Env("DB_PASSWORD".to_owned());
        let kept = Secret::read_from(source.clone(), "opensesame".to_owned());
        assert_eq!(kept, Secret::new("opensesame".to_owned()));
        assert_eq!(kept.source(), Some(&source));
        assert_eq!(serde_json::to_string(&kept).unwrap(), "\"***\"");
    }
}
