//! Finds another instance that runs the same file under another name, as `ldirectord start` and `ldirectord ldirectord.cf
//! start` do: each has a pid file of its own, so neither command sees the daemon of the other.

use std::fs;
use std::path::Path;

use ldirectord_compat::pid_file::{Owner, PidFile};
use ldirectord_compat::role::Role;

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
            Owner::Running(pid) => Some((pid, Role::of_process(pid)?)),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pid_files_of_instances_count() {
        assert!(is_pid_file(Path::new("/run/ldirectord.a.cf.pid")));
        assert!(!is_pid_file(Path::new("/run/sshd.pid")));
    }
}
