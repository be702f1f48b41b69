//! Changed answers of the name service. The safety limits hold for them, too: an answer that lacks most servers is more often a
//! mistake than meant. A service whose change exceeds them keeps its servers, and all others follow their names.

use std::collections::BTreeSet;

use director_core::diagnostic::Diagnostic;
use director_core::guard::Objection;
use director_core::model::ServiceId;
use director_core::table::Table;

use super::EventLoop;
use crate::daemon::guarded_start;
use crate::daemon::input::{FinishedLoad, SafetyCheck};
use crate::loader::{LoadContext, Loaded, with_services_in_force};

impl EventLoop {
    /// Validates the configuration in force again, whose names have other addresses now; after pending reads, which may have
    /// resolved the names before.
    pub(super) fn revalidate(&mut self) {
        self.names_changed = self.reads_files;
        if let Some(validate) = self.config_refresh.revalidate()
            && !self.names_changed
        {
            self.read(validate, None);
        }
    }

    /// What a reading of the configuration may make use of. Addresses that the safety limits refuse must not keep other changes
    /// of the file out of force.
    pub(super) fn load_context(&self, force: bool) -> LoadContext {
        match self.refused_names.is_empty() || force {
            true => self.config_refresh.memory(),
            false => self.config_refresh.memory_with(&self.names),
        }
    }

    /// The host names of the configuration were resolved again.
    pub(super) fn names_read(&mut self, reading: FinishedLoad) {
        // A reading that has begun since knew the names or not.
        if reading.number < self.reload_count {
            self.revalidate();
            return;
        }
        let FinishedLoad {
            outcome,
            watch,
            safety,
            ..
        } = reading;
        let counted = match safety {
            SafetyCheck::By(counted) => counted,
            SafetyCheck::Forced => None,
        };
        let (loaded, refused) = match outcome {
            Ok(loaded) => self.within_limits(&loaded, counted.as_ref()),
            Err(error) => {
                self.take_over(Err(error), watch, SafetyCheck::By(None));
                return;
            }
        };
        let is_known = refused == self.refused_names;
        let services = |loaded: &Loaded| loaded.definitions.services.clone();
        let changes = self.in_force.as_deref().map(services) != Some(services(&loaded));
        let adopts = changes || refused.is_empty();
        let report = loaded.report.clone();
        if adopts {
            self.adopt(loaded, watch);
        }
        if refused.is_empty() {
            return;
        }
        if adopts || !is_known {
            self.refuse(&report, refused.clone());
        }
        if !is_known {
            tracing::warn!(
                "host names changed; services whose change exceeds director.safety_limits keep their servers until DNS \
                 gives addresses within the limits; to accept the new addresses: ipvsctl reload --force"
            );
        }
        self.refused_names = refused;
        // The limits may allow the same answer later.
        self.config_refresh.retry_names();
    }

    /// The configuration with the new addresses as far as the safety limits allow them, and what they refuse.
    fn within_limits(&self, new: &Loaded, counted: Option<&Table>) -> (Loaded, Vec<Diagnostic>) {
        let Some(in_force) = self.in_force.as_deref() else {
            return (new.clone(), Vec::new());
        };
        let now = self.now();
        let objections = |loaded: &Loaded| self.director.objections(&loaded.model, counted, now);
        let mut held: BTreeSet<ServiceId> = BTreeSet::new();
        let mut refused: Vec<Objection> = Vec::new();
        let mut candidate = new.clone();
        loop {
            let found = objections(&candidate);
            if found.is_empty() {
                break;
            }
            let before = held.len();
            held.extend(found.iter().flat_map(Objection::services));
            refused.extend(found);
            let next = with_services_in_force(new, in_force, &held);
            match next.filter(|_| held.len() > before) {
                Some(next) => candidate = next,
                None => {
                    candidate = in_force.clone();
                    break;
                }
            }
        }
        (candidate, guarded_start::in_words(new, &refused))
    }
}
