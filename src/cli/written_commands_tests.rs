//! Every command line of ipvsctl that a message, a document or an example names is accepted by ipvsctl.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Parser;
use clap::error::ErrorKind;

use super::args::Ipvsctl;

/// Where command lines stand, with the fewest that are there. docs/cli.md is made of the help, whose examples have a test.
const PLACES: &[(&str, &[&str], usize)] = &[
    ("docs", &["md"], 50),
    ("examples", &["yaml", "cf"], 3),
    ("dist", &["service", "sh", "md", "yaml"], 0),
    ("tests/lab", &["md"], 20),
];

fn files_below(directory: &Path, endings: &[&str], files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files_below(&path, endings, files);
        } else if endings
            .iter()
            .any(|ending| path.extension().is_some_and(|own| own == *ending))
        {
            files.push(path);
        }
    }
}

/// The command lines of a text: those in backticks, those that a line begins with, and those after a colon.
fn commands(text: &str) -> Vec<String> {
    let text = text.replace("\\\n", " ");
    let mut found = Vec::new();
    for line in text.lines().map(str::trim) {
        found.extend(line.split('`').skip(1).step_by(2).map(str::to_owned));
        if line.contains('`') {
            continue;
        }
        let bare = line.strip_prefix("director# ").unwrap_or(line);
        let bare = bare.trim_start_matches(['#', ' ', '$']);
        if bare.starts_with("ipvsctl ") {
            found.push(bare.to_owned());
        } else if let Some((_, command)) = line.split_once(": ipvsctl ") {
            found.push(format!("ipvsctl {command}"));
        }
    }
    let is_literal = |command: &String| {
        let placeholder =
            |word: &str| word.len() > 1 && word.chars().all(|letter| letter.is_ascii_uppercase());
        command.starts_with("ipvsctl ")
            && !command.contains(['{', '…', '<', '['])
            && !command.split_whitespace().any(placeholder)
    };
    found.retain(is_literal);
    found
}

/// The words of a command as a shell splits them, up to what ends it.
fn words(command: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    for (part, text) in command.split(['\'', '"']).enumerate() {
        if part % 2 == 1 {
            words.push(text.to_owned());
        } else {
            words.extend(text.split_whitespace().map(str::to_owned));
        }
    }
    let ends = |word: &String| ["|", "||", "&&", ">", "#", "prints", "or"].contains(&word.as_str());
    let end = words.iter().position(ends).unwrap_or(words.len());
    let last = words.iter().position(|word| word.ends_with(';'));
    words.truncate(last.map_or(end, |last| end.min(last + 1)));
    words.retain(|word| !word.is_empty());
    for word in &mut words {
        while word.ends_with([';', ',', '.']) {
            word.pop();
        }
    }
    words
}

#[test]
fn every_written_command_is_accepted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut refused = Vec::new();
    for (place, endings, fewest) in PLACES {
        let mut files = Vec::new();
        files_below(&root.join(place), endings, &mut files);
        files.retain(|file| !file.ends_with("docs/cli.md"));
        files.sort();
        let mut count = 0;
        for file in files {
            for command in commands(&fs::read_to_string(&file).unwrap()) {
                count += 1;
                if let Some(reason) = refusal(&command) {
                    let file = file.strip_prefix(root).unwrap().display();
                    refused.push(format!("{file}: {command}: {reason}"));
                }
            }
        }
        assert!(count >= *fewest, "only {count} commands in {place}");
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
}

/// Why ipvsctl does not accept a command. A text may name a command or an option without the arguments that belong to it.
fn refusal(command: &str) -> Option<String> {
    let error = Ipvsctl::try_parse_from(words(command)).err()?;
    let is_named = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayVersion
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::MissingRequiredArgument
    );
    let text = error.to_string();
    (!is_named).then(|| text.lines().next().unwrap_or_default().to_owned())
}
