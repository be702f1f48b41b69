//! Credentials that never show: they print and serialise as `***`, with a number where one stands in their place.

use std::fmt;

use serde::{Deserialize, Serialize, Serializer};

/// A password or shared secret. Reading it takes an explicit call, so that no log line or recording holds it by accident.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(from = "String")]
pub struct Secret {
    text: String,
    /// The number that stands in its place.
    number: Option<usize>,
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl Secret {
    /// Hides `text`.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { text, number: None }
    }

    /// What stands in the place of a secret that must not be told, and is the same where the secret is.
    #[must_use]
    pub fn numbered(number: usize) -> Self {
        Self {
            text: format!("***{number}"),
            number: Some(number),
        }
    }

    /// The text, for the one place that sends it to the server it belongs to.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.text
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Serialize for Secret {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.number {
            Some(number) => serializer.collect_str(&format_args!("***{number}")),
            None => serializer.serialize_str("***"),
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
}
