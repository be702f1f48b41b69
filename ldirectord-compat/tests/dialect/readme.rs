//! The tables of the README are those of the code and of the lab's results. `UPDATE=1` rewrites them.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use ldirectord_compat::directives::keywords::SERVICES;
use ldirectord_compat::directives::{DIRECTIVES, Support};
use ldirectord_compat::quirks::QUIRKS;

fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('<', "&lt;")
}

fn support(support: Support) -> &'static str {
    match support {
        Support::Ready => "yes",
        Support::NotYet => "not yet",
    }
}

fn quirks() -> String {
    let mut out = String::from("| Written | ldirectord | Ours |\n|---|---|---|\n");
    for row in QUIRKS {
        let _ = writeln!(
            out,
            "| {} | {} | {} |",
            cell(row.written),
            cell(row.perl),
            cell(row.ours)
        );
    }
    out
}

fn directives() -> String {
    let mut out = String::from(
        "| Directive | Where | Value | Default | Support | Meaning |\n|---|---|---|---|---|---|\n",
    );
    for row in DIRECTIVES {
        let _ = writeln!(
            out,
            "| `{}` | {} | {} | {} | {} | {} |",
            row.name,
            row.scope.words(),
            cell(row.value.form()),
            cell(row.default),
            support(row.support),
            cell(row.help)
        );
    }
    out
}

fn services() -> String {
    let mut out = String::from("| Word | Port | Uses | Support |\n|---|---|---|---|\n");
    for row in SERVICES.iter() {
        let port = row
            .port
            .map_or_else(|| "–".to_owned(), |port| port.to_string());
        let uses: Vec<&str> = row.uses.iter().map(|key| key.directive().name).collect();
        let _ = writeln!(
            out,
            "| `{}` | {port} | {} | {} |",
            row.name,
            uses.join(", "),
            support(row.support)
        );
    }
    out
}

/// The servers that stay refused: up with ldirectord and down with ipvsd on the page of `make sloppy`. Those of one reason
/// stand in one row.
fn refused() -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/lab/sloppy/RESULTS.md");
    let page = fs::read_to_string(page).unwrap_or_default();
    let mut rows: Vec<([&str; 3], Vec<&str>)> = Vec::new();
    let mut count = 0;
    for line in page.lines() {
        let cells: Vec<_> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [protocol, server, "up", client, "down", reason] = cells[..] else {
            continue;
        };
        count += 1;
        let key = [protocol, client, reason];
        match rows.iter_mut().find(|(of, _)| *of == key) {
            Some((_, servers)) => servers.push(server),
            None => rows.push((key, vec![server])),
        }
    }
    let mut out = format!(
        "{count} servers are up with ldirectord and down with ipvsd:\n\n\
         | Protocol | Servers | Another client | Why they stay refused |\n|---|---|---|---|\n"
    );
    for ([protocol, client, reason], servers) in rows {
        let _ = writeln!(
            out,
            "| {protocol} | {} | {client} | {reason} |",
            servers.join("; ")
        );
    }
    out
}

/// The text with the part between the marks of this name replaced; none when there are no such marks.
fn filled(text: &str, name: &str, table: &str) -> Option<String> {
    let open = format!("<!-- {name} -->\n");
    let start = text.find(&open)? + open.len();
    let end = start + text[start..].find("<!-- end -->")?;
    Some(format!("{}{table}{}", &text[..start], &text[end..]))
}

#[test]
fn the_readme_holds_the_tables_of_the_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let written = fs::read_to_string(&path).expect("the README");
    let mut actual = written.clone();
    for (name, table) in [
        ("quirks", quirks()),
        ("directives", directives()),
        ("services", services()),
        ("refused", refused()),
    ] {
        actual = filled(&actual, name, &table).expect(name);
    }
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &actual).expect("a writable README");
    } else {
        assert!(
            written == actual,
            "the README's tables are old; run this test with UPDATE=1"
        );
    }
}
