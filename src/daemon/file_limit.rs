//! How many files this process may have open. The usual soft limit of 1024 is meant for programs that use `select`; a
//! director asks thousands of servers at once.

use std::fs;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use crate::program;

/// What the kernel allows at most where nothing else is said (`fs.nr_open`).
const USUAL_MOST: u64 = 1 << 20;
/// What is assumed when the limit cannot be read.
const USUAL: u64 = 1024;

/// Raises the soft limit to the hard one; says what it is then.
pub(super) fn raise() -> u64 {
    let (soft, hard) = match getrlimit(Resource::RLIMIT_NOFILE) {
        Ok(limits) => limits,
        Err(error) => {
            tracing::warn!(%error, "cannot read the limit of open files");
            return USUAL;
        }
    };
    // No limit at all is more than the kernel takes.
    let wanted = hard.min(most());
    if soft >= wanted {
        return soft;
    }
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, hard) {
        Ok(()) => {
            program::limit_descriptors(soft);
            tracing::info!("raised the limit of open files from {soft} to {wanted}");
            wanted
        }
        Err(error) => {
            tracing::warn!(%error, "cannot raise the limit of open files from {soft} to {wanted}");
            soft
        }
    }
}

fn most() -> u64 {
    let text = fs::read_to_string("/proc/sys/fs/nr_open").unwrap_or_default();
    text.trim().parse().unwrap_or(USUAL_MOST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_soft_limit_becomes_the_hard_one() {
        let limit = raise();
        let (soft, hard) = getrlimit(Resource::RLIMIT_NOFILE).unwrap();
        assert_eq!((limit, soft), (hard.min(most()), hard.min(most())));
    }
}
