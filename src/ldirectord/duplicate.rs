//! Finds another instance that runs the same file under another name, as `ldirectord start` and `ldirectord ldirectord.cf
//! start` do: each has a pid file of its own, so neither command sees the daemon of the other.

use std::fs;
use std::path::Path;

use ldirectord_compat::pid_file::{Owner, PidFile};
use ldirectord_compat::role::{Role, VARIABLE};

/// A daemon that runs the same file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct DuplicateInstance {
    pub(super) instance: String,
    pub(super) pid: u32,
}

/// Looks among the pid files beside our own.
pub(super) fn find(role: &Role) -> Option<DuplicateInstance> {
    let own = fs::canonicalize(&role.config).ok()?;
    let beside = fs::read_dir(role.pid_file.parent()?).ok()?;
    beside
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| *path != role.pid_file && is_pid_file(path))
        .filter_map(|path| match PidFile::new(&path).owner() {
            Owner::Running(pid) => Some((pid, role_of(pid)?)),
            Owner::Nobody | Owner::Gone => None,
        })
        .find(|(_, other)| fs::canonicalize(&other.config).is_ok_and(|config| config == own))
        .map(|(pid, other)| DuplicateInstance {
            instance: other.instance,
            pid,
        })
}

fn is_pid_file(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with("ldirectord.") && name.ends_with(".pid")
}

/// The role that a process was started with.
fn role_of(pid: u32) -> Option<Role> {
    let environment = fs::read(format!("/proc/{pid}/environ")).ok()?;
    role_in(&environment)
}

fn role_in(environment: &[u8]) -> Option<Role> {
    let entry = format!("{VARIABLE}=");
    let value = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| variable.strip_prefix(entry.as_bytes()))?;
    serde_json::from_slice(value).ok()
}

#[cfg(test)]
mod tests {
    use ldirectord_compat::role::Mode;

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
        assert_eq!(role_in(environment.as_bytes()), Some(role));
        assert_eq!(role_in(b"HOME=/\0LANG=C\0"), None);
    }

    #[test]
    fn only_pid_files_of_instances_count() {
        assert!(is_pid_file(Path::new("/run/ldirectord.a.cf.pid")));
        assert!(!is_pid_file(Path::new("/run/sshd.pid")));
    }
}
