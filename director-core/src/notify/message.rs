//! One message: the events of a few seconds.

use std::fmt;

use serde::Serialize;

use crate::model::{Hook, Topic};

/// A message to one receiver.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMessage {
    /// To whom.
    pub hook: Hook,
    /// All of it in one line.
    pub summary: String,
    /// What happened, in its order.
    pub events: Vec<MessageEvent>,
    /// Events beyond those that a message holds.
    pub left_out: usize,
}

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct MessageEvent {
    /// What it is about.
    pub topic: Topic,
    /// In words, as in the log.
    pub text: String,
}

impl fmt::Display for EventMessage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "notify {}: {}", self.hook.way, self.summary)
    }
}
