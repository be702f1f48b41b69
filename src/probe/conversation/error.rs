//! Why a conversation did not go as expected.

use crate::probe::words::Short;

/// What went wrong in a conversation.
#[derive(Debug, thiserror::Error)]
pub(in crate::probe) enum ConversationError {
    /// The server hung up.
    #[error("connection closed while waiting for {0}")]
    Closed(&'static str),
    /// The server does not come to an end.
    #[error("the {what} is longer than {limit} bytes")]
    TooLong {
        /// What was read.
        what: &'static str,
        /// Bytes read.
        limit: usize,
    },
    /// The server said something else.
    #[error("{what} \"{}\", expected {expected}", Short(.said))]
    Unexpected {
        /// What it answered.
        what: &'static str,
        /// The answer.
        said: String,
        /// What would have been good.
        expected: &'static str,
    },
    /// The answer is complete and lacks what was expected.
    #[error("answer lacks {}", Short(.0))]
    AnswerLacks(String),
    /// The definition holds something that would break the protocol.
    #[error("cannot ask: the {0} holds a line break")]
    LineBreak(&'static str),
    /// The system gives no random bytes.
    #[error("cannot ask: the system gives no random bytes")]
    NoRandomness,
}

impl ConversationError {
    /// Whether the fault lies on the director's side.
    pub(in crate::probe) fn is_ours(&self) -> bool {
        matches!(self, Self::LineBreak(_) | Self::NoRandomness)
    }
}
