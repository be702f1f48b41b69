//! What the control interface says of a configuration that is applied. The configuration itself does not pass through it: it
//! lies beside that of the daemon, so that only users who may write there may apply.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

/// A request to apply the configuration that lies beside that of the daemon.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ApplyRequest {
    /// For how long they are on trial; for good when nothing is said.
    pub confirm_seconds: Option<f64>,
    /// Whatever they take out.
    #[serde(default)]
    pub force: bool,
}

/// Where definitions are put that are to be applied: beside `definitions`, so that what they include is found, with the
/// same ending, so that they are read alike.
#[must_use]
pub fn candidate(definitions: &Path) -> PathBuf {
    beside(definitions, ".candidate-", "")
}

/// Where those that were replaced are kept.
#[must_use]
pub fn replaced(definitions: &Path) -> PathBuf {
    beside(definitions, "", ".former")
}

fn beside(definitions: &Path, before: &str, after: &str) -> PathBuf {
    let mut name = OsString::from(before);
    name.push(definitions.file_name().unwrap_or_default());
    name.push(after);
    definitions.with_file_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_lie_beside_and_end_alike() {
        let definitions = Path::new("/etc/ipvsd/ipvsd.yaml");
        let shown = |path: PathBuf| path.display().to_string();
        assert_eq!(
            shown(candidate(definitions)),
            "/etc/ipvsd/.candidate-ipvsd.yaml"
        );
        assert_eq!(shown(replaced(definitions)), "/etc/ipvsd/ipvsd.yaml.former");
    }
}
