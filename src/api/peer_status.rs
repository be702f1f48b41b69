//! What the status says of the other director of a pair.

use serde::{Deserialize, Serialize};

use super::digest::PeerDifference;

/// How this director and its peer compare.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PeerStatus {
    /// Address and port of its `director.metrics`.
    pub address: String,
    /// What the two see differently; none before the first answer, and while there is none.
    pub differences: Option<Vec<PeerDifference>>,
    /// Why there is no answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
    /// For how long the two have differed, or the peer has not answered; none while they agree.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unlike_seconds: Option<f64>,
}
