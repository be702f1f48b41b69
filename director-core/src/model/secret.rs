//! Credentials that never show: they print and serialise as `***`, with a number where one stands in their place.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize, Serializer};

/// A password or shared secret. Reading it takes an explicit call, so that no log line or recording holds it by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub struct Secret {
    text: Arc<str>,
    /// The number that stands in its place.
    number: Option<usize>,
    /// It is not known any more.
    withheld: bool,
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
        }
    }

    /// What stands in the place of a secret that must not be shown, and is the same where the secret is.
    #[must_use]
    pub fn numbered(number: usize) -> Self {
        Self {
            text: Arc::from(format!("{HIDDEN}{number}")),
            number: Some(number),
            withheld: false,
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
}
