//! In which network namespace this program runs. Each namespace has an IPVS table and addresses of its own, so that daemons in
//! different ones must not share files by default: outside the main namespace the name of the namespace is part of each
//! default path. The main one is that of process 1: of the host, or of the container.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

/// Where ip-netns(8) keeps the names of namespaces.
const NAMES: &str = "/run/netns";

/// A default path, with the name of this network namespace in it unless it is the main one.
#[must_use]
pub fn default_path(path: &str) -> PathBuf {
    with_namespace(Path::new(path), name().as_deref())
}

/// The number of this network namespace while it exists.
///
/// # Errors
/// When there is no /proc.
pub fn number() -> std::io::Result<u64> {
    Ok(fs::metadata("/proc/self/ns/net")?.ino())
}

/// Whether another process is in the same network namespace; none when that cannot be told.
#[must_use]
pub fn is_shared_with(process: i32) -> Option<bool> {
    // A file of its own in each namespace. Reading /proc/PID/ns/net needs more rights (ptrace(2)).
    let file = |process: &str| Some(fs::metadata(format!("/proc/{process}/net/dev")).ok()?.ino());
    Some(file(&process.to_string())? == file("self")?)
}

/// The name of this network namespace; none for the main one.
fn name() -> Option<String> {
    let in_main = is_shared_with(1);
    if in_main == Some(true) {
        return None;
    }
    let own = fs::metadata("/proc/self/ns/net").ok()?;
    let names = fs::read_dir(NAMES).into_iter().flatten().flatten();
    let mut names = names.filter(|entry| {
        let other = fs::metadata(entry.path());
        other.is_ok_and(|other| (other.dev(), other.ino()) == (own.dev(), own.ino()))
    });
    let known = names.find_map(|entry| entry.file_name().into_string().ok());
    known.or_else(|| in_main.map(|_| own.ino().to_string()))
}

/// `ipvsd.sock` becomes `ipvsd@blue.sock`.
fn with_namespace(path: &Path, namespace: Option<&str>) -> PathBuf {
    let (Some(namespace), Some(stem)) = (namespace, path.file_stem()) else {
        return path.to_owned();
    };
    let mut name = stem.to_owned();
    name.push("@");
    name.push(namespace);
    if let Some(ending) = path.extension() {
        name.push(".");
        name.push(ending);
    }
    path.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_namespace_but_the_main_one_has_paths_of_its_own() {
        let path = |path: &str, name| with_namespace(Path::new(path), name).display().to_string();
        assert_eq!(path("/run/ipvsd/ipvsd.sock", None), "/run/ipvsd/ipvsd.sock");
        assert_eq!(
            path("/run/ipvsd/ipvsd.sock", Some("blue")),
            "/run/ipvsd/ipvsd@blue.sock"
        );
        assert_eq!(
            path("/run/ipvsd/ldirectord.a.cf.sock", Some("blue.1")),
            "/run/ipvsd/ldirectord.a.cf@blue.1.sock"
        );
    }

    #[test]
    fn a_process_shares_its_own_namespace() {
        let own = i32::try_from(std::process::id()).unwrap();
        assert_eq!(is_shared_with(own), Some(true));
        assert!(number().unwrap() > 0);
        assert_eq!(is_shared_with(-1), None);
    }
}
