//! The limit of open files of the programs that are run. ipvsd raises its own. Programs would inherit that, and some close each
//! descriptor that they could have at every start: a million of them take longer than many a check.

use std::sync::atomic::{AtomicU64, Ordering};

use rustix::process::{Pid, Resource, Rlimit, getrlimit, prlimit};

/// The soft limit of programs; 0 while it is that of this process.
static LIMIT: AtomicU64 = AtomicU64::new(0);

/// From now on programs may have no more than `soft` files open, unless they raise the limit themselves.
pub(crate) fn limit_descriptors(soft: u64) {
    LIMIT.store(soft, Ordering::Relaxed);
}

/// Lowers the soft limit of a program that has been started. A process of another user keeps its limit where ipvsd lacks
/// CAP_SYS_RESOURCE.
pub(super) fn lower(id: i32) {
    let soft = LIMIT.load(Ordering::Relaxed);
    if let Some(pid) = Pid::from_raw(id).filter(|_| soft != 0) {
        let limit = Rlimit {
            current: Some(soft),
            maximum: getrlimit(Resource::Nofile).maximum,
        };
        // It may have ended already.
        let _ = prlimit(Some(pid), Resource::Nofile, limit);
    }
}
