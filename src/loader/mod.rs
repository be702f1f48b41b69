//! Reads configuration files: chooses the dialect, parses, resolves names, validates, renders findings. All faults of a file
//! are reported in one run. It changes nothing but its own memory; reading a file and asking the name service is all it does.

mod alerts;
#[cfg(test)]
mod any_text;
mod dialect;
mod error;
mod exposure;
mod file_watch;
mod findings;
mod held_services;
mod host_names;
mod include;
mod isolate;
mod keepalived;
mod known_name;
#[cfg(test)]
mod lists_tests;
mod lost_to_names;
mod mails;
mod name_server;
mod names;
mod pem_files;
mod pools;
mod programs;
#[cfg(test)]
mod remedies_tests;
mod remembered;
mod render;
mod resolve;
mod source;
mod system_hosts;
mod yaml;

pub use dialect::Dialect;
pub use error::{LoadError, LoadReport};
pub use exposure::exposure;
pub use file_watch::{FileWatch, Fingerprints};
pub use findings::reported;
pub use held_services::with_services_in_force;
pub use host_names::{has_host_names, with_host_names};
pub use lost_to_names::lost_to_names;
pub use mails::{mails, mails_left_out};
pub use names::NameCache;
pub use pem_files::{PemUse, read_pem};
pub use programs::missing_programs;
pub use remembered::remembered;
pub use render::{RenderStyle, render};
pub use source::{SIZE_LIMIT, STANDARD_INPUT, SourceError};
pub use yaml::{
    FileSettings, Mails, Remarks, duration, emit, emit_unchecked, man_page, page, schema,
};

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{Definitions, Placed};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::Model;
use director_core::model::validate::{validate_shared, without_servers};
use director_core::notify::AlertSettings;
use file_watch::{fingerprint, of_content};
use isolate::{IsolationContext, isolate, remark};
use ldirectord_compat::{ProcessSettings, Unfit, put_aside};
use resolve::{NameLimits, resolve};
use yaml::Block;

/// How long an answer of the name service holds within one reading.
const NAMES_HOLD: Duration = Duration::from_secs(60);
/// How long a reading waits for the name service.
const NAME_WAIT: Duration = Duration::from_secs(5);

/// What a file gives when it can be used.
#[derive(Debug, Clone)]
pub struct Loaded {
    /// What the director has to do.
    pub model: Arc<Model>,
    /// What was written, names resolved.
    pub definitions: Arc<Definitions>,
    /// The dialect of the file.
    pub dialect: Dialect,
    /// What the director has to do outside the table.
    pub alerts: AlertSettings,
    /// What the file says about the process; only ldirectord.cf says anything.
    pub process: Option<ProcessSettings>,
    /// The blocks of a keepalived.conf that stay with keepalived.
    pub not_ours: Vec<Placed<String>>,
    /// What the file says about its own reading.
    pub settings: FileSettings,
    /// What was read, to be judged again when names stand for other addresses. None when this is not what the files say.
    pub written: Option<Arc<SourceText>>,
    /// The findings: warnings, and the errors of services that are isolated.
    pub report: LoadReport,
}

/// What is known from former readings.
#[derive(Debug, Clone)]
pub struct LoadContext {
    /// What the name service said.
    pub names: NameCache,
    /// How long the reading waits for the name service. A name without an answer by then has no address yet.
    pub name_wait: Duration,
    /// The configuration in force.
    pub former: Option<Arc<Definitions>>,
}

impl Default for LoadContext {
    fn default() -> Self {
        Self {
            names: NameCache::default(),
            name_wait: NAME_WAIT,
            former: None,
        }
    }
}

/// Files that were read and not yet judged.
#[derive(Debug)]
pub struct SourceText {
    file: Arc<str>,
    dialect: Dialect,
    text: Arc<str>,
    included: BTreeMap<Arc<str>, Arc<str>>,
    watched: Fingerprints,
    secret_files: Arc<BTreeSet<PathBuf>>,
    broken: BTreeSet<Arc<str>>,
    blocks: Vec<Block>,
    settings: FileSettings,
    definitions: Option<Arc<Definitions>>,
    process: Option<ProcessSettings>,
    not_ours: Vec<Placed<String>>,
    unfit: Vec<Unfit>,
    diagnostics: Vec<Diagnostic>,
}

