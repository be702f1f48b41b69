//! Files of certificates and keys: what is wrong with one is said once, and its text shows nowhere.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use openssl::symm::Cipher;
use rcgen::{CertificateParams, KeyPair};
use tempfile::TempDir;

use super::*;
use crate::loader::{Loaded, exposure, load};

/// A directory with a certificate `c.pem`, its key `k.pem`, and a configuration whose check has these settings.
fn directory(settings: &str) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    let key = KeyPair::generate().unwrap();
    let certificate = CertificateParams::new(vec!["probe".to_owned()]).unwrap();
    let certificate = certificate.self_signed(&key).unwrap();
    let write = |name: &str, text: &str| write(&directory, name, text);
    write("c.pem", &certificate.pem());
    write("k.pem", &key.serialize_pem());
    write("a.yaml", &configuration(settings));
    directory
}

fn configuration(settings: &str) -> String {
    format!(
        "services:\n  - listen: tcp://192.0.2.1:443\n    forwarding: nat\n    check: {{https: {{{settings}}}}}\n    real_servers: [10.0.0.1, 10.0.0.2]\n"
    )
}

fn write(directory: &TempDir, name: &str, text: &str) {
    let path = directory.path().join(name);
    fs::write(&path, text).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
}

fn loaded(directory: &TempDir) -> Loaded {
    load(&directory.path().join("a.yaml")).unwrap()
}

fn faults(directory: &TempDir) -> Vec<String> {
    let error = load(&directory.path().join("a.yaml")).unwrap_err();
    let report = error.report();
    let found = report.diagnostics.iter();
    found.map(|finding| finding.message.clone()).collect()
}

const BOTH: &str = "certificate: c.pem, key: k.pem, ca: c.pem";

#[test]
fn the_texts_reach_the_probes_and_show_nowhere() {
    let directory = directory(BOTH);
    let loaded = loaded(&directory);
    let probe = &loaded.model.services()[0].real_servers[0].probes[0];
    let director_core::model::ProbeKind::Http(http) = &*probe.kind else {
        panic!("{probe:?}");
    };
    let tls = http.tls.clone().unwrap();
    let key = fs::read_to_string(directory.path().join("k.pem")).unwrap();
    assert_eq!(tls.identity.unwrap().key.text.reveal(), key);
    assert!(tls.ca.unwrap().text.reveal().contains("CERTIFICATE"));
    let shown = format!("{:?}", loaded.definitions);
    let written = serde_json::to_string(&(&loaded.definitions, probe)).unwrap();
    let secret = key.lines().nth(1).unwrap();
    for text in [shown, written] {
        assert!(text.contains("k.pem") && !text.contains(secret));
        assert!(!text.contains("BEGIN"));
    }
}

#[test]
fn the_files_are_watched_so_that_a_change_is_one_of_the_configuration() {
    let directory = directory(BOTH);
    let watched = |loaded: &Loaded| loaded.report.watched.clone();
    let before = watched(&loaded(&directory));
    for name in ["c.pem", "k.pem"] {
        assert!(before.contains_key(&directory.path().join(name)), "{name}");
    }
    assert_eq!(watched(&loaded(&directory)), before);
    let text = fs::read_to_string(directory.path().join("c.pem")).unwrap();
    write(&directory, "c.pem", &format!("# renewed\n{text}"));
    assert_ne!(watched(&loaded(&directory)), before);
}

#[test]
fn each_fault_of_a_file_is_one_finding_that_names_it() {
    let case = |settings: &str, name: &str, text: Option<&str>| {
        let directory = directory(settings);
        match text {
            Some(text) => write(&directory, name, text),
            None => fs::remove_file(directory.path().join(name)).unwrap(),
        }
        faults(&directory)
    };
    let other = KeyPair::generate().unwrap().serialize_pem();
    let locked = PKey::private_key_from_pem(other.as_bytes()).unwrap();
    let locked = locked
        .private_key_to_pem_pkcs8_passphrase(Cipher::aes_128_cbc(), b"word")
        .unwrap();
    let locked = String::from_utf8(locked).unwrap();
    for (settings, name, text, message) in [
        (
            BOTH,
            "k.pem",
            None,
            "k.pem: cannot read it: no such file or directory",
        ),
        (
            BOTH,
            "k.pem",
            Some("text"),
            "k.pem: it has no private key in PEM",
        ),
        (
            BOTH,
            "k.pem",
            Some(&*other),
            "k.pem: it is not the key of the certificate in c.pem",
        ),
        (
            BOTH,
            "k.pem",
            Some(&*locked),
            "k.pem: its key has a passphrase; remove it with openssl pkey -in FILE -out NEW",
        ),
        (
            "ca: c.pem",
            "c.pem",
            Some(""),
            "c.pem: it has no certificate in PEM",
        ),
        (
            "ca: c.pem",
            "c.pem",
            None,
            "c.pem: cannot read it: no such file or directory",
        ),
    ] {
        assert_eq!(case(settings, name, text), [message]);
    }
}

#[test]
fn a_key_that_all_users_can_read_is_a_warning_and_a_certificate_is_none() {
    let directory = directory(BOTH);
    let messages = || {
        let found = exposure(&loaded(&directory)).into_iter();
        found.map(|finding| finding.message).collect::<Vec<_>>()
    };
    assert_eq!(messages(), [""; 0]);
    for name in ["c.pem", "k.pem", "a.yaml"] {
        let mode = fs::Permissions::from_mode(0o644);
        fs::set_permissions(directory.path().join(name), mode).unwrap();
    }
    assert_eq!(
        messages(),
        ["all users can read this file (mode 0644), and it holds a private key"]
    );
}
