//! Reads definitions files: chooses the dialect, parses, resolves names, validates, renders findings. All faults of a file
//! are reported in one run. It changes nothing but its own memory; reading a file and asking the name service is all it does.

#[cfg(test)]
mod any_text;
mod dialect;
mod duties;
mod error;
mod render;
mod resolve;
mod source;
mod yaml;

pub use dialect::Dialect;
pub use error::{LoadError, Report};
pub use render::{Look, render};
pub use source::{SIZE_LIMIT, SourceError};
pub use yaml::{duration, emit, page, schema};

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::diagnostic::Diagnostic;
use director_core::duties::Duties;
use director_core::model::Model;
use director_core::model::validate::validate;
use ldirectord_compat::ProcessSettings;
use resolve::{HostLookup, resolve, system_hosts};

/// What a file gives when it can be used.
#[derive(Debug)]
pub struct Loaded {
    /// What the director has to do.
    pub model: Model,
    /// What was written, names resolved.
    pub definitions: Definitions,
    /// The dialect of the file.
    pub dialect: Dialect,
    /// What the director has to do besides the table.
    pub duties: Duties,
    /// What the file says about the process; only ldirectord.cf says anything.
    pub process: Option<ProcessSettings>,
    /// The warnings.
    pub report: Report,
}

/// Reads a file and judges it, its dialect told by name and content. Blocks while host names are resolved.
///
/// # Errors
/// When the file gives no model; [`LoadError::report`] says why, in words for the operator.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    load_as(path, None)
}

/// The same for a file whose dialect may be known already.
///
/// # Errors
/// When the file gives no model.
pub fn load_as(path: &Path, dialect: Option<Dialect>) -> Result<Loaded, LoadError> {
    let file: Arc<str> = Arc::from(path.to_string_lossy());
    let unreadable = |source| LoadError::Unreadable {
        file: Arc::clone(&file),
        source,
    };
    let bytes = source::read(path).map_err(unreadable)?;
    let dialect = dialect.unwrap_or_else(|| Dialect::of(path, &String::from_utf8_lossy(&bytes)));
    let read = match dialect {
        Dialect::Yaml => read_yaml(&file, source::text(&bytes).map_err(unreadable)?),
        Dialect::Ldirectord => read_ldirectord(&file, &bytes),
    };
    judge(read, dialect, &file, system_hosts)
}

/// What a dialect's reader made of a file.
struct Read {
    text: Arc<str>,
    included: BTreeMap<Arc<str>, Arc<str>>,
    watched: BTreeSet<PathBuf>,
    definitions: Option<Definitions>,
    process: Option<ProcessSettings>,
    diagnostics: Vec<Diagnostic>,
}

fn read_yaml(file: &Arc<str>, text: &str) -> Read {
    let read = yaml::read(text, file);
    Read {
        text: Arc::from(text),
        included: read.texts,
        watched: read.watched,
        definitions: read.definitions,
        process: None,
        diagnostics: read.findings,
    }
}

fn read_ldirectord(file: &Arc<str>, bytes: &[u8]) -> Read {
    let parsed = ldirectord_compat::parse(file, bytes);
    let mut diagnostics = parsed.unsupported();
    diagnostics.extend(parsed.diagnostics);
    diagnostics.extend(duties::findings(&parsed.process));
    Read {
        text: Arc::from(String::from_utf8_lossy(bytes)),
        included: BTreeMap::new(),
        watched: BTreeSet::from([PathBuf::from(&**file)]),
        definitions: Some(parsed.definitions),
        process: Some(parsed.process),
        diagnostics,
    }
}

/// Resolves names and validates, whatever was found before, so that all faults come in one run.
fn judge(
    read: Read,
    dialect: Dialect,
    file: &Arc<str>,
    hosts: HostLookup,
) -> Result<Loaded, LoadError> {
    let mut diagnostics = read.diagnostics;
    let judged = read.definitions.map(|mut definitions| {
        diagnostics.append(&mut resolve(&mut definitions, hosts));
        let (model, mut found) = validate(&definitions);
        diagnostics.append(&mut found);
        (model, definitions)
    });
    // What several services share is judged with each of them; it is reported once.
    let mut seen = HashSet::new();
    diagnostics.retain(|finding| seen.insert((finding.place.clone(), finding.message.clone())));
    diagnostics.sort_by(|left, right| left.place.cmp(&right.place));
    let report = Report {
        file: Arc::clone(file),
        text: read.text,
        included: read.included,
        watched: read.watched,
        diagnostics,
    };
    match judged {
        Some((Some(model), definitions)) if report.errors() == 0 => Ok(Loaded {
            duties: read
                .process
                .as_ref()
                .map(|process| duties::of_ldirectord(process, &definitions, &model))
                .unwrap_or_default(),
            model,
            definitions,
            dialect,
            process: read.process,
            report,
        }),
        _ => Err(LoadError::Invalid(report)),
    }
}
