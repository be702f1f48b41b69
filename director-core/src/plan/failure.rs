//! What became of an operation that the kernel refused, as data: it comes back to the director as an event.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Op;
use crate::model::ServiceId;

/// An operation that the kernel refused. Nothing changed by it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OpFailure {
    /// What was attempted.
    pub op: Op,
    /// The kernel's error number, positive.
    pub errno: i32,
    /// What it means and what to do, in words; it does not repeat the operation.
    pub message: String,
}

impl OpFailure {
    /// The service that the operation belongs to.
    #[must_use]
    pub fn service(&self) -> ServiceId {
        self.op.service()
    }
}

impl fmt::Display for OpFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.op, self.message)
    }
}