impl SourceText {
    /// The text of the file itself.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }
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
    load_with(path, dialect, &LoadContext::default())
}

/// The same with what is known from former readings.
///
/// # Errors
/// When the file gives no model.
pub fn load_with(
    path: &Path,
    dialect: Option<Dialect>,
    memory: &LoadContext,
) -> Result<Loaded, LoadError> {
    load_bytes(path, &read_bytes(path)?, dialect, memory)
}

/// The bytes of a configuration file. Standard input can be read only once.
///
/// # Errors
/// When there are none.
pub fn read_bytes(path: &Path) -> Result<Vec<u8>, LoadError> {
    source::read(path).map_err(|source| unreadable(path, source))
}

/// Judges the bytes of a file that were read before.
///
/// # Errors
/// When the file gives no model.
pub fn load_bytes(
    path: &Path,
    bytes: &[u8],
    dialect: Option<Dialect>,
    memory: &LoadContext,
) -> Result<Loaded, LoadError> {
    let file: Arc<str> = Arc::from(path.to_string_lossy());
    let dialect = dialect.unwrap_or_else(|| Dialect::of(path, &String::from_utf8_lossy(bytes)));
    let written = match dialect {
        Dialect::Yaml => {
            let text = source::text(bytes).map_err(|source| unreadable(path, source))?;
            read_yaml(&file, bytes, text)
        }
        Dialect::Keepalived => keepalived::read(&file, bytes),
        Dialect::Ldirectord => match yaml_already(&file, path, bytes) {
            Some(report) => return Err(LoadError::Invalid(report)),
            None => read_ldirectord(&file, bytes),
        },
    };
    judge(&Arc::new(written), memory)
}

fn unreadable(path: &Path, source: SourceError) -> LoadError {
    LoadError::Unreadable {
        file: Arc::from(path.to_string_lossy()),
        source,
        held: fingerprint(path),
    }
}

fn read_yaml(file: &Arc<str>, bytes: &[u8], text: &str) -> SourceText {
    let mut read = yaml::read(text, file);
    if let Some(definitions) = &mut read.definitions {
        for service in &mut definitions.services {
            // They are kept as long as the configuration is in force.
            service.real_servers.shrink_to_fit();
        }
        let findings = pem_files::read(definitions, &mut read.watched);
        pem_files::assign(&findings, &mut read.blocks, definitions);
        read.findings.extend(findings);
    }
    read.watched.extend(itself(file, bytes));
    SourceText {
        file: Arc::clone(file),
        dialect: Dialect::Yaml,
        text: Arc::from(text),
        included: read.texts,
        watched: read.watched,
        secret_files: Arc::new(read.secret_files),
        broken: read.broken,
        blocks: read.blocks,
        settings: read.settings,
        definitions: read.definitions.map(Arc::new),
        process: None,
        not_ours: Vec::new(),
        unfit: Vec::new(),
        diagnostics: read.findings,
    }
}

/// One finding in place of one for each line that is no directive.
fn yaml_already(file: &Arc<str>, path: &Path, bytes: &[u8]) -> Option<LoadReport> {
    let text = String::from_utf8_lossy(bytes);
    let (line, key) = Dialect::yaml_line(&text)?;
    let length = u32::try_from(key.len()).unwrap_or(1);
    let place = Place::new(file, line, 1, length);
    let hint = match path.extension().is_some_and(|ending| ending == "cf") {
        true => "rename it, so that its name ends in .yaml",
        false => "use it as it is",
    };
    let finding = Diagnostic::error(&place, "this is YAML already, not an ldirectord.cf");
    Some(LoadReport {
        file: Arc::clone(file),
        text: Arc::from(&*text),
        included: BTreeMap::new(),
        watched: itself(file, bytes),
        secret_files: Arc::default(),
        diagnostics: vec![finding.hint(hint)],
    })
}

/// The file itself among what is watched.
fn itself(file: &Arc<str>, bytes: &[u8]) -> Fingerprints {
    Fingerprints::from([(PathBuf::from(&**file), of_content(bytes))])
}

