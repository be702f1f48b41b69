//! One golden case as a text file: what it shows, the files it needs, a command, and what that must print.

use std::fmt;

/// One case: sections that begin with `-- name --`. Sections other than those named here are files.
#[derive(Debug, Clone, PartialEq, Default)]
pub(crate) struct CliCase {
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

impl CliCase {
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

impl fmt::Display for CliCase {
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
