//! Golden files: cases as text, found below a directory, compared and, when `UPDATE=1` is set, written anew.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

/// Whether goldens are to be written in place of being compared.
pub(crate) fn updating() -> bool {
    std::env::var_os("UPDATE").is_some_and(|value| value == "1")
}

/// All files with this ending, in order.
pub(crate) fn files_below(root: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(directory) = open.pop() {
        for entry in fs::read_dir(&directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|e| e == ending) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// One case: sections that begin with `-- name --`. Sections other than those named here are files.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct Case {
    /// What it shows, in words.
    pub(crate) heading: String,
    /// Files by name.
    pub(crate) files: Vec<(String, String)>,
    /// The command, for the shell.
    pub(crate) command: String,
    /// Its exit status.
    pub(crate) status: i32,
    /// What it prints.
    pub(crate) stdout: String,
    /// What it complains of.
    pub(crate) stderr: String,
}

impl Case {
    /// The case that a text describes.
    pub(crate) fn parse(text: &str) -> Self {
        let mut case = Self::default();
        let mut sections: Vec<(String, String)> = vec![(String::new(), String::new())];
        for line in text.split_inclusive('\n') {
            let name = line
                .trim_end()
                .strip_prefix("-- ")
                .and_then(|rest| rest.strip_suffix(" --"));
            match name {
                Some(name) => sections.push((name.to_owned(), String::new())),
                None => sections.last_mut().unwrap().1.push_str(line),
            }
        }
        for (name, text) in sections {
            match name.as_str() {
                "" => case.heading = text,
                "command" => case.command = text,
                "status" => case.status = text.trim().parse().unwrap_or(-1),
                "stdout" => case.stdout = text,
                "stderr" => case.stderr = text,
                _ => case.files.push((name, text)),
            }
        }
        assert!(
            !case.command.is_empty(),
            "a case without a command:\n{text}"
        );
        case
    }

    /// What differs from the case as written.
    pub(crate) fn differences(&self, written: &Self) -> String {
        let mut shown = String::new();
        if self.status != written.status {
            shown += &format!("exit status {}, expected {}\n", self.status, written.status);
        }
        for (name, now, expected) in [
            ("stdout", &self.stdout, &written.stdout),
            ("stderr", &self.stderr, &written.stderr),
        ] {
            if now != expected {
                shown += &format!("{name}:\n{now}expected:\n{expected}");
            }
        }
        shown
    }
}

impl fmt::Display for Case {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.heading)?;
        for (name, text) in &self.files {
            write!(f, "-- {name} --\n{text}")?;
        }
        write!(f, "-- command --\n{}", self.command)?;
        writeln!(f, "-- status --\n{}", self.status)?;
        write!(f, "-- stdout --\n{}", self.stdout)?;
        write!(f, "-- stderr --\n{}", self.stderr)
    }
}
