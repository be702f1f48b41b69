//! What a director has left for the one after it.

use director_core::definitions::{Definitions, HostName};
use director_core::moment::Moment;
use director_core::persistent_state::PersistentState;

use super::LastGood;

/// What a director has left.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedState {
    pub memory: PersistentState,
    /// The moment at which its clock stands now.
    pub moment: Moment,
    /// Services as they were when they were last good, where that is kept.
    pub last_good: Option<LastGood>,
    /// What the host names of the configuration stood for.
    pub names: Vec<HostName>,
    /// The format of the file, where it is another than that of this version.
    pub foreign: Option<u32>,
    /// What was not understood, in words.
    pub lost: Vec<String>,
}

impl SavedState {
    /// What a director has left of which nothing is known.
    #[must_use]
    pub fn nothing() -> Self {
        Self {
            memory: PersistentState::default(),
            moment: Moment::START,
            last_good: None,
            names: Vec::new(),
            foreign: None,
            lost: Vec::new(),
        }
    }

    /// The services that were last valid as a configuration of their own; none where they are not kept, or not in a form that
    /// this version knows.
    #[must_use]
    pub fn definitions(&self) -> Option<Definitions> {
        let services = self.last_good.as_ref()?.services();
        let services = services.inspect_err(|error| {
            tracing::warn!("cannot restore the last valid form of services with errors, which another version of ipvsd saved: \
                {error}");
        });
        Some(Definitions {
            services: services.ok()?,
            ..Definitions::empty()
        })
    }
}
