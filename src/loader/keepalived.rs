//! Reads a `keepalived.conf` and its includes.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;

use director_core::definitions::{Definitions, ListenDefinition, PortDefinition};
use keepalived_compat::IncludedFile;
use nix::unistd::gethostname;

use super::file_watch::{Fingerprints, fingerprint, of_content};
use super::include::{self, IncludeFault};
use super::yaml::Block;
use super::{Dialect, FileSettings, SourceText, itself, pem_files, source};

/// The file as definitions not yet judged. A service that cannot be as it is written does not disable the others: keepalived
/// runs with what it understands.
pub(super) fn read(file: &Arc<str>, bytes: &[u8]) -> SourceText {
    let mut watched = itself(file, bytes);
    let mut include = |pattern: &str, including: &str| included(pattern, including, &mut watched);
    let parsed = keepalived_compat::parse(file, bytes, &config_id(), &mut include);
    let mut definitions = parsed.definitions;
    let mut blocks = blocks(&definitions);
    let mut diagnostics = parsed.diagnostics;
    let findings = pem_files::read(&mut definitions, &mut watched);
    pem_files::assign(&findings, &mut blocks, &definitions);
    diagnostics.extend(findings);
    SourceText {
        file: Arc::clone(file),
        dialect: Dialect::Keepalived,
        text: Arc::from(String::from_utf8_lossy(bytes)),
        included: parsed.included,
        watched,
        secret_files: Arc::default(),
        broken: BTreeSet::new(),
        blocks,
        settings: FileSettings {
            isolate: true,
            ..FileSettings::NONE
        },
        definitions: Some(Arc::new(definitions)),
        process: None,
        unfit: Vec::new(),
        not_ours: parsed.not_ours,
        diagnostics,
    }
}

/// What lines beginning with `@` are for, as keepalived has it: the name of this host up to the first dot.
fn config_id() -> String {
    let name = gethostname().ok().and_then(|name| name.into_string().ok());
    let name = name.unwrap_or_default();
    name.split('.').next().unwrap_or_default().to_owned()
}

/// The files of an include, relative to the file that it stands in.
fn included(pattern: &str, including: &str, watched: &mut Fingerprints) -> Vec<IncludedFile> {
    let beside = Path::new(including).parent().unwrap_or(Path::new(""));
    let named = match include::files(pattern, beside) {
        Ok(named) => named,
        Err(IncludeFault::Pattern(fault)) => return vec![unreadable(pattern.to_owned(), fault)],
        Err(IncludeFault::Directory(path, error)) => {
            watched.insert(path.clone(), fingerprint(&path));
            if let source::SourceError::Missing(_) = error {
                return Vec::new();
            }
            return vec![unreadable(path.display().to_string(), error.to_string())];
        }
    };
    watched.extend(named.directories);
    let mut files = Vec::new();
    for path in named.files {
        let name = path.to_string_lossy().into_owned();
        match source::read(&path) {
            Ok(bytes) => {
                watched.insert(path, of_content(&bytes));
                files.push(IncludedFile {
                    name,
                    content: Ok(bytes),
                });
            }
            Err(error) => {
                watched.insert(path.clone(), fingerprint(&path));
                match error {
                    // keepalived goes on without it, and so does the caller, who says so.
                    source::SourceError::Missing(_) => {}
                    source::SourceError::Empty => {}
                    error => files.push(unreadable(name, error.to_string())),
                }
            }
        }
    }
    files
}

fn unreadable(name: String, fault: String) -> IncludedFile {
    IncludedFile {
        name,
        content: Err(fault),
    }
}

/// Each service by itself.
fn blocks(definitions: &Definitions) -> Vec<Block> {
    let services = definitions.services.iter().enumerate();
    services
        .map(|(index, service)| Block {
            name: None,
            shown: format!("the virtual_server {}", listening(&service.listen.value)),
            place: service.place.clone(),
            services: index..index + 1,
            findings: Vec::new(),
        })
        .collect()
}

/// What a service listens on, in the words of the file.
fn listening(listen: &ListenDefinition) -> String {
    match listen {
        ListenDefinition::Address {
            host,
            port: PortDefinition::Number(port),
            ..
        } => format!("{host} {port}"),
        ListenDefinition::Address { host, .. } => host.to_string(),
        ListenDefinition::Mark { mark, .. } => format!("fwmark {mark}"),
    }
}
