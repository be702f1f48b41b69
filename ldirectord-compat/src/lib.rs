//! The `ldirectord.cf` dialect: text in, definitions and findings out. Knows neither the daemon nor the kernel, opens no
//! definitions and resolves no name. Beside it what the `ldirectord` command and a daemon in its place must agree about:
//! [`role`], [`pid_file`] and [`journal`].
//!
//! Data flow: bytes become [`text`] lines, [`lines`] tell what each one is, [`syntax`] sorts them into services,
//! [`values`] reads what stands behind the equals signs, [`lower`] turns it all into
//! [`Definitions`] and [`ProcessSettings`]. [`directives`] holds the table of directives, [`quirks`] that of oddities.

pub mod directives;
mod findings;
pub mod journal;
mod lines;
mod lower;
pub mod pid_file;
pub mod quirks;
pub mod role;
mod settings;
mod slice;
mod syntax;
mod text;
mod unfit;
mod values;

use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::diagnostic::{Diagnostic, Place};

use directives::Used;
pub use directives::keywords::Phase;
use findings::Findings;
use quirks::Quirk;
pub use settings::{
    IsFile, LogTarget, MonitorWords, MonitoredServer, ProcessSettings, ServiceSettings,
    sibling_config,
};
pub use text::LARGEST_FILE;
pub use unfit::{Keeps, Unfit, put_aside};

/// What a file comes to. It may be used when no diagnostic is an error; names still have to be resolved, and the
/// definitions validated.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// Services, real servers and checks.
    pub definitions: Definitions,
    /// What concerns the process.
    pub process: ProcessSettings,
    /// The directives that occur, with their places.
    pub used: Vec<Used>,
    /// Services that cannot be as they are written, to be [`put_aside`] when names are resolved.
    pub unfit: Vec<Unfit>,
    /// The oddities that occur.
    pub quirks: Vec<Quirk>,
    /// All findings, in the order of the file.
    pub diagnostics: Vec<Diagnostic>,
}

impl Parsed {
    /// What the file asks for and the daemon cannot do yet, one error for each.
    #[must_use]
    pub fn unsupported(&self) -> Vec<Diagnostic> {
        let mut findings: Vec<Diagnostic> = self.used.iter().filter_map(Used::finding).collect();
        findings.sort_by_key(|finding| (finding.place.line, finding.place.column));
        findings
    }
}

/// Reads the content of an `ldirectord.cf`. The name is only used in messages.
#[must_use]
pub fn parse(file_name: &str, bytes: &[u8], is_file: IsFile) -> Parsed {
    let name: Arc<str> = Arc::from(file_name);
    let mut findings = Findings::default();
    let texts = text::lines(&name, bytes, &mut findings);
    let readable = texts.is_some();
    let texts = texts.unwrap_or_default();
    let lines = syntax::number(&name, &texts);
    let file = syntax::read(&lines, &mut findings);
    let mut nothing = Findings::default();
    // A file that could not be read as text has no services either, which need not be said.
    let lowered = lower::lower(
        &name,
        &file,
        is_file,
        if readable {
            &mut findings
        } else {
            &mut nothing
        },
    );
    let (diagnostics, quirks) = findings.finish(&Place::whole_file(&name));
    Parsed {
        definitions: lowered.definitions,
        process: lowered.process,
        used: lowered.used,
        unfit: lowered.unfit,
        quirks,
        diagnostics,
    }
}
