//! That what is to be written is accepted, that each word leads to it, and that it has the value of the file.

use std::sync::Arc;

use super::*;
use crate::loader::yaml::{Outcome, read};

fn outcome(text: &str) -> Outcome {
    read(text, &Arc::from("t.yaml"))
}

fn findings(text: &str) -> Vec<String> {
    let findings = outcome(text).findings;
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
            let is_there = keys[0].starts_with(&format!("{key}: {{name"));
            if !is_there && (!keys[0].contains(&format!("{key}:")) || within != "service") {
                keys.push(format!("{key}: {rest}"));
            }
        }
        format!("services: [{{{}}}]\n", keys.join(", "))
    };
    match within {
        "service" => service(content),
        "check"
            if [
                "grpc", "http", "https", "command", "tcp", "ping", "smtp", "dns", "pgsql", "mysql",
                "none",
            ]
            .iter()
            .any(|kind| has(kind)) =>
        {
            service(&format!("check: {{{content}}}"))
        }
        "check" => service(&format!("check: {{tcp: , {content}}}")),
        "dns" | "http" | "https" | "ftp" | "imap" | "imaps" | "ldap" | "ldaps" | "mysql"
        | "pgsql" | "pop" | "pops" | "radius" | "smtp" | "submission" | "grpc" | "nntp" => {
            service(&format!("check: {{{within}: {{{content}}}}}"))
        }
        "command" => service(&format!("check: {{command: {{{content}}}}}")),
        "vip" if has("prefix") => service(&format!("vip: {{interface: eth0, {content}}}")),
        "expect" => service(&format!("check: {{http: {{expect: {{{content}}}}}}}")),
        "agent" if !has("port") => service(&format!("agent: {{port: 9707, {content}}}")),
        "weight_from" if has("every") => {
            service(&format!("weight_from: {{file: /run/x, {content}}}"))
        }
        "window" if has("good") => {
            service(&format!("check: {{tcp: , window: {{of: 5, {content}}}}}"))
        }
        "window" => service(&format!("check: {{tcp: , window: {{good: 1, {content}}}}}")),
        "ping" => service(&format!("check: {{ping: {{{content}}}}}")),
        "scheduler" | "agent" | "weight_from" => service(&format!("{within}: {{{content}}}")),
        "vip" | "minimum_healthy" => service(&format!("{within}: {{{content}}}")),
        "persistence" if has("mask") => {
            service(&format!("persistence: {{timeout: 5m, {content}}}"))
        }
        "persistence" => service(&format!("persistence: {{{content}}}")),
        "real_server" => {
            let address = if has("address") {
                ""
            } else {
                "address: 10.0.0.2, "
            };
            service(&format!("real_servers: [{{{address}{content}}}]"))
                .replace(", real_servers: [10.0.0.1]", "")
        }
        "sync" => {
            let other = [("interface", "eth1"), ("id", "7")];
            let mut keys = vec![content.to_owned()];
            keys.extend(
                other
                    .iter()
                    .filter(|(key, _)| !has(key))
                    .map(|(key, value)| format!("{key}: {value}")),
            );
            format!(
                "director: {{sync: {{{}}}}}\nservices: []\n",
                keys.join(", ")
            )
        }
        "notify" => format!("notify: [{{{content}}}]\nservices: []\n"),
        "director" => format!("director: {{{content}}}\nservices: []\n"),
        "defaults" => format!("defaults: {{{content}}}\nservices: []\n"),
        _ if has("services") => format!("{content}\n"),
        _ => format!("{content}\nservices: []\n"),
    }
}

/// What is to be written, or is shown as an example.
fn to_write(advised: &str) -> Option<&str> {
    let example = || Some(advised.strip_prefix("use ")?.split_once(", as in ")?.1);
    advised.strip_prefix("write ").or_else(example)
}

/// Each row once for each of its mappings.
fn each() -> impl Iterator<Item = (&'static str, &'static Row)> {
    ROWS.iter()
        .flat_map(|row| row.mappings.iter().map(move |within| (*within, row)))
}

