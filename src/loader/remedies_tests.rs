//! Every remedy in a finding is accepted by the same program: what a hint says to write, put where the finding is, makes the finding go
//! and brings no other error. The faulty files are those of `tests/cli`, and of `FAULTY` for findings that no case there has.

#[expect(dead_code, reason = "this test needs the files of a case only")]
#[path = "../../tests/golden/case.rs"]
mod case;
mod edits;
mod hints;

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use case::CliCase;
use director_core::diagnostic::Diagnostic;
use edits::edited;
use hints::{Followed, Remedy};

use super::{LoadContext, LoadError, NameCache, load_with};

/// Files of one faulty configuration; the first is the one to load.
struct Faulty {
    name: String,
    files: Vec<(String, String)>,
}

impl Faulty {
    /// The findings, with `text` in the place of one of its files.
    fn findings(&self, changed: Option<(&str, &str)>) -> Vec<Diagnostic> {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in &self.files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let text = changed
                .filter(|(file, _)| file == name)
                .map_or(text.as_str(), |(_, text)| text);
            fs::write(path, text).unwrap();
        }
        let memory = LoadContext {
            names: NameCache::known_by(|_, _| Ok(vec!["10.0.0.250".parse().unwrap()])),
            ..LoadContext::default()
        };
        let mut found = match load_with(&directory.path().join(&self.files[0].0), None, &memory) {
            Ok(loaded) => loaded.report.diagnostics,
            Err(LoadError::Invalid(report)) => report.diagnostics,
            Err(_) => Vec::new(),
        };
        let prefix = format!("{}/", directory.path().display());
        for finding in &mut found {
            finding.place.file = finding.place.file.replace(&prefix, "").into();
            finding.message = finding.message.replace(&prefix, "");
            finding.hint = finding.hint.take().map(|hint| hint.replace(&prefix, ""));
        }
        found
    }

    /// Whether the remedy, put where the finding is, makes it go and brings no other error.
    fn is_mended_by(&self, finding: &Diagnostic, remedy: &Remedy, before: &[Diagnostic]) -> bool {
        let file = &*finding.place.file;
        let Some((_, text)) = self.files.iter().find(|(name, _)| name == file) else {
            return false;
        };
        let same = |found: &[Diagnostic]| {
            let same = found
                .iter()
                .filter(|other| other.message == finding.message);
            same.count()
        };
        edited(text, &finding.place, remedy).iter().any(|text| {
            let after = self.findings(Some((file, text)));
            let other = |found: &Diagnostic| {
                found.is_error() && !before.iter().any(|old| old.message == found.message)
            };
            same(&after) < same(before) && !after.iter().any(other)
        })
    }
}

fn faulty_files() -> Vec<Faulty> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let mut all = Vec::new();
    for folder in ["check-yaml", "check-cf", "plan"] {
        let entries = fs::read_dir(root.join(folder)).unwrap();
        let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
        paths.sort();
        for path in paths {
            let case = CliCase::parse(&fs::read_to_string(&path).unwrap());
            let words: BTreeSet<&str> = case.command.split_whitespace().collect();
            for (position, (name, _)) in case.files.iter().enumerate() {
                if words.contains(name.as_str()) {
                    let mut files = case.files.clone();
                    files.swap(0, position);
                    all.push(Faulty {
                        name: format!("{folder}/{}", path.file_name().unwrap().display()),
                        files,
                    });
                }
            }
        }
    }
    all
}

#[test]
fn every_remedy_is_accepted() {
    let followed = Followed::read();
    let (mut refused, mut tried, mut seen, mut used) =
        (Vec::new(), 0, BTreeSet::new(), BTreeSet::new());
    for faulty in faulty_files() {
        let before = faulty.findings(None);
        for finding in &before {
            let Some(hint) = &finding.hint else { continue };
            let subject = finding.message.split(' ').next().map(str::to_owned);
            if !seen.insert((hint.clone(), subject)) {
                continue;
            }
            let (remedies, known) = followed.remedies(&faulty.name, hint);
            used.extend(known.map(str::to_owned));
            if remedies.is_empty() {
                refused.push(format!(
                    "{}: {finding}: it says nothing to write",
                    faulty.name
                ));
            }
            let mended = |remedy: &Remedy| faulty.is_mended_by(finding, remedy, &before);
            let (exchanges, others): (Vec<Remedy>, Vec<Remedy>) = remedies
                .into_iter()
                .partition(|remedy| matches!(remedy, Remedy::Exchange(..)));
            tried += exchanges.len() + others.len();
            let mut bad: Vec<&Remedy> = others.iter().filter(|remedy| !mended(remedy)).collect();
            if !exchanges.is_empty() && !exchanges.iter().any(mended) {
                bad.extend(&exchanges);
            }
            if !bad.is_empty() {
                refused.push(format!("{}: {finding}: {bad:?}", faulty.name));
            }
        }
    }
    let unused: Vec<&str> = followed
        .beginnings()
        .filter(|start| !used.contains(*start))
        .collect();
    assert!(unused.is_empty(), "no finding has these hints: {unused:?}");
    assert!(tried > 150, "only {tried} remedies");
    assert!(
        refused.is_empty(),
        "of {tried}, {} are refused:\n{}",
        refused.len(),
        refused.join("\n")
    );
}
