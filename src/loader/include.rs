//! What an `include` names: a file, the YAML files of a directory, or those that fit a pattern. It finds files, and its
//! callers read them.

use std::path::{Path, PathBuf};

use super::file_watch::{Fingerprints, fingerprint};
use super::source::SourceError;

/// The files that an include names, in the order of their names, and the directories where more may appear, with what they
/// held.
#[derive(Debug, Default)]
pub(super) struct Named {
    pub(super) files: Vec<PathBuf>,
    pub(super) directories: Fingerprints,
}

/// Why an include names nothing.
#[derive(Debug)]
pub(super) enum IncludeFault {
    /// The pattern cannot be understood.
    Pattern(String),
    /// A directory cannot be read.
    Directory(PathBuf, SourceError),
}

/// What is named by `written` in a file of this directory.
pub(super) fn named(written: &str, beside: &Path) -> Result<Named, IncludeFault> {
    let path = beside.join(written);
    if path.is_dir() {
        return directory(&path);
    }
    files(written, beside)
}

/// The same without directories.
pub(super) fn files(written: &str, beside: &Path) -> Result<Named, IncludeFault> {
    let path = beside.join(written);
    if written.contains(['*', '?', '[']) {
        return pattern(&path);
    }
    Ok(Named {
        files: vec![path],
        directories: Fingerprints::new(),
    })
}

fn directory(path: &Path) -> Result<Named, IncludeFault> {
    // Before it is read, so that what comes later is seen to have come later.
    let directories = Fingerprints::from([(path.to_owned(), fingerprint(path))]);
    let fault = |error| IncludeFault::Directory(path.to_owned(), SourceError::from(error));
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(fault)? {
        let file = entry.map_err(fault)?.path();
        let is_yaml = file
            .extension()
            .is_some_and(|ending| ending == "yaml" || ending == "yml");
        if is_yaml && !is_hidden(&file) {
            files.push(file);
        }
    }
    files.sort();
    Ok(Named { files, directories })
}

fn pattern(path: &Path) -> Result<Named, IncludeFault> {
    let fixed = fixed_part(path);
    let mut directories = Fingerprints::from([(fixed.clone(), fingerprint(&fixed))]);
    let text = path.to_string_lossy();
    let found = glob::glob(&text).map_err(|error| IncludeFault::Pattern(error.to_string()))?;
    let mut files = Vec::new();
    for entry in found {
        let file = entry.map_err(|error| {
            let path = error.path().to_owned();
            IncludeFault::Directory(path, SourceError::from(std::io::Error::from(error)))
        })?;
        if !is_hidden(&file) {
            files.push(file);
        }
    }
    if !fixed.is_dir() {
        let missing = std::io::Error::from(std::io::ErrorKind::NotFound);
        return Err(IncludeFault::Directory(fixed, SourceError::from(missing)));
    }
    for directory in files.iter().filter_map(|file| file.parent()) {
        let held = || fingerprint(directory);
        directories.entry(directory.to_owned()).or_insert_with(held);
    }
    Ok(Named { files, directories })
}

/// The directories of a pattern before its first wildcard.
fn fixed_part(path: &Path) -> PathBuf {
    let fixed = path
        .parent()
        .into_iter()
        .flat_map(Path::components)
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .collect::<PathBuf>();
    match fixed.as_os_str().is_empty() {
        true => PathBuf::from("."),
        false => fixed,
    }
}

/// Editors keep files by such names beside those that they edit.
fn is_hidden(file: &Path) -> bool {
    file.file_name()
        .is_some_and(|name| name.to_string_lossy().starts_with('.'))
}
