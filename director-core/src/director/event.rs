//! Everything that can happen to a director.

use std::net::SocketAddr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::diagnostic::Diagnostic;
use crate::director::HostOutcome;
use crate::health::{ProbeId, Report};
use crate::model::{Model, ServiceId};
use crate::notify::AlertSettings;
use crate::overrides::{NewOverride, OverrideCommand};
use crate::persistent_state::PersistentState;
use crate::plan::OpFailure;
use crate::table::Table;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(
    clippy::large_enum_variant,
    reason = "the large one comes once in a run"
)]
pub enum Event {
    /// Definitions were read and are valid: at the start, and at every reload.
    Loaded {
        /// The valid model; a recording holds the definitions that it was made from, secrets masked.
        #[serde(with = "as_definitions")]
        model: Arc<Model>,
        /// Warnings that came with it.
        warnings: Vec<Diagnostic>,
    },
    /// Definitions were read again and are not valid; the former ones stay.
    LoadRefused {
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// What is to be done outside the table was read, before the definitions that it belongs to.
    AlertsLoaded {
        /// All of it.
        alerts: Arc<AlertSettings>,
    },
    /// Overrides were given, changed or lifted.
    FileOverrides {
        /// Whose overrides.
        author: String,
        /// All that this author overrides from now on.
        overrides: Vec<NewOverride>,
    },
    /// An operator sets or removes overrides by a command.
    OverrideCommanded {
        /// What.
        command: OverrideCommand,
    },
    /// What a director before this one has left, before anything else happens. Whoever gives a memory keeps it, too.
    Restored {
        /// All of it.
        saved: PersistentState,
    },
    /// A memory was kept.
    Persisted {
        /// Its number.
        revision: u64,
        /// Why it could not be, when it could not.
        failure: Option<String>,
    },
    /// The whole kernel table was read.
    TableRead {
        /// What it holds.
        table: Table,
    },
    /// The kernel table could not be read.
    ReadFailed {
        /// What was attempted, the error number and its meaning.
        message: String,
    },
    /// A plan was carried out, as far as the kernel let it.
    Applied {
        /// The services that the plan touched.
        services: Vec<ServiceId>,
        /// The operations that the kernel refused.
        failures: Vec<OpFailure>,
        /// Those services as the kernel holds them now; the words of the failure when they could not be read.
        observed: Result<Table, String>,
    },
    /// A probe has its answer.
    Probed {
        /// Which probe.
        probe: ProbeId,
        /// What it found.
        report: Report,
    },
    /// A connection that was held open to a server has ended.
    Hinted {
        /// The server's end of it.
        peer: SocketAddr,
    },
    /// This director's own network was checked.
    NetworkChecked {
        /// Whether a gateway or a fallback server answered; none when there is nothing to ask.
        reached: Option<bool>,
    },
    /// The operator skips the safety limits for the configuration that comes next.
    LimitsSkipped,
    /// The operator says that servers which all failed at once really failed.
    Unfreeze,
    /// A director before this one made something of this machine that it did not put back.
    HostJournalFound,
    /// An address of this machine came or went.
    AddressesChanged,
    /// What was wanted of this machine was done, as far as it could be.
    HostReconciled {
        /// What became of each change.
        outcomes: Vec<HostOutcome>,
    },
    /// The deadline that the director requested has come.
    Woken,
    /// The director shall stop.
    StopRequested,
}

/// A model is recorded as its definitions, and made from them again.
mod as_definitions {
    use std::sync::Arc;

    use serde::de::Error;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::definitions::Definitions;
    use crate::model::Model;
    use crate::model::validate::validate;

    pub(super) fn serialize<S: Serializer>(
        model: &Arc<Model>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        model.definitions().serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<Model>, D::Error> {
        let (model, findings) = validate(&Definitions::deserialize(deserializer)?);
        let fault = || {
            findings
                .first()
                .map_or_else(|| "no model".to_owned(), ToString::to_string)
        };
        model.map(Arc::new).ok_or_else(|| D::Error::custom(fault()))
    }
}
