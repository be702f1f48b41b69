//! What packages are made of: every command has a manual page that mandoc accepts, and the shells load their completions.

#![cfg(test)]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use tempfile::TempDir;

/// What `ipvsctl generate` writes.
fn generated(kind: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let status = Command::new(env!("CARGO_BIN_EXE_ipvsctl"))
        .args(["generate", kind])
        .arg(directory.path())
        .env("SOURCE_DATE_EPOCH", "1796000000")
        .output()
        .unwrap()
        .status;
    assert!(status.success());
    directory
}

fn run(program: &str, words: &[&str]) -> Output {
    let directory = Path::new(env!("CARGO_BIN_EXE_ipvsctl")).parent().unwrap();
    Command::new(program)
        .args(words)
        .env_clear()
        .env("PATH", format!("{}:/usr/bin:/bin", directory.display()))
        .env("HOME", "/nonexistent")
        .output()
        .unwrap_or_else(|error| panic!("{program}: {error}; tests/lab/install installs it"))
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// The commands that a help text lists.
fn commands(words: &[&str]) -> Vec<String> {
    let help = text(&run("ipvsctl", &[words, &["--help"]].concat()).stdout);
    let lines = help.lines().skip_while(|line| *line != "Commands:").skip(1);
    let names = lines
        .take_while(|line| !line.is_empty())
        .filter(|line| !line.starts_with("   "))
        .filter_map(|line| line.split_whitespace().next());
    names
        .filter(|name| *name != "help")
        .map(str::to_owned)
        .collect()
}

#[test]
fn every_command_has_a_manual_page() {
    let directory = generated("man");
    let mut expected = vec!["ipvsctl.8".to_owned(), "ipvsd.8".to_owned()];
    expected.push("ipvsd.yaml.5".to_owned());
    for name in commands(&[]) {
        let inner = commands(&[&name]);
        expected.extend(inner.iter().map(|one| format!("ipvsctl-{name}-{one}.8")));
        expected.push(format!("ipvsctl-{name}.8"));
    }
    let mut found: Vec<String> = fs::read_dir(directory.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    expected.sort();
    found.sort();
    assert_eq!(found, expected);
    assert!(found.len() > 25, "{found:?}");
}

#[test]
fn mandoc_accepts_every_manual_page() {
    let directory = generated("man");
    let own = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/ldirectord-compat/man/ldirectord.8"
    );
    let mut pages = vec![own.to_owned()];
    for entry in fs::read_dir(directory.path()).unwrap() {
        pages.push(entry.unwrap().path().to_string_lossy().into_owned());
    }
    for page in &pages {
        let output = run("mandoc", &["-Tlint", "-Wwarning", page]);
        assert!(output.status.success(), "{}", text(&output.stdout));
    }
}

#[test]
fn a_manual_page_says_what_the_help_says() {
    let directory = generated("man");
    let shown = |page: &str| {
        let path = directory.path().join(page);
        let output = run(
            "mandoc",
            &["-Tascii", "-Owidth=200", path.to_str().unwrap()],
        );
        plain(&text(&output.stdout))
    };
    let drain = shown("ipvsctl-drain.8");
    for part in [
        "--wait-at-most <TIME>",
        "EXAMPLES",
        "ipvsctl drain web 10.0.0.11:80",
    ] {
        assert!(drain.contains(part), "{part} is not in\n{drain}");
    }
    let keys = shown("ipvsd.yaml.5");
    for part in ["Required.", "on_failure: ", "Example: resync: 10s"] {
        assert!(keys.contains(part), "{part} is not in\n{keys}");
    }
}

/// Without the letters that are overstruck to make others bold or underlined.
fn plain(page: &str) -> String {
    let mut plain = String::new();
    for letter in page.chars() {
        match letter {
            '\u{8}' => drop(plain.pop()),
            letter => plain.push(letter),
        }
    }
    plain
}

#[test]
fn shells_load_their_completions() {
    let directory = generated("completions");
    for (shell, check, files) in [
        ("bash", "-n", ["bash/ipvsctl", "bash/ipvsd"]),
        ("zsh", "-n", ["zsh/_ipvsctl", "zsh/_ipvsd"]),
        ("fish", "-n", ["fish/ipvsctl.fish", "fish/ipvsd.fish"]),
    ] {
        for file in files {
            let path = directory.path().join(file);
            let output = run(shell, &[check, path.to_str().unwrap()]);
            let said = text(&output.stderr);
            assert!(output.status.success() && said.is_empty(), "{file}: {said}");
        }
    }
}

/// What bash offers for the last of these words.
fn completed(words: &[&str]) -> Vec<String> {
    let directory = generated("completions");
    let script = directory.path().join("bash/ipvsctl");
    let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
    let commands = format!(
        "source '{}'; COMP_WORDS=({}); COMP_CWORD={}; COMP_TYPE=9; \
         _clap_complete_ipvsctl ipvsctl \"${{COMP_WORDS[-1]}}\" '' 2>/dev/null; printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        script.display(),
        quoted.join(" "),
        words.len() - 1,
    );
    let output = run("bash", &["--norc", "-c", &commands]);
    text(&output.stdout).lines().map(str::to_owned).collect()
}

#[test]
fn bash_completes_commands_and_options() {
    assert_eq!(completed(&["ipvsctl", "dr"]), ["drain"]);
    assert_eq!(
        completed(&["ipvsctl", "drain", "--all"]),
        ["--all-services"]
    );
    let commands = completed(&["ipvsctl", ""]);
    assert!(commands.contains(&"status".to_owned()), "{commands:?}");
    assert!(!commands.contains(&"generate".to_owned()), "{commands:?}");
}

#[test]
fn fish_completes_commands() {
    let directory = generated("completions");
    let script = directory.path().join("fish/ipvsctl.fish");
    let commands = format!("source '{}'; complete -C'ipvsctl dr'", script.display());
    let output = run("fish", &["--no-config", "-c", &commands]);
    let offered = text(&output.stdout);
    assert!(
        offered.starts_with("drain\tDrain a real server"),
        "{offered}"
    );
}

/// Names come from a daemon that may be down.
#[test]
fn completion_is_silent_without_a_daemon() {
    let words = ["ipvsctl", "drain", "--socket", "/nonexistent/socket", "w"];
    assert_eq!(completed(&words), [""]);
}
