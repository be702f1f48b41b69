//! How definitions came about where they are not only what is written: which host names stand for which addresses, and
//! which blocks are broken and disable themselves only. It decides nothing; the state of the director shows it.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use crate::diagnostic::{Diagnostic, Place};

/// A host name and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct HostName {
    /// The name.
    pub name: String,
    /// The addresses in use. Of each family the one that stands for the name alone is the first.
    pub addresses: Vec<IpAddr>,
    /// The SRV records of a service name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub records: Vec<SrvRecord>,
    /// Why it could not be resolved the last time; the addresses are those of the last answer then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// One SRV record (RFC 2782).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SrvRecord {
    /// The lowest one is used first.
    pub priority: u16,
    /// Host name of the server.
    pub target: String,
    pub port: u16,
    /// Share among the records of the same priority.
    pub weight: u16,
}

/// Whether a name is that of a service, `_http._tcp.example.net`, which has SRV records instead of addresses.
#[must_use]
pub fn is_service_name(name: &str) -> bool {
    let mut labels = name.split('.');
    let mut is_marked = || {
        labels
            .next()
            .is_some_and(|label| label.starts_with('_') && label.len() > 1)
    };
    is_marked() && is_marked()
}

/// How the name of a file with a list of servers begins.
pub const SOURCE_FILE: &str = "file:";
/// How the address of such a list begins.
const SOURCE_URLS: [&str; 2] = ["http://", "https://"];

/// Whether a name is that of a source outside DNS, which has records as a service name has them.
#[must_use]
pub fn is_source_name(name: &str) -> bool {
    let is_url = || SOURCE_URLS.iter().any(|start| name.starts_with(start));
    name.starts_with(SOURCE_FILE) || is_url()
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
