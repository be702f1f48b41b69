//! The manual page says what the tables of the code say. `UPDATE=1` writes those parts of it again.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ldirectord_compat::directives::keywords::SERVICES;
use ldirectord_compat::directives::{DIRECTIVES, Directive, Scope, Support};

/// Text as roff has to read it: no escapes, no hyphens where minus signs are meant, no requests by accident.
fn roff(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-");
    match text.starts_with(['.', '\'']) {
        true => format!("\\&{text}"),
        false => text,
    }
}

fn entry(out: &mut String, row: &Directive) {
    let form = roff(row.value.form()).replace('"', "\\(dq");
    let _ = writeln!(out, ".TP\n.BI {} \" = {form}\"", roff(row.name));
    let _ = writeln!(out, "{}", roff(row.help));
    if row.default != "-" {
        let _ = writeln!(out, "Default: {}.", roff(row.default));
    }
    if row.support == Support::NotYet {
        let _ = writeln!(out, "Not supported yet.");
    }
}

fn directives(scopes: &[Scope]) -> String {
    let mut out = String::new();
    for row in DIRECTIVES {
        if scopes.contains(&row.scope) {
            entry(&mut out, row);
        }
    }
    out
}

fn services() -> String {
    let mut out = String::new();
    for row in SERVICES.iter() {
        let port = row.port.map_or_else(
            || "no port of its own".to_owned(),
            |port| format!("port {port}"),
        );
        let uses: Vec<&str> = row.uses.iter().map(|key| key.directive().name).collect();
        let _ = writeln!(out, ".TP\n.B {}", roff(row.name));
        let _ = match uses.as_slice() {
            [] => writeln!(out, "{port}"),
            uses => writeln!(out, "{port}; {}", roff(&uses.join(", "))),
        };
    }
    out
}

/// The text with the part between the marks of this name replaced; none when there are no such marks.
fn filled(text: &str, name: &str, part: &str) -> Option<String> {
    let open = format!(".\\\" begin {name}\n");
    let start = text.find(&open)? + open.len();
    let end = start + text[start..].find(".\\\" end")?;
    Some(format!("{}{part}{}", &text[..start], &text[end..]))
}

#[test]
fn the_manual_page_holds_the_tables_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("man/ldirectord.8");
    let written = fs::read_to_string(&path).expect("the manual page");
    let mut actual = written.clone();
    for (name, part) in [
        ("global", directives(&[Scope::Global, Scope::Both])),
        (
            "virtual",
            directives(&[Scope::Opening, Scope::Virtual, Scope::Both]),
        ),
        ("services", services()),
    ] {
        actual = filled(&actual, name, &part).expect(name);
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &actual).expect("a writable manual page");
    } else {
        assert!(
            written == actual,
            "the manual page is old; run this test with UPDATE=1"
        );
    }
}
