//! The instances that `execute` names: asks each how it fares. Starting and stopping them is the daemon's work.

use std::path::Path;
use std::process::{Command, Stdio};

use director_core::definitions::Placed;
use ldirectord_compat::sibling_config;

/// Has each sibling tell its status, in the order of the file; what they exit with changes nothing here.
pub(super) fn ask(program: &Path, execute: &[Placed<String>]) {
    for config in execute {
        let asked = Command::new(program)
            .args([sibling_config(&config.value), "status"])
            .stdin(Stdio::null())
            .status();
        if let Err(error) = asked {
            super::complain(&format!("ldirectord {}: {error}", config.value));
        }
    }
}
