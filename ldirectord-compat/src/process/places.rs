//! Where things are: the configuration by the search path of ldirectord, the pid file, our own path, and ipvsd.

use std::env;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

/// Directories that are searched for a configuration before its name is taken as a path. They are put in front of the
/// name even when that is absolute.
const CONFIG_DIRECTORIES: [&str; 2] = ["/etc/ha.d/", "/etc/ha.d/conf/"];
const RUN_DIRECTORY: &str = "/var/run";
const DAEMON: &str = "ipvsd";
/// Where packages install ipvsd.
const DAEMON_DIRECTORY: &str = "/usr/sbin";

/// The first file among those that a name can mean, as messages name it.
pub(super) fn config(name: &str) -> Option<String> {
    CONFIG_DIRECTORIES
        .iter()
        .map(|directory| format!("{directory}{name}"))
        .chain([name.to_owned()])
        .find(|path| Path::new(path).is_file())
}

pub(super) fn pid_file(instance: &str) -> PathBuf {
    Path::new(RUN_DIRECTORY).join(format!("ldirectord.{instance}.pid"))
}

/// The path of this program as others would name it: as typed when that is a path, else where the shell found it.
pub(super) fn program() -> PathBuf {
    let typed = env::args_os().next().unwrap_or_default();
    if typed.as_encoded_bytes().contains(&b'/') {
        return PathBuf::from(typed);
    }
    in_search_path(&typed)
        .or_else(|| env::current_exe().ok())
        .unwrap_or_else(|| PathBuf::from(typed))
}

/// ipvsd: beside this program's own file, or where the shell would find it, or where packages put it.
pub(super) fn daemon() -> PathBuf {
    let beside = env::current_exe()
        .ok()
        .map(|own| own.with_file_name(DAEMON))
        .filter(|path| is_program(path));
    beside
        .or_else(|| in_search_path(OsStr::new(DAEMON)))
        .unwrap_or_else(|| Path::new(DAEMON_DIRECTORY).join(DAEMON))
}

fn in_search_path(name: &OsStr) -> Option<PathBuf> {
    env::split_paths(&env::var_os("PATH")?)
        .map(|directory| directory.join(name))
        .find(|path| is_program(path))
}

fn is_program(path: &Path) -> bool {
    path.metadata()
        .is_ok_and(|about| about.is_file() && about.permissions().mode() & 0o111 != 0)
}
