//! The documents keep their promises: short sentences, a short README, links that lead somewhere, the commands that exist,
//! and every command of a `console` block prints what stands below it. `UPDATE=1 cargo test --test documents` rewrites
//! the outputs and docs/cli.md; read the difference before you commit it.
//!
//! A fence such as ```` ```yaml web.yaml ```` also writes its block to that file of the page's scratch directory. In a
//! `console` block a line that starts with `$ ` is a command, and a line `…` stands for any number of lines. Blocks in other
//! languages are not run: they need a kernel, root or a running daemon.

#![cfg(test)]

mod golden;
#[path = "documents/scenarios.rs"]
mod scenarios;
mod security_policy;

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use golden::{files_below, updating};

/// Most words in README.md, tables and code left out.
const README_WORDS: usize = 900;
/// Most words a sentence, on average over all pages.
const WORDS_A_SENTENCE: f64 = 17.0;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// README.md, SECURITY.md and the pages of the guide and the reference. The decision records are history and are not counted.
fn pages() -> Vec<PathBuf> {
    let mut pages = ["README.md", "SECURITY.md"]
        .map(|page| root().join(page))
        .to_vec();
    pages.extend(files_below(&root().join("docs"), "md"));
    pages.retain(|page| !page.components().any(|part| part.as_os_str() == "adr"));
    pages.sort();
    pages
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap()
}

/// The paragraphs and list items of a page: no code, no table, no heading.
fn prose(text: &str) -> Vec<String> {
    let mut found = vec![String::new()];
    let mut in_code = false;
    for line in text.lines() {
        let line = line.trim();
        if line.starts_with("```") {
            in_code = !in_code;
            found.push(String::new());
            continue;
        }
        let skipped = in_code || line.is_empty() || line.starts_with('|') || line.starts_with('#');
        if skipped {
            found.push(String::new());
            continue;
        }
        let number = line.trim_start_matches(|digit: char| digit.is_ascii_digit());
        if line.starts_with("- ") || (number.len() < line.len() && number.starts_with(". ")) {
            found.push(String::new());
        }
        let last = found.last_mut().unwrap();
        write!(last, "{line} ").unwrap();
    }
    found.retain(|part| part.split_whitespace().count() > 1);
    found
}

/// Words of each sentence. A sentence ends with a full stop, a question mark or its paragraph.
fn sentences(text: &str) -> Vec<usize> {
    let mut found = Vec::new();
    for part in prose(text) {
        let mut words = 0;
        for word in part.split_whitespace() {
            words += usize::from(word.chars().any(char::is_alphanumeric));
            let bare = word.trim_end_matches(['*', '`', ')', '"']);
            if bare.ends_with(['.', '?', '!']) {
                found.push(words);
                words = 0;
            }
        }
        found.push(words);
    }
    found.retain(|words| *words > 0);
    found
}

#[test]
fn sentences_are_short() {
    let (mut words, mut count) = (0, 0);
    let mut report = String::new();
    for page in pages() {
        let lengths = sentences(&read(&page));
        let sum: usize = lengths.iter().sum();
        words += sum;
        count += lengths.len();
        let mean = sum as f64 / lengths.len().max(1) as f64;
        writeln!(report, "{mean:5.1}  {}", page.display()).unwrap();
    }
    let mean = words as f64 / count as f64;
    assert!(
        mean <= WORDS_A_SENTENCE,
        "{mean:.1} words a sentence:\n{report}"
    );
}

#[test]
fn the_readme_is_short() {
    let words = read(&root().join("README.md")).split_whitespace().count();
    assert!(words < README_WORDS, "README.md has {words} words");
}

/// The targets of all links of a page.
fn links(text: &str) -> Vec<String> {
    text.split("](")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
        .map(str::to_owned)
        .collect()
}

/// The anchor that a heading gets.
fn anchor(heading: &str) -> String {
    let kept = heading.trim().to_lowercase();
    let kept = kept
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.map(|c| if c == ' ' { '-' } else { c }).collect()
}

