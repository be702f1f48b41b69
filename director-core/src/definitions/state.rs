//! How definitions came about where they are not only what is written: which host names stand for which addresses, and
//! which blocks are broken and disable themselves only. It decides nothing; the state of the director shows it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Place};

/// A host name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostName {
    /// The name.
    pub name: String,
    /// The addresses in use, one a family.
    pub addresses: Vec<IpAddr>,
    /// Why it could not be resolved the last time; the addresses are those of the last answer then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// A block of the definitions that cannot be used while all others can.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IsolatedBlock {
    /// What it is called.
    pub name: String,
    /// Where it begins.
    pub place: Place,
    /// Virtual services that stay as they were when it was last good; with none it is left out.
    pub kept: usize,
    /// What is wrong with it.
    pub faults: Vec<Diagnostic>,
}
