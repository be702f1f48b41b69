//! That secrets are read where the configuration says they are.

use std::fs;
use std::path::Path;
use std::sync::Arc;

use director_core::definitions::{CheckKindDefinition, HttpCheckDefinition};

use crate::loader::yaml::{Outcome, Remarks, emit, read};

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
        CheckKindDefinition::Http(http) => (**http).clone(),
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
        "2: the secret in {} cannot be read: it does not exist",
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

#[test]
fn what_is_written_from_definitions_reads_as_the_same() {
    let directory = tempfile::tempdir().unwrap();
    fs::write(directory.path().join("token"), "opensesame\n").unwrap();
    let text = r#"
services:
  - listen: tcp://192.0.2.10:80
    forwarding: nat
    check:
      http:
        body: "{\"a\": \"b\\n\"}"
        login: probe
        password: {file: token}
        headers: {X-Tenant: "a: b", "X~1": {env: PATH}}
      address: 10.1.0.11
      source: "2001:db8::5"
      proxy_header: v2
    real_servers: [{address: 10.0.0.11, check_address: 10.1.0.12}]
  - listen: tcp://192.0.2.10:143
    forwarding: nat
    check: {imap: {login: probe, password: {file: token}}}
    real_servers: [10.0.0.11]
"#;
    let file: Arc<str> = Arc::from(directory.path().join("a.yaml").to_str().unwrap());
    let written = |text: &str| {
        let outcome = read(text, &file);
        assert_eq!(messages(&outcome), [""; 0], "{text}");
        let remarks = Remarks {
            reload_on_change: false,
            mails: None,
            on_change: None,
            comments: &|_| Vec::new(),
        };
        emit(&outcome.definitions.unwrap(), &remarks)
    };
    let once = written(text);
    for part in [
        "password: {file: token}",
        r#"headers: {X-Tenant: "a: b", X~1: {env: PATH}}"#,
        r#"body: "{\"a\": \"b\\n\"}""#,
        "check_address: 10.1.0.12",
        "address: 10.1.0.11",
        "source: \"2001:db8::5\"",
        "proxy_header: v2",
    ] {
        assert!(once.contains(part), "{part}: {once}");
    }
    assert!(!once.contains("opensesame"), "{once}");
    assert_eq!(written(&once), once);
}
