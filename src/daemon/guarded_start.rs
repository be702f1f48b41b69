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
    /// Compares what was read with what was in force before. If the names alone make the difference, the start uses the
    /// addresses of before, by `with_former_names`. The new ones come as a change of DNS then, service by service.
    pub(super) fn guarded(
        loaded: Loaded,
        saved: Option<&SavedState>,
        before: Option<&Definitions>,
        table: &Table,
        with_former_names: impl FnOnce() -> Option<Loaded>,
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
        let is_allowed = |loaded: &Loaded| {
            let (Some(saved), Some(before)) = (saved, before) else {
                return false;
            };
            // Nothing is remembered of services that are the same.
            loader::remembered(loaded, before)
                .is_none_or(|former| self::objections(loaded, &former, saved, table).is_empty())
        };
        if let Some(loaded) = with_former_names().filter(is_allowed) {
            let refused = Vec::new();
            return Self { loaded, refused };
        }
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
    let former = Arc::clone(&former.model);
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

#[cfg(test)]
mod tests {
    use std::fs;

    use director_core::definitions::HostName;

    use super::*;
    use crate::loader::{LoadContext, NameCache, load_with};
    use crate::store::LastGood;

    #[test]
    fn a_start_after_a_refused_change_of_names_goes_on_with_their_former_addresses() {
        let directory = tempfile::tempdir().unwrap();
        let file = directory.path().join("ipvsd.yaml");
        let write = |servers: &str| {
            let text = format!(
                "services: [{{listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [{servers}]}}]"
            );
            fs::write(&file, text).unwrap();
        };
        let answered = |last: u8| {
            let names = NameCache::without_lookups();
            names.remember(&[HostName {
                name: "web.example.org".to_owned(),
                addresses: (1..=last).map(|n| [10, 0, 0, n].into()).collect(),
                ..HostName::default()
            }]);
            let memory = LoadContext {
                names,
                ..LoadContext::default()
            };
            load_with(&file, None, &memory).unwrap()
        };
        write("web.example.org");
        let before = answered(3);
        let saved = SavedState {
            last_good: LastGood::of(&before.definitions.services),
            names: before.definitions.names.clone(),
            ..SavedState::nothing()
        };
        let former = saved.definitions().unwrap();
        let first = |loaded: Loaded| {
            let table = Table::default();
            FirstConfiguration::guarded(loaded, Some(&saved), Some(&former), &table, || {
                Some(answered(3))
            })
        };
        let FirstConfiguration { loaded, refused } = first(answered(1));
        assert_eq!(loaded.model.services()[0].real_servers.len(), 3);
        assert!(refused.is_empty(), "{refused:?}");
        assert!(loaded.written.is_some(), "the names are followed");
        // A change of the file waits for the operator.
        write("10.0.0.1");
        let FirstConfiguration { loaded, refused } = first(answered(1));
        assert_eq!(loaded.model.services()[0].real_servers.len(), 3);
        assert_eq!(refused.len(), 1);
        assert!(loaded.written.is_none());
    }
}
