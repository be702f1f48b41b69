//! The receivers of notifications, as written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::Placed;
use crate::diagnostic::Place;
use crate::model::{HookWay, Topic};

/// A receiver of notifications, as written.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct HookDefinition {
    /// Where it stands.
    pub place: Place,
    /// How; a fault of it was reported when there is none.
    pub way: Option<HookWay>,
    /// About what; the usual when nothing is written.
    pub about: Vec<Placed<Topic>>,
    /// How long events are gathered.
    pub gather: Option<Placed<Duration>>,
}
