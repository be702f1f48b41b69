//! Says which files of a configuration other users can write, or can read though there are secrets in them. Files that hold
//! a secret and nothing else are files of the configuration too.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::sync::Arc;

use director_core::diagnostic::{Diagnostic, Place};

use super::Loaded;

/// What all users may do (inode(7)).
const WRITABLE_BY_ALL: u32 = 0o002;
const READABLE_BY_ALL: u32 = 0o004;
/// Only the owner of a file may remove it from a directory with this bit.
const STICKY: u32 = 0o1000;

/// Findings about the modes of the files, those that all users can write first.
#[must_use]
pub fn exposure(loaded: &Loaded) -> Vec<Diagnostic> {
    let has_secrets = loaded.definitions.has_secrets();
    let files = loaded.report.watched.keys();
    let mut findings: Vec<Diagnostic> = files
        .filter_map(|path| {
            let content = match loaded.report.secret_files.contains(path) {
                true => FileContent::Secret,
                false if has_secrets => FileContent::WithSecrets,
                false => FileContent::Plain,
            };
            finding(path, content)
        })
        .collect();
    findings.sort_by_key(|finding| !finding.is_error());
    findings
}

/// What a file holds.
#[derive(Clone, Copy, PartialEq)]
enum FileContent {
    /// Nothing that others must not know.
    Plain,
    /// Perhaps one of the secrets of the configuration.
    WithSecrets,
    /// A secret.
    Secret,
}

fn finding(path: &Path, content: FileContent) -> Option<Diagnostic> {
    // Symbolic links lead to the file whose mode counts.
    let about = fs::metadata(path).ok()?;
    let mode = about.mode() & 0o7777;
    let shown: Arc<str> = Arc::from(path.to_string_lossy());
    let place = Place::whole_file(&shown);
    if mode & WRITABLE_BY_ALL != 0 && (about.is_file() || mode & STICKY == 0) {
        let what = if about.is_file() {
            "this file"
        } else {
            "files of this directory"
        };
        let message = format!("all users can change {what} (mode {mode:04o})");
        return Some(
            Diagnostic::error(&place, message).hint("run chmod o-w, and check the content"),
        );
    }
    let (why, fix) = match content {
        FileContent::Plain => return None,
        FileContent::WithSecrets => (
            "the configuration holds secrets",
            "run chmod o-r; mode 0640 is usual",
        ),
        FileContent::Secret => ("it holds a secret", "run chmod o-r; mode 0600 is usual"),
    };
    (about.is_file() && mode & READABLE_BY_ALL != 0).then(|| {
        let message = format!("all users can read this file (mode {mode:04o}), and {why}");
        Diagnostic::warning(&place, message).hint(fix)
    })
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn findings(mode: u32, check: &str) -> Vec<String> {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("a.yaml");
        let text = format!(
            "services: [{{listen: 'tcp://192.0.2.1:143', forwarding: nat, check: {check}, real_servers: [10.0.0.1]}}]"
        );
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let found = exposure(&crate::loader::load(&path).unwrap());
        let line = |finding: &Diagnostic| format!("{} {}", finding.is_error(), finding.message);
        found.iter().map(line).collect()
    }

    #[test]
    fn a_file_that_all_can_write_is_an_error() {
        let written = "true all users can change this file (mode 0666)";
        assert_eq!(findings(0o666, "tcp"), [written]);
        assert_eq!(findings(0o664, "tcp"), Vec::<String>::new());
    }

    #[test]
    fn a_file_that_all_can_read_is_a_warning_where_it_holds_secrets() {
        let readable =
            "false all users can read this file (mode 0644), and the configuration holds secrets";
        for check in [
            "{imap: {login: probe, password: opensesame}}",
            "{http: {path: 'http://probe:opensesame@192.0.2.9/'}}",
        ] {
            assert_eq!(findings(0o644, check), [readable], "{check}");
            assert_eq!(findings(0o640, check), Vec::<String>::new());
        }
        assert_eq!(findings(0o644, "tcp"), Vec::<String>::new());
    }

    #[test]
    fn a_secret_in_a_file_of_its_own_leaves_the_configuration_readable() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("db.password");
        fs::write(&path, "opensesame\n").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let check = format!(
            "{{imap: {{login: probe, password: {{file: {}}}}}}}",
            path.display()
        );
        let readable = "false all users can read this file (mode 0644), and it holds a secret";
        assert_eq!(findings(0o644, &check), [readable]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o602)).unwrap();
        let written = "true all users can change this file (mode 0602)";
        assert_eq!(findings(0o644, &check), [written]);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(findings(0o644, &check), Vec::<String>::new());
    }

    #[test]
    fn only_headers_that_carry_credentials_make_a_file_secret() {
        let accept = "{http: {headers: {Accept: text/html}}}";
        assert_eq!(findings(0o644, accept), Vec::<String>::new());
        for check in [
            "{http: {headers: {X-API-Key: opensesame}}}",
            "{http: {bearer: opensesame}}",
            "{http: {login: probe, password: opensesame}}",
        ] {
            assert_eq!(findings(0o644, check).len(), 1, "{check}");
        }
    }
}
