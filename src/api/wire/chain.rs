//! The chain of links that makes a weight.

use director_core::moment::Moment;
use director_core::weight::ExplainedLink;
use serde::{Deserialize, Serialize};

/// A link of the chain that makes a weight.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ChainLink {
    /// What kind of link: `defined`, `health`, `override`, ...
    pub link: String,
    /// Weight from here on; none when the server is not to be in the table.
    pub weight: Option<u32>,
    /// For how long this has held; none when that is not known.
    pub age_seconds: Option<f64>,
    pub cause: String,
}

impl ChainLink {
    pub(in crate::api) fn of(link: &ExplainedLink, now: Moment) -> Self {
        Self {
            link: link.what.to_owned(),
            weight: link.weight,
            age_seconds: link.since.map(|since| now.since(since).as_secs_f64()),
            cause: link.cause.clone(),
        }
    }
}
