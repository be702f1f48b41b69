//! Secrets that the configuration only names: a file or an environment variable holds them. Each file is read once.

use std::collections::BTreeMap;
use std::env;
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};

use director_core::definitions::Placed;
use director_core::model::{Secret, SecretSource};

use super::mapping::{Input, Takes};
use super::reader::Reader;
use super::rows::{access, mapping};
use crate::loader::file_watch::{self, Fingerprints};
use crate::regular_file;

/// Bytes that a secret may have, as any other value.
const LONGEST: u64 = 64 << 10;

/// Where a secret is, as written.
#[derive(Default)]
pub(super) struct WrittenSource {
    file: Option<Placed<String>>,
    env: Option<Placed<String>>,
}

mapping! {
    /// A secret that is kept elsewhere.
    SOURCE: WrittenSource = "secret_source", "a secret", |_| WrittenSource::default(), None;
    opt(file) "file" = "/etc/ipvsd/db.password", or "none; required without `env`",
        "File that holds the secret and nothing else. ipvsd cuts a line break at its end. A relative path starts at the \
         directory of the configuration file. ipvsd reads the file at start and at each reload, and watches it with \
         `director.reload_on_change`.";
    opt(env) "env" = "DB_PASSWORD", or "none; instead of `file`",
        "Environment variable of ipvsd that holds the secret. `ipvsctl check` reads its own environment. A change needs \
         a restart of ipvsd, so prefer `file`.";
}

/// What may stand as a secret.
pub(super) fn takes() -> Takes {
    Takes::Either(vec![Takes::Text, Takes::Mapping(&SOURCE)])
}

/// The files that secrets were read from.
#[derive(Default)]
pub(super) struct SecretFiles {
    texts: BTreeMap<PathBuf, Result<String, String>>,
    /// What the files held.
    pub(super) held: Fingerprints,
}

/// The secret that a mapping names.
pub(super) fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Secret> {
    let place = &input.node.place;
    match SOURCE.read(input, reader)? {
        WrittenSource {
            file: Some(file),
            env: None,
        } => of_file(&file, reader),
        WrittenSource {
            file: None,
            env: Some(name),
        } => of_env(&name, reader),
        WrittenSource { file, .. } => {
            let message = match file {
                Some(_) => "a secret has one source, and file and env are both set",
                None => "this secret has no source",
            };
            let hint = "write {file: /etc/ipvsd/db.password} or {env: DB_PASSWORD}";
            reader.error(place, message, hint);
            None
        }
    }
}

fn of_file(file: &Placed<String>, reader: &mut Reader) -> Option<Secret> {
    let directory = Path::new(&*file.place.file).parent();
    let path = directory.unwrap_or(Path::new("")).join(&file.value);
    match reader.secret_files.text(&path) {
        Ok(text) => {
            let source = SecretSource::File(file.value.clone());
            Some(Secret::read_from(source, text))
        }
        Err(fault) => {
            let message = format!("the secret in {} cannot be read: {fault}", path.display());
            let hint = "write the secret to this file, readable by the user of ipvsd only, or correct the path";
            reader.error(&file.place, message, hint);
            None
        }
    }
}

fn of_env(name: &Placed<String>, reader: &mut Reader) -> Option<Secret> {
    let shown = &name.value;
    let fault = match env::var(shown) {
        Ok(text) if !text.is_empty() => {
            let source = SecretSource::Env(shown.clone());
            return Some(Secret::read_from(source, text));
        }
        Ok(_) => "is empty",
        Err(env::VarError::NotPresent) => "is not set",
        Err(env::VarError::NotUnicode(_)) => "is not UTF-8",
    };
    reader.error(
        &name.place,
        format!("the environment variable {shown} {fault}"),
        "set it for ipvsd, such as by EnvironmentFile= of its unit, and for ipvsctl check; or use file",
    );
    None
}

impl SecretFiles {
    fn text(&mut self, path: &Path) -> Result<String, String> {
        if let Some(known) = self.texts.get(path) {
            return known.clone();
        }
        let (text, held) = match regular_file::read(path, LONGEST) {
            Ok(bytes) => (secret_in(&bytes), file_watch::of_content(&bytes)),
            Err(error) => (Err(words(&error)), file_watch::fingerprint(path)),
        };
        self.held.insert(path.to_owned(), held);
        self.texts.insert(path.to_owned(), text.clone());
        text
    }
}

fn words(error: &io::Error) -> String {
    match error.kind() {
        ErrorKind::NotFound | ErrorKind::NotADirectory => "it does not exist".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        _ => error.to_string(),
    }
}

/// The text of a file without the line break that editors and `echo` put at its end.
fn secret_in(bytes: &[u8]) -> Result<String, String> {
    let text = std::str::from_utf8(bytes).map_err(|_| "it is not UTF-8".to_owned())?;
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    match text {
        "" => Err("it is empty".to_owned()),
        text => Ok(text.to_owned()),
    }
}

/// A secret as it is written: where it is, or the secret itself. Moving a file from one form to the other moves its
/// credentials too.
pub(super) fn print(secret: &Secret) -> String {
    let quoted = super::print::quoted;
    match secret.source() {
        Some(SecretSource::File(path)) => format!("{{file: {}}}", quoted(path)),
        Some(SecretSource::Env(name)) => format!("{{env: {}}}", quoted(name)),
        None => quoted(secret.reveal()),
    }
}

#[cfg(test)]
#[path = "secrets_tests.rs"]
mod tests;
