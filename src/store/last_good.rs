//! Services as they were when they were last good, as text: what a director that begins with a broken block keeps of it.
//!
//! Invariant: no secret is in it. What is read back has `***` in the place of each, and whoever puts it in force finds the
//! secrets elsewhere or leaves the questions unasked.

use std::sync::Arc;

use director_core::definitions::ServiceDefinition;
use serde_json::value::RawValue;

/// The services, as JSON: made once for many writings of the file.
#[derive(Debug, Clone)]
pub struct LastGood {
    text: Arc<RawValue>,
}

impl PartialEq for LastGood {
    fn eq(&self, other: &Self) -> bool {
        self.text.get() == other.text.get()
    }
}

impl LastGood {
    /// These services; none when they have no JSON form.
    #[must_use]
    pub fn of(services: &[ServiceDefinition]) -> Option<Self> {
        let text = serde_json::value::to_raw_value(services).ok()?;
        Some(Self::from(text))
    }

    /// The services that were kept.
    ///
    /// # Errors
    /// When another version of ipvsd wrote them in another form.
    pub fn services(&self) -> Result<Vec<ServiceDefinition>, serde_json::Error> {
        serde_json::from_str(self.text.get())
    }

    /// The text for the file.
    pub(super) fn text(&self) -> Box<RawValue> {
        (*self.text).to_owned()
    }
}

impl From<Box<RawValue>> for LastGood {
    fn from(text: Box<RawValue>) -> Self {
        Self {
            text: Arc::from(text),
        }
    }
}
