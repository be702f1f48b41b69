//! The service around a real server that is validated.

use crate::definitions::{ListenDefinition, ServiceDefinition};
use crate::model::{Family, Protocol, ServiceId};

/// The service around a real server.
pub(super) struct Surroundings<'a> {
    pub(super) written: &'a ServiceDefinition,
    pub(super) id: Option<ServiceId>,
    pub(super) family: Family,
    pub(super) protocol: Option<Protocol>,
    /// All that its block listens on.
    pub(super) list: &'a [&'a ListenDefinition],
}
