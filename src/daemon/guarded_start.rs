//! A start with a changed configuration is compared with the safety limits like a reload: where it exceeds them, the services
//! of before stay in force until somebody insists.

use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::diagnostic::Diagnostic;
use director_core::director::Director;
use director_core::guard::Objection;
use director_core::table::Table;

use crate::loader::{self, Loaded};
use crate::store::SavedState;

/// The configuration to begin with.
pub(super) struct FirstConfiguration {
    pub(super) loaded: Loaded,
    /// What speaks against the one in the files, which is not in force then.
    pub(super) refused: Vec<Diagnostic>,
}

impl FirstConfiguration {
    /// Compares what was read with what was in force before.
    pub(super) fn guarded(
        loaded: Loaded,
        saved: Option<&SavedState>,
        before: Option<&Definitions>,
        table: &Table,
    ) -> Self {
        let refused = || {
            let (saved, before) = (saved?, before?);
            let former = loader::remembered(&loaded, before)?;
            let objections = objections(&loaded, &former, saved, table);
            (!objections.is_empty()).then_some((former, objections))
        };
        let Some((former, objections)) = refused() else {
            return Self {
                loaded,
                refused: Vec::new(),
            };
        };
        Self {
            refused: in_words(&loaded, &objections),
            loaded: former,
        }
    }
}

fn objections(
    loaded: &Loaded,
    former: &Loaded,
    saved: &SavedState,
    table: &Table,
) -> Vec<Objection> {
    let former = Arc::new(former.model.clone());
    let (memory, now) = (saved.memory.clone(), saved.moment);
    Director::objections_at_start(memory, former, &loaded.model, table, now)
}

/// Objections as findings about the file.
pub(super) fn in_words(loaded: &Loaded, objections: &[Objection]) -> Vec<Diagnostic> {
    let place = &loaded.model.definitions().place;
    let faults = objections
        .iter()
        .map(|objection| Diagnostic::error(place, objection.to_string()).hint(objection.hint()));
    faults.collect()
}