/// What is advised in the place of the first such word.
fn advice(within: &str, content: &str) -> String {
    let found = outcome(&file(within, content)).findings;
    let found = found
        .iter()
        .find(|found| found.message.contains(" has no key"));
    found
        .and_then(|found| found.hint.clone())
        .unwrap_or_default()
}

#[test]
fn every_line_of_the_table_can_be_read() {
    let text = include_str!("words.txt");
    let lines = text
        .lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty());
    for line in lines {
        assert!(row(line).is_some(), "{line}");
    }
    assert!(ROWS.len() > 150);
}

#[test]
fn what_is_to_be_written_is_accepted() {
    for (within, row) in each() {
        let Says::Keys(_) = row.says else { continue };
        for word in &row.words {
            let advised = advice(within, &format!("{word}: {{}}"));
            let first = advised.split("; ").next().unwrap_or_default();
            let Some(write) = to_write(first) else {
                assert!(
                    advised.starts_with("remove it") || advised.starts_with("did you mean "),
                    "{within} {word}: {advised}"
                );
                continue;
            };
            let text = file(within, write);
            let mut found = findings(&text);
            // Only there is the file of the example.
            found.retain(|line| !line.contains("the secret in /etc/ipvsd/"));
            assert_eq!(found, [""; 0], "{text}");
        }
    }
}

#[test]
fn each_word_is_refused_with_what_to_write() {
    for (within, row) in each() {
        for word in &row.words {
            assert_ne!(
                advice(within, &format!("{word}: x y")),
                "",
                "{within} {word}"
            );
        }
    }
}

#[test]
fn the_value_of_the_file_is_kept_and_what_is_advised_is_accepted() {
    let text = include_str!("followed.txt");
    let lines = text
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with('#'));
    let mut faults = Vec::new();
    for line in lines {
        let (words, expected) = line.split_once(" -> ").unwrap();
        let (within, content) = words.split_once(": ").unwrap();
        let advised = advice(within, content);
        if advised != expected {
            faults.push(format!("{words} -> {advised}"));
        }
        let first = advised.split("; ").next().unwrap_or_default();
        let Some(write) = to_write(first) else {
            continue;
        };
        let text = file(within, write);
        faults.extend(findings(&text).iter().map(|found| format!("{text}{found}")));
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn a_secret_is_not_repeated() {
    for (within, content) in [
        ("http", "auth: 's3cr3t'"),
        ("mysql", "pwd: s3cr3t"),
        ("radius", "shared_secret: s3cr3t"),
        ("service", "checkcommand: '/bin/x --password=s3cr3t'"),
        ("service", "request: 'http://user:s3cr3t@10.0.0.1/'"),
        ("defaults", "agent: {password: s3cr3t}"),
    ] {
        let found = findings(&file(within, content)).concat();
        assert!(
            found.contains("has no key") && !found.contains("s3cr3t"),
            "{found}"
        );
    }
}

#[test]
fn one_foreign_key_is_one_error() {
    for text in [
        "virtual_server: [{listen: x}]\n",
        "Services: []\n",
        "services: [{virtual: 192.0.2.1:80, protocol: tcp, forwarding: dr, real_servers: [10.0.0.1]}]\n",
        "services: [{bind: '*:80', forwarding: dr, real_servers: [10.0.0.1]}]\n",
        "services: [{listen: tcp://192.0.2.1:80, forwarding: dr, real_servers: [{ip: 10.0.0.1, port: 80}]}]\n",
        "services: [{listen: tcp://192.0.2.1:80, forwarding: dr, real_servers: [10.0.0.1], vip: {dev: eth0}}]\n",
        "services: [{lisen: tcp://192.0.2.1:80, forwarding: dr, real_servers: [10.0.0.1]}]\n",
        "defaults: {forwarding: dr}\nservices: [{listen: tcp://192.0.2.1:80, real_servers: [10.0.0.1, 10.0.0.2]}]\n",
    ] {
        let found = findings(text);
        assert_eq!(found.len(), 1, "{text}{found:#?}");
    }
}