#[test]
fn links_lead_somewhere() {
    let mut all = pages();
    for name in [
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "ldirectord-compat/README.md",
    ] {
        all.push(root().join(name));
    }
    let mut dead = Vec::new();
    for page in all {
        for link in links(&read(&page)) {
            if link.contains("://") || link.contains(' ') {
                continue;
            }
            let (path, place) = link.split_once('#').unwrap_or((&link, ""));
            let target = match path {
                "" => page.clone(),
                path => page.parent().unwrap().join(path),
            };
            let found = target.exists()
                && (place.is_empty()
                    || read(&target)
                        .lines()
                        .filter_map(|line| line.strip_prefix('#'))
                        .any(|heading| anchor(heading.trim_start_matches('#')) == place));
            if !found {
                dead.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(dead.is_empty(), "{}", dead.join("\n"));
}

fn help(words: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_ipvsctl"))
        .args(words)
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    String::from_utf8(output.stdout).unwrap()
}

/// The commands that a help text lists.
fn commands(help: &str) -> Vec<String> {
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    lines
        .take_while(|line| !line.is_empty())
        .filter(|line| line.starts_with("  ") && !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn the_readme_names_the_commands_that_exist() {
    let readme = read(&root().join("README.md"));
    let named: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("| `ipvsctl "))
        .filter_map(|rest| rest.split('`').next())
        .collect();
    assert_eq!(named, commands(&help(&[])));
}

const CLI_HEAD: &str = "\
# Commands and exit codes

This page is the output of `--help` of each command. To update it, run `UPDATE=1 cargo test --test documents`.

| Exit code of `ipvsctl` | Meaning |
|---|---|
| 0 | Success |
| 1 | A warning (`check --strict`), a change (`plan --exit-code`), a fault (`doctor`, `probe`, `realserver status`), a service that is not up (`status SERVICE`, `status --down`), a difference (`replay`), or a wait without success (`--wait`) |
| 2 | Wrong usage, or a file that cannot be used |
| 3 | The kernel or the daemon refused or cannot be reached, or a local error (`probe`) |

`ipvsd` exits with 0 after a stop, with 2 for wrong usage or an invalid configuration, and with 3 when it cannot use the kernel.
";

#[test]
fn the_reference_of_commands_is_up_to_date() {
    let mut text = CLI_HEAD.to_owned();
    let mut section = |title: &str, help: &str| {
        let lines: Vec<&str> = help.lines().map(str::trim_end).collect();
        writeln!(text, "\n## {title}\n\n```text\n{}\n```", lines.join("\n")).unwrap();
    };
    section("ipvsctl", &help(&[]));
    for name in commands(&help(&[])) {
        let own = help(&[&name]);
        section(&format!("ipvsctl {name}"), &own);
        for inner in commands(&own) {
            section(&format!("ipvsctl {name} {inner}"), &help(&[&name, &inner]));
        }
    }
    let daemon = Command::new(env!("CARGO_BIN_EXE_ipvsd"))
        .arg("--help")
        .env_clear()
        .output()
        .unwrap();
    section("ipvsd", &String::from_utf8(daemon.stdout).unwrap());
    let path = root().join("docs/cli.md");
    if updating() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(read(&path), text);
}

/// A page with the outputs of its commands as they are now.
fn ran(text: &str) -> String {
    let directory = tempfile::tempdir().unwrap();
    let mut lines = text.lines().peekable();
    let mut now = String::new();
    while let Some(line) = lines.next() {
        writeln!(now, "{line}").unwrap();
        let Some(language) = line.strip_prefix("```").filter(|rest| !rest.is_empty()) else {
            continue;
        };
        let mut block = Vec::new();
        while let Some(line) = lines.next_if(|line| *line != "```") {
            block.push(line);
        }
        match language.split_once(' ') {
            _ if language == "console" => now += &console(&block, directory.path()),
            Some((_, file)) => {
                fs::write(directory.path().join(file), block.join("\n") + "\n").unwrap();
                block
                    .iter()
                    .for_each(|line| writeln!(now, "{line}").unwrap());
            }
            None => block
                .iter()
                .for_each(|line| writeln!(now, "{line}").unwrap()),
        }
        now.extend(lines.next().map(|end| format!("{end}\n")));
    }
    now
}

/// The block with what its commands print in this directory; an output that matches the written one stays as it is.
fn console(block: &[&str], directory: &Path) -> String {
    let mut now = String::new();
    let mut rest = block;
    while let Some((command, after)) = rest.split_first() {
        // Those of a director need a kernel: a lab scenario runs them.
        if command.starts_with("director# ") {
            return block.iter().map(|line| format!("{line}\n")).collect();
        }
        let words = command.strip_prefix("$ ").expect(command);
        let end = after.iter().position(|line| line.starts_with("$ "));
        let (written, next) = after.split_at(end.unwrap_or(after.len()));
        rest = next;
        let output = Command::new("sh")
            .args(["-c", &format!("{words} 2>&1")])
            .current_dir(directory)
            .env_clear()
            .env("PATH", path_with_programs())
            .output()
            .unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        let printed: Vec<&str> = printed.lines().collect();
        let shown = if matches(written, &printed) {
            written
        } else {
            &printed[..]
        };
        writeln!(now, "{command}").unwrap();
        shown
            .iter()
            .for_each(|line| writeln!(now, "{line}").unwrap());
    }
    now
}

/// Whether the lines match; `…` alone in a line stands for any lines, and `…` at its end for any rest of the line.
fn matches(written: &[&str], printed: &[&str]) -> bool {
    match (written.split_first(), printed.split_first()) {
        (None, None) => true,
        (Some((&"…", rest)), _) => {
            (0..=printed.len()).any(|skipped| matches(rest, &printed[skipped..]))
        }
        (Some((line, rest)), Some((other, others))) => {
            let same = match line.strip_suffix('…') {
                Some(start) => other.starts_with(start),
                None => line == other,
            };
            same && matches(rest, others)
        }
        _ => false,
    }
}

fn path_with_programs() -> String {
    let ipvsctl = PathBuf::from(env!("CARGO_BIN_EXE_ipvsctl"));
    format!("{}:/usr/bin:/bin", ipvsctl.parent().unwrap().display())
}

#[test]
fn commands_print_what_the_documents_show() {
    for page in pages() {
        let text = read(&page);
        let now = ran(&text);
        if updating() {
            fs::write(&page, &now).unwrap();
        }
        assert_eq!(read(&page), now, "{}", page.display());
    }
}

/// The commands of ipvsctl in `sh` blocks and in the text of a page.
fn mentioned(text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut language = None;
    for line in text.lines() {
        match line.strip_prefix("```") {
            Some("") => language = None,
            Some(name) => language = Some(name),
            None if language == Some("sh") => {
                found.extend(line.starts_with("ipvsctl ").then(|| line.to_owned()));
            }
            None if language.is_none() => {
                let spans = line.split('`').skip(1).step_by(2);
                found.extend(
                    spans
                        .filter(|span| span.starts_with("ipvsctl "))
                        .map(str::to_owned),
                );
            }
            None => {}
        }
    }
    found
}

#[test]
fn commands_in_the_text_have_options_that_exist() {
    let mut wrong = Vec::new();
    for page in pages() {
        for words in mentioned(&read(&page)) {
            let output = Command::new("sh")
                .args(["-c", &format!("{words} --help")])
                .env_clear()
                .env("PATH", path_with_programs())
                .output()
                .unwrap();
            if !output.status.success() {
                let words = format!("{}: {words}", page.display());
                wrong.push(words + &String::from_utf8_lossy(&output.stderr));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn lines_match_with_and_without_omissions() {
    assert!(matches(&["a", "…", "z"], &["a", "b", "c", "z"]));
    assert!(matches(&["took …"], &["took 3 ms"]));
    assert!(!matches(&["a", "z"], &["a", "b", "z"]));
    assert!(!matches(&["a"], &["a", "b"]));
}
