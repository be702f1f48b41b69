//! The kinds of events.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Declares the kinds with the words that stand for them.
macro_rules! kinds {
    ($($kind:ident = $word:literal),+ $(,)?) => {
        /// What kind of thing has happened; docs/monitoring.md says what each means.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum EventKind {
            $(#[serde(rename = $word)] $kind,)+
        }

        impl EventKind {
            pub const ALL: &[Self] = &[$(Self::$kind),+];

            #[must_use]
            pub fn word(self) -> &'static str {
                match self {
                    $(Self::$kind => $word,)+
                }
            }
        }
    };
}

kinds! {
    ServerHealth = "server_health",
    CheckHealth = "check_health",
    CheckFailing = "check_failing",
    CheckRecovered = "check_recovered",
    CheckLocalError = "check_local_error",
    ServerHeld = "server_held",
    ServerReleased = "server_released",
    ServiceState = "service_state",
    ServiceShortage = "service_shortage",
    ServiceTier = "service_tier",
    DrainStarted = "drain_started",
    DrainEnded = "drain_ended",
    OverrideSet = "override_set",
    OverrideRemoved = "override_removed",
    OverrideIdle = "override_idle",
    AgentReport = "agent_report",
    AgentLimited = "agent_limited",
    AgentUnreachable = "agent_unreachable",
    TableChange = "table_change",
    TableDrift = "table_drift",
    TableRefused = "table_refused",
    TableUnreadable = "table_unreadable",
    ConfigurationLoaded = "configuration_loaded",
    ConfigurationRefused = "configuration_refused",
    Freeze = "freeze",
    HostChange = "host_change",
    HostSettingsStay = "host_settings_stay",
    StateFile = "state_file",
    StateRestored = "state_restored",
    Stopping = "stopping",
}

impl fmt::Display for EventKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())
    }
}

impl FromStr for EventKind {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        let known = Self::ALL.iter().find(|kind| kind.word() == word);
        known.copied().ok_or_else(|| {
            let words: Vec<&str> = Self::ALL.iter().map(|kind| kind.word()).collect();
            format!("write one of {}", words.join(", "))
        })
    }
}
