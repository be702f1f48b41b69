//! The tables of the README are those of the code. `UPDATE=1` writes them anew.

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
