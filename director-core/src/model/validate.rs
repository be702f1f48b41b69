//! x
use std::time::Duration;
pub(crate) const DEFAULT_RESYNC: Duration = Duration::from_secs(10);
