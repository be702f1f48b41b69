//! Reads definitions files: chooses the dialect, parses, resolves names, validates, renders findings. All faults of a file
//! are reported in one run. It changes nothing but its own memory; reading a file and asking the name service is all it does.

mod dialect;
mod error;
mod render;
mod resolve;
mod source;
mod yaml;

pub use dialect::Dialect;
pub use error::{LoadError, Report};
pub use render::{Look, render};
pub use source::{SIZE_LIMIT, SourceError};

use std::path::Path;
use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::Model;
use director_core::model::validate::validate;

/// What a file gives when it can be used.
#[derive(Debug)]
pub struct Loaded {
    /// What the director has to do.
    pub model: Model,
    /// What was written, names resolved.
    pub definitions: Definitions,
    /// The dialect of the file.
    pub dialect: Dialect,
    /// The warnings.
    pub report: Report,
}

/// Reads a file and judges it. Blocks while host names are resolved.
///
/// # Errors
/// When the file gives no model; [`LoadError::report`] says why, in words for the operator.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let file: Arc<str> = Arc::from(path.to_string_lossy());
    match source::read(path) {
        Ok(text) => load_text(&file, &text, Dialect::of(path, &text)),
        Err(source) => Err(LoadError::Unreadable { file, source }),
    }
}

/// Judges the text of a file named `file`. Blocks while host names are resolved.
///
/// # Errors
/// When the text gives no model.
pub fn load_text(file: &Arc<str>, text: &str, dialect: Dialect) -> Result<Loaded, LoadError> {
    let (definitions, mut diagnostics) = match dialect {
        Dialect::Yaml => yaml::read(text, file),
        Dialect::Ldirectord => (None, vec![not_yet(file)]),
    };
    let model = definitions.map(|mut definitions| {
        diagnostics.append(&mut resolve::resolve(&mut definitions));
        let (model, mut found) = validate(&definitions);
        diagnostics.append(&mut found);
        (model, definitions)
    });
    diagnostics.sort_by(|left, right| left.place.cmp(&right.place));
    let report = Report {
        file: Arc::clone(file),
        text: Arc::from(text),
        diagnostics,
    };
    match model {
        Some((Some(model), definitions)) if report.errors() == 0 => Ok(Loaded {
            model,
            definitions,
            dialect,
            report,
        }),
        _ => Err(LoadError::Invalid(report)),
    }
}

fn not_yet(file: &Arc<str>) -> Diagnostic {
    Diagnostic::error(
        &Place::whole_file(file),
        "files in the form of ldirectord.cf cannot be read yet",
    )
    .hint("write the definitions in YAML")
}
