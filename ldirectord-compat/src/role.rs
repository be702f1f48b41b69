//! What a process of ipvsd is told when it stands in for ldirectord: which instance, which files, which way of running.
//! The `ldirectord` command hands it over in one environment variable, so that the command line that others look for in
//! the list of processes stays that of ldirectord.

use std::env;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The environment variable that holds the role as JSON.
pub const VARIABLE: &str = "IPVSD_AS_LDIRECTORD";

/// One instance of ldirectord.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Role {
    /// The `ldirectord` command, for sibling instances.
    pub program: PathBuf,
    /// The configuration, by its absolute path.
    pub config: PathBuf,
    /// The configuration as messages name it.
    pub shown: String,
    /// Name of the instance in log lines and in the names of its files.
    pub instance: String,
    /// The pid file.
    pub pid_file: PathBuf,
    /// The way of running.
    pub mode: Mode,
}

/// The ways of running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Mode {
    /// In the background, with a pid file and a log.
    Daemon,
    /// In the foreground, messages on standard output, no pid file.
    Supervised,
    /// In the foreground, very verbose on standard error, no pid file.
    Debug,
    /// Only says what is wrong with the configuration.
    Check,
}

/// Why there is no role although the variable is set.
#[derive(Debug, Error)]
pub enum RoleError {
    /// The variable holds something else.
    #[error("the environment variable {VARIABLE} is not a role: {0}; unset it")]
    NotARole(#[from] serde_json::Error),
    /// The variable is not text.
    #[error("the environment variable {VARIABLE} is not UTF-8; unset it")]
    NotText,
}

impl Role {
    /// The value of the variable.
    ///
    /// # Errors
    /// When a path is not UTF-8.
    pub fn to_variable(&self) -> Result<String, serde_json::Error> {
        serde_json::to_string(self)
    }

    /// The role of this process; none when it has none.
    ///
    /// # Errors
    /// When the variable is set to something else.
    pub fn of_this_process() -> Result<Option<Self>, RoleError> {
        match env::var(VARIABLE) {
            Ok(text) => Ok(Some(serde_json::from_str(&text)?)),
            Err(env::VarError::NotPresent) => Ok(None),
            Err(env::VarError::NotUnicode(_)) => Err(RoleError::NotText),
        }
    }

    /// The role that another process was started with; none for one of Perl's program.
    #[must_use]
    pub fn of_process(pid: u32) -> Option<Self> {
        Self::of_environment(&fs::read(format!("/proc/{pid}/environ")).ok()?)
    }

    fn of_environment(environment: &[u8]) -> Option<Self> {
        let entry = format!("{VARIABLE}=");
        let value = environment
            .split(|byte| *byte == 0)
            .find_map(|variable| variable.strip_prefix(entry.as_bytes()))?;
        serde_json::from_slice(value).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_read_from_the_environment_of_a_process() {
        let role = Role {
            program: "/usr/sbin/ldirectord".into(),
            config: "/etc/ha.d/ldirectord.cf".into(),
            shown: "ldirectord.cf".to_owned(),
            instance: "ldirectord".to_owned(),
            pid_file: "/run/ldirectord.ldirectord.pid".into(),
            mode: Mode::Daemon,
        };
        let variable = role.to_variable().unwrap();
        let environment = format!("HOME=/\0{VARIABLE}={variable}\0LANG=C\0");
        assert_eq!(Role::of_environment(environment.as_bytes()), Some(role));
        assert_eq!(Role::of_environment(b"HOME=/\0LANG=C\0"), None);
    }
}
