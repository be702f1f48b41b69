//! That what is to be written is accepted, and that each word leads to it.

use std::sync::Arc;

use super::*;
use crate::loader::yaml::read;

fn findings(text: &str) -> Vec<String> {
    let findings = read(text, &Arc::from("t.yaml")).findings;
    findings.iter().map(ToString::to_string).collect()
}

/// A file in which a mapping of this name has this content, and the keys without which it is none.
fn file(within: &str, content: &str) -> String {
    let has = |key: &str| content.starts_with(&format!("{key}:"));
    let service = |keys: &str| {
        let mut keys = vec![keys.to_owned()];
        for (key, rest) in [
            ("listen", "tcp://192.0.2.10:80"),
            ("scheduler", "rr"),
            ("forwarding", "nat"),
            ("real_servers", "[10.0.0.1]"),
        ] {
            if !keys[0].contains(&format!("{key}:")) || within != "service" {
                keys.push(format!("{key}: {rest}"));
            }
        }
        format!("services: [{{{}}}]\n", keys.join(", "))
    };
    match within {
        "service" => service(content),
        "check"
            if has("grpc")
                || has("http")
                || has("https")
                || has("command")
                || has("tcp")
                || has("ping") =>
        {
            service(&format!("check: {{{content}}}"))
        }
        "check" => service(&format!("check: {{tcp: , {content}}}")),
        "http" | "https" | "ftp" | "imap" | "imaps" | "ldap" | "ldaps" | "mysql" | "pgsql"
        | "pop" | "pops" | "radius" | "smtp" | "submission" | "grpc" | "nntp" => {
            service(&format!("check: {{{within}: {{{content}}}}}"))
        }
        "real_server" => {
            let address = if has("address") {
                ""
            } else {
                "address: 10.0.0.2, "
            };
            service(&format!("real_servers: [{{{address}{content}}}]"))
                .replace(", real_servers: [10.0.0.1]", "")
        }
        "director" => format!("director: {{{content}}}\nservices: []\n"),
        _ if has("services") => format!("{content}\n"),
        _ => format!("{content}\nservices: []\n"),
    }
}

/// Each row once for each of its mappings.
fn rows() -> impl Iterator<Item = (&'static str, &'static str, &'static str)> {
    OTHER_WORDS.iter().flat_map(|(mappings, words, write)| {
        let mappings = mappings.split(' ');
        mappings.map(|within| (within, *words, *write))
    })
}

#[test]
fn what_is_to_be_written_is_accepted() {
    for (within, _, write) in rows() {
        let text = file(within, write);
        let mut found = findings(&text);
        // Only there is the file of the example.
        found.retain(|line| !line.contains("the secret in /etc/ipvsd/"));
        assert_eq!(found, [""; 0], "{text}");
    }
}

#[test]
fn each_word_is_refused_with_what_to_write() {
    for (within, words, write) in rows() {
        for word in words.split(' ') {
            let text = file(within, &format!("{word}: 1"));
            let found = findings(&text);
            let expected = format!("write {write}");
            assert!(
                found.iter().any(|line| line.contains(&expected)),
                "{text}{found:?}"
            );
        }
    }
}
