//! Reads the files of certificates and private keys that checks name. Each file is read once for a reading of the
//! configuration, and each fault of one is one finding for the place that names it.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use director_core::definitions::{Definitions, Placed, TlsFilesDefinition};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::{PemFile, Secret};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;

use super::file_watch::{Fingerprints, fingerprint, of_content};
use super::yaml::Block;
use crate::regular_file;

/// Bytes of a file at most. The certificates of all public authorities take a quarter of a mebibyte.
const LIMIT: u64 = 4 << 20;

/// A file that has been read, or why it cannot be.
type PemText = Result<Secret, String>;

/// What a file is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PemUse {
    /// One certificate or more.
    Certificates,
    /// A private key.
    Key,
}

struct PemFiles<'a> {
    read: BTreeMap<PathBuf, PemText>,
    watched: &'a mut Fingerprints,
    findings: Vec<Diagnostic>,
}

/// Puts the texts of all files into the definitions. A file is watched whether it can be read or not.
pub(super) fn read(definitions: &mut Definitions, watched: &mut Fingerprints) -> Vec<Diagnostic> {
    let mut files = PemFiles {
        read: BTreeMap::new(),
        watched,
        findings: Vec::new(),
    };
    for service in &mut definitions.services {
        for tls in service.pem_files_mut() {
            files.fill(tls);
        }
    }
    files.findings
}

/// Reports the findings with the service that each belongs to.
pub(super) fn assign(findings: &[Diagnostic], blocks: &mut [Block], definitions: &Definitions) {
    if findings.is_empty() {
        return;
    }
    for block in blocks {
        let services = definitions.services.get(block.services.clone());
        for service in services.unwrap_or_default() {
            let places: Vec<Place> = (service.clone().pem_files_mut())
                .flat_map(TlsFilesDefinition::files_mut)
                .map(|file| file.place.clone())
                .collect();
            let own = findings.iter().filter(|one| places.contains(&one.place));
            block.findings.extend(own.cloned());
        }
    }
}

/// The paths of all files, and whether each holds a key.
pub(super) fn paths(definitions: &Definitions) -> BTreeMap<PathBuf, bool> {
    let mut paths = BTreeMap::new();
    for service in &definitions.services {
        for tls in service.clone().pem_files_mut() {
            for file in tls.ca.iter().chain(&tls.certificate) {
                paths.entry(path_of(file)).or_insert(false);
            }
            if let Some(key) = &tls.key {
                paths.insert(path_of(key), true);
            }
        }
    }
    paths
}

/// Where a file is that a configuration file names: beside that one unless the path is absolute.
fn path_of(file: &Placed<PemFile>) -> PathBuf {
    let beside = Path::new(&*file.place.file).parent();
    beside.unwrap_or(Path::new("")).join(&file.value.path)
}

impl PemFiles<'_> {
    fn fill(&mut self, tls: &mut TlsFilesDefinition) {
        let parts = [
            (&mut tls.ca, PemUse::Certificates),
            (&mut tls.certificate, PemUse::Certificates),
            (&mut tls.key, PemUse::Key),
        ];
        let mut complete = true;
        for (file, purpose) in parts {
            let Some(file) = file else { continue };
            match self.content(file).and_then(|text| fitting(text, purpose)) {
                Ok(text) => file.value.text = text,
                Err(why) => {
                    complete = false;
                    let message = format!("{}: {why}", file.value.path);
                    self.report(
                        &file.place,
                        message,
                        "check the path, the mode and the content of the file",
                    );
                }
            }
        }
        if let (true, Some(certificate), Some(key)) = (complete, &tls.certificate, &tls.key)
            && !belong_together(&certificate.value.text, &key.value.text)
        {
            let (key_file, path) = (&key.value.path, &certificate.value.path);
            let message = format!("{key_file}: it is not the key of the certificate in {path}");
            self.report(
                &key.place,
                message,
                "name the key that the certificate was made for",
            );
        }
    }

    fn report(&mut self, place: &Place, message: String, hint: &str) {
        let finding = Diagnostic::error(place, message).hint(hint);
        if !self.findings.contains(&finding) {
            self.findings.push(finding);
        }
    }

    fn content(&mut self, file: &Placed<PemFile>) -> PemText {
        let path = path_of(file);
        if let Some(known) = self.read.get(&path) {
            return known.clone();
        }
        let bytes = regular_file::read(&path, LIMIT);
        let held = bytes
            .as_ref()
            .map_or_else(|_| fingerprint(&path), |bytes| of_content(bytes));
        self.watched.insert(path.clone(), held);
        let content = text_of(bytes);
        self.read.insert(path, content.clone());
        content
    }
}

fn text_of(bytes: io::Result<Vec<u8>>) -> PemText {
    let bytes = bytes.map_err(|error| format!("cannot read it: {}", words(&error)))?;
    let text = String::from_utf8(bytes).map_err(|_| "it is not in PEM".to_owned())?;
    Ok(Secret::new(text))
}

/// Reads a file for this use.
///
/// # Errors
/// What is wrong with the file, in words for the operator.
pub fn read_pem(path: &Path, purpose: PemUse) -> Result<Secret, String> {
    fitting(text_of(regular_file::read(path, LIMIT))?, purpose)
}

/// The words of an error without its number.
fn words(error: &io::Error) -> String {
    let text = error.to_string();
    let words = text.split(" (os error").next().unwrap_or_default();
    words.to_lowercase()
}

/// The text if it can be used like this.
fn fitting(text: Secret, purpose: PemUse) -> PemText {
    match purpose {
        PemUse::Certificates => match X509::stack_from_pem(text.reveal().as_bytes()) {
            Ok(found) if !found.is_empty() => Ok(text),
            _ => Err("it has no certificate in PEM".to_owned()),
        },
        PemUse::Key => key_in(&text).map(|_| text),
    }
}

/// The key in a file. One with a passphrase is refused, so that no library waits for a person to type it.
fn key_in(text: &Secret) -> Result<PKey<Private>, String> {
    let mut is_encrypted = false;
    let key = PKey::private_key_from_pem_callback(text.reveal().as_bytes(), |_| {
        is_encrypted = true;
        Err(ErrorStack::get())
    });
    key.map_err(|_| match is_encrypted {
        true => {
            "its key has a passphrase; remove it with openssl pkey -in FILE -out NEW".to_owned()
        }
        false => "it has no private key in PEM".to_owned(),
    })
}

fn belong_together(certificate: &Secret, key: &Secret) -> bool {
    let public = X509::from_pem(certificate.reveal().as_bytes())
        .and_then(|certificate| certificate.public_key());
    match (public, key_in(key)) {
        (Ok(public), Ok(key)) => key.public_eq(&public),
        _ => false,
    }
}

#[cfg(test)]
#[path = "pem_files_tests.rs"]
mod tests;