fn read_ldirectord(file: &Arc<str>, bytes: &[u8]) -> SourceText {
    let is_file = |path: &str| Path::new(path).is_file();
    let parsed = ldirectord_compat::parse(file, bytes, is_file);
    let mut diagnostics = parsed.unsupported();
    diagnostics.extend(parsed.diagnostics);
    diagnostics.extend(alerts::findings(&parsed.process));
    SourceText {
        file: Arc::clone(file),
        dialect: Dialect::Ldirectord,
        text: Arc::from(String::from_utf8_lossy(bytes)),
        included: BTreeMap::new(),
        watched: itself(file, bytes),
        secret_files: Arc::default(),
        broken: BTreeSet::new(),
        blocks: Vec::new(),
        settings: FileSettings::NONE,
        definitions: Some(Arc::new(parsed.definitions)),
        process: Some(parsed.process),
        not_ours: Vec::new(),
        unfit: parsed.unfit,
        diagnostics,
    }
}

/// Resolves names and validates, whatever was found before, so that all faults come in one run. Blocks while host names
/// are resolved.
///
/// # Errors
/// When there is no model.
pub fn judge(written: &Arc<SourceText>, memory: &LoadContext) -> Result<Loaded, LoadError> {
    let mut diagnostics = written.diagnostics.clone();
    let limits = NameLimits {
        every: written.settings.resolve_every.unwrap_or(NAMES_HOLD),
        wait: memory.name_wait,
    };
    let mut process = written.process.clone();
    let mut judged = written.definitions.as_ref().map(|written_definitions| {
        let mut definitions = Definitions::clone(written_definitions);
        diagnostics.append(&mut resolve(
            &mut definitions,
            written.dialect,
            &memory.names,
            limits,
        ));
        if let Some(process) = &mut process {
            let former = memory.former.as_deref();
            diagnostics.extend(put_aside(&written.unfit, &mut definitions, process, former));
            let kept = definitions.isolated.iter().filter(|block| block.kept > 0);
            diagnostics.extend(kept.map(remark));
        }
        // Most files have no names, and what is in memory once is not read twice.
        let definitions = match definitions == **written_definitions {
            true => Arc::clone(written_definitions),
            false => Arc::new(definitions),
        };
        let (model, mut found) = validate_shared(&definitions);
        diagnostics.append(&mut found);
        (model, definitions)
    });
    let has_errors = diagnostics.iter().any(Diagnostic::is_error);
    match &mut judged {
        Some((model, _)) if has_errors => *model = None,
        Some((_, definitions)) => diagnostics.extend(without_servers(definitions)),
        None => {}
    }
    if written.settings.isolate
        && let Some((None, definitions)) = &judged
    {
        let around = IsolationContext {
            blocks: &written.blocks,
            broken_files: &written.broken,
            findings: &diagnostics,
            of_reading: &written.diagnostics,
            texts: std::iter::once((&written.file, &*written.text))
                .chain(written.included.iter().map(|(file, text)| (file, &**text)))
                .collect(),
            former: memory.former.as_deref(),
        };
        if let Some((model, definitions, mut remarks)) = isolate(definitions, &around) {
            diagnostics.append(&mut remarks);
            judged = Some((Some(model), Arc::new(definitions)));
        }
    }
    // What several services share is judged with each of them; it is reported once.
    let mut seen = HashSet::new();
    diagnostics.retain(|finding| seen.insert((finding.place.clone(), finding.message.clone())));
    diagnostics.sort_by(|left, right| left.place.cmp(&right.place));
    let diagnostics = findings::first(diagnostics, findings::KEPT);
    let report = LoadReport {
        file: Arc::clone(&written.file),
        text: Arc::clone(&written.text),
        included: written.included.clone(),
        watched: written.watched.clone(),
        secret_files: Arc::clone(&written.secret_files),
        diagnostics,
    };
    let Some((Some(model), definitions)) = judged else {
        return Err(LoadError::Invalid(report));
    };
    Ok(Loaded {
        alerts: process
            .as_ref()
            .map(|process| alerts::of_ldirectord(process, &definitions, &model))
            .unwrap_or_default(),
        model: Arc::new(model),
        definitions,
        dialect: written.dialect,
        process,
        not_ours: written.not_ours.clone(),
        settings: written.settings,
        written: Some(Arc::clone(written)),
        report,
    })
}
