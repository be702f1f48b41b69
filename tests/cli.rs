//! What ipvsctl prints, letter for letter. A case is one text file below `tests/cli`: the files it needs, the command, and
//! the exit status and output that it must give. `UPDATE=1 cargo test --test cli` writes what is printed now into the
//! cases; read the difference before you commit it.

#![cfg(test)]

#[path = "golden/case.rs"]
mod case;
mod golden;

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;

use case::CliCase;
use golden::updating;

#[test]
fn every_case_prints_what_it_says() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let cases = golden::files_below(&root, "txt");
    assert!(cases.len() > 20, "only {} cases found", cases.len());
    let mut faults = Vec::new();
    for path in cases {
        let text = fs::read_to_string(&path).unwrap();
        let case = CliCase::parse(&text);
        let now = ran(&case);
        if now == case {
            continue;
        }
        if updating() {
            fs::write(&path, now.to_string()).unwrap();
        } else {
            faults.push(format!("{}:\n{}", path.display(), now.differences(&case)));
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// The case with what its command prints in an empty directory that holds its files.
fn ran(case: &CliCase) -> CliCase {
    let directory = tempfile::tempdir().unwrap();
    for (name, text) in &case.files {
        let path = directory.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let output = Command::new("sh")
        .args(["-c", case.command.trim()])
        .current_dir(directory.path())
        .env_clear()
        .env("PATH", path_with_ipvsctl())
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    CliCase {
        status: output.status.code().unwrap_or(-1),
        stdout: text(output.stdout),
        stderr: text(output.stderr),
        ..case.clone()
    }
}

fn path_with_ipvsctl() -> String {
    let ipvsctl = PathBuf::from(env!("CARGO_BIN_EXE_ipvsctl"));
    format!("{}:/usr/bin:/bin", ipvsctl.parent().unwrap().display())
}

#[test]
fn a_reader_that_leaves_early_is_no_fault() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ipvsctl"))
        .args(["check", "examples/nat-round-robin.yaml"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    assert_eq!(output.status.code(), Some(0));
}

/// A MySQL server that wants the password encrypted for a key that needs a passphrase.
fn mysql_with_locked_key() -> SocketAddr {
    const KEY: &[u8] = b"\x01-----BEGIN PUBLIC KEY-----\nProc-Type: 4,ENCRYPTED\n\
        DEK-Info: AES-256-CBC,00112233445566778899AABBCCDDEEFF\n\nAAAA\n-----END PUBLIC KEY-----\n";
    const GREETING: &[u8] = b"\x0a8.0\0\x01\0\0\x0012345678\0\xff\xf7\x2d\x02\0\xff\x81\x15\
        \0\0\0\0\0\0\0\0\0\0abcdefghijkl\0caching_sha2_password\0";
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        for (number, content) in [(0, GREETING), (2, &[1, 4][..]), (4, KEY)] {
            let length = u8::try_from(content.len()).unwrap();
            let packet = [&[length, 0, 0, number], content].concat();
            stream.write_all(&packet).unwrap();
            // An answer to each, and the end after the last one.
            let _ = stream.read(&mut [0; 1024]);
        }
    });
    address
}

#[test]
fn no_server_makes_a_probe_wait_for_a_passphrase() {
    // Without a terminal OpenSSL writes its prompt to standard error.
    let output = Command::new("setsid")
        .args(["--wait", env!("CARGO_BIN_EXE_ipvsctl"), "probe", "mysql"])
        .arg(mysql_with_locked_key().to_string())
        .args(["--login", "probe", "--password", "secret", "--tls=off"])
        .stdin(Stdio::null())
        .output()
        .unwrap();
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let stdout = String::from_utf8_lossy(&output.stdout);
    assert!(
        stdout.ends_with("the public key of the server is not one of RSA in PEM\n"),
        "{stdout}"
    );
}
