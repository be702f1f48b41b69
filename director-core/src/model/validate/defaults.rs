//! What holds when the configuration does not say.

use std::time::Duration;

/// How often the whole kernel table is read again when the definitions do not say.
pub const DEFAULT_RESYNC: Duration = Duration::from_secs(10);
/// Time between probes when the definitions do not say.
pub const DEFAULT_EVERY: Duration = Duration::from_secs(5);
/// Limit for one probe when the definitions do not say.
pub const DEFAULT_TIMEOUT: Duration = Duration::from_secs(3);
/// Good answers that bring a server up when the definitions do not say.
pub const DEFAULT_RISE: u32 = 1;
/// Failures that take a server down when the definitions do not say.
pub const DEFAULT_FALL: u32 = 3;
/// Scheduler when the definitions do not say; the kernel's and ipvsadm's own default.
pub const DEFAULT_SCHEDULER: &str = "wlc";
/// Bytes of an HTTP body that are read when the definitions do not say.
pub const DEFAULT_BODY_LIMIT: usize = 16 << 20;
