//! Why a file gives no model: it could not be read, or what it says is not valid.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use director_core::diagnostic::{Diagnostic, Place};
use thiserror::Error;

use super::file_watch::Fingerprints;
use super::source::SourceError;

/// Why there is no model.
#[derive(Debug, Error)]
pub enum LoadError {
    /// The file has no text to judge.
    #[error("{file}: {source}")]
    Unreadable {
        /// The file as the operator named it.
        file: Arc<str>,
        /// What is in the way.
        source: SourceError,
        /// What was found in its place, so that a change is noticed.
        held: u64,
    },
    /// The text has faults.
    #[error("{0}")]
    Invalid(LoadReport),
}

impl LoadError {
    /// The system kept a file from being read.
    #[must_use]
    pub fn failed(file: &Path, error: io::Error) -> Self {
        Self::Unreadable {
            file: Arc::from(file.to_string_lossy()),
            source: SourceError::Failed(error),
            held: 0,
        }
    }

    /// The findings, for whichever reason.
    #[must_use]
    pub fn report(&self) -> LoadReport {
        match self {
            Self::Unreadable { file, source, held } => LoadReport {
                file: Arc::clone(file),
                text: Arc::from(""),
                watched: Fingerprints::from([(PathBuf::from(&**file), *held)]),
                secret_files: Arc::default(),
                included: BTreeMap::new(),
                diagnostics: vec![
                    Diagnostic::error(&Place::whole_file(file), source.to_string())
                        .hint(source.remedy()),
                ],
            },
            Self::Invalid(report) => report.clone(),
        }
    }
}

/// The findings about a file, with the text that they are about.
#[derive(Debug, Clone)]
pub struct LoadReport {
    /// The file as the operator named it.
    pub file: Arc<str>,
    /// Its text; empty when it could not be read.
    pub text: Arc<str>,
    /// Files and directories whose change changes what the file says, and what they held when it was read.
    pub watched: Fingerprints,
    /// Those of them that hold a secret and nothing else.
    pub secret_files: Arc<BTreeSet<PathBuf>>,
    /// The texts of the files that it includes.
    pub included: BTreeMap<Arc<str>, Arc<str>>,
    /// The findings in the order of the files.
    pub diagnostics: Vec<Diagnostic>,
}

impl LoadReport {
    /// How many findings are errors.
    #[must_use]
    pub fn errors(&self) -> usize {
        self.diagnostics.iter().filter(|d| d.is_error()).count()
    }

    /// The text of a file that a finding is about; empty when it could not be read.
    #[must_use]
    pub fn text_of(&self, file: &str) -> &str {
        match self.included.get(file) {
            Some(text) if *file != *self.file => text,
            _ => &self.text,
        }
    }

    /// How many findings are warnings.
    #[must_use]
    pub fn warnings(&self) -> usize {
        self.diagnostics.len() - self.errors()
    }
}

/// One line for a log: the first error, and how many more there are.
impl fmt::Display for LoadReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut errors = self.diagnostics.iter().filter(|d| d.is_error());
        match errors.next() {
            Some(first) => first.fmt(f)?,
            None => write!(f, "{}: no error", self.file)?,
        }
        match errors.count() {
            0 => Ok(()),
            more => write!(f, "; {more} more"),
        }
    }
}
