//! That secrets are read where the configuration says they are.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use director_core::definitions::{CheckKindDefinition, HttpCheckDefinition};

use crate::loader::yaml::{Outcome, read};

fn outcome(directory: &Path, http: &str) -> Outcome {
    let text = format!(
        "services:\n- {{listen: 'tcp://192.0.2.10:80', forwarding: nat, check: {{http: {http}}}, real_servers: [10.0.0.1]}}\n"
    );
    let file = directory.join("a.yaml");
    read(&text, &Arc::from(file.to_str().unwrap()))
}

fn http(outcome: &Outcome) -> HttpCheckDefinition {
    let definitions = outcome.definitions.as_ref().unwrap();
    match &definitions.services[0].check.kind.as_ref().unwrap().value {
        CheckKindDefinition::Http(http) => http.clone(),
        other => panic!("{other:?}"),
    }
}

fn messages(outcome: &Outcome) -> Vec<String> {
    let findings = outcome.findings.iter();
    findings
        .map(|finding| format!("{}: {}", finding.place.line, finding.message))
        .collect()
}

#[test]
fn a_file_is_read_without_the_line_break_at_its_end_and_watched() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("token");
    for (content, expected) in [
        ("a b\n", "a b"),
        ("a\r\n", "a"),
        ("a\n\n", "a\n"),
        (" a", " a"),
    ] {
        fs::write(&path, content).unwrap();
        let outcome = outcome(
            directory.path(),
            "{bearer: {file: token}, headers: {A: {file: token}}}",
        );
        assert_eq!(messages(&outcome), [""; 0]);
        let http = http(&outcome);
        assert_eq!(http.bearer.unwrap().value.reveal(), expected);
        assert_eq!(http.headers[0].value.value.reveal(), expected);
        assert!(outcome.watched.contains_key(&path));
        assert!(outcome.secret_files.contains(&path));
    }
}

#[test]
fn a_secret_that_cannot_be_read_is_one_finding_at_its_place() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("none");
    let missing = outcome(directory.path(), "{bearer: {file: none}}");
    let expected = format!(
        "2: the secret in {} cannot be read: No such file or directory (os error 2)",
        path.display()
    );
    assert_eq!(messages(&missing), [expected]);
    assert!(missing.watched.contains_key(&path), "it may come");
    fs::write(&path, "\n").unwrap();
    let empty = outcome(directory.path(), "{bearer: {file: none}}");
    assert!(messages(&empty)[0].ends_with("it is empty"));
    for (written, expected) in [
        (
            "{env: IPVSD_TEST_UNSET}",
            "the environment variable IPVSD_TEST_UNSET is not set",
        ),
        (
            "{file: a, env: B}",
            "a secret has one source, and file and env are both set",
        ),
        ("{}", "this secret has no source"),
        ("[a]", "a single value belongs here, and this is a list"),
    ] {
        let outcome = outcome(directory.path(), &format!("{{bearer: {written}}}"));
        assert_eq!(messages(&outcome), [format!("2: {expected}")]);
    }
}

#[test]
fn the_environment_holds_secrets_too() {
    // Every test process has it.
    let outcome = outcome(Path::new("/"), "{login: probe, password: {env: PATH}}");
    assert_eq!(messages(&outcome), [""; 0]);
    let password = http(&outcome).password.unwrap().value;
    assert_eq!(password.reveal(), std::env::var("PATH").unwrap());
    assert_eq!(super::print(&password), "{env: PATH}");
}
