//! What tests of those who run programs ask about processes.

use std::fs;
use std::path::Path;

/// Whether a process of this number runs; one that only waits to be reaped does not.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}
