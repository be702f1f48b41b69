//! The table of keys as a page for people: docs/configuration.md.

use std::fmt::Write;

use super::keys::file::FILE;
use super::mapping::{Key, Shape, Takes};

const HEAD: &str = "\
# Configuration reference

This page lists every key of the YAML configuration with its values, its default and its meaning. It is generated from the key table
in `src/loader/yaml/keys/`. To update it, run `UPDATE=1 cargo test --test reference`.

Run `ipvsctl check FILE` to find all errors in a configuration file at once. Run `ipvsctl schema` to print the same table as a JSON
Schema, which is also next to this page. Put `# yaml-language-server: $schema=PATH/configuration.schema.json` into the first line of a
file, and editors complete keys and show their meaning. The directory `examples/` has a file for each feature.

";

/// How values are written.
pub(super) const VALUES: &str = "\
Durations are whole numbers with a unit, the longest unit first: `500ms`, `5s`, `1m30s`, `2h`, `1d`. An empty key is an error, so that
nothing is forgotten. YAML anchors and aliases work.
";

/// The page.
#[must_use]
pub fn page() -> String {
    let mut text = format!("{HEAD}{VALUES}");
    for (shape, used) in shapes() {
        section(&mut text, shape, &used);
    }
    text
}

/// A shape, and the keys that take it with the shapes that have them.
pub(super) type Used = (&'static dyn Shape, Vec<(&'static str, &'static str)>);

/// Every shape with keys, each before those that it leads to.
pub(super) fn shapes() -> Vec<Used> {
    let mut found: Vec<Used> = vec![(&FILE, Vec::new())];
    let mut next = 0;
    while let Some((shape, _)) = found.get(next) {
        let shape = *shape;
        next += 1;
        for (key, takes) in shape.keys() {
            let mut inner = Vec::new();
            mappings(&takes, &mut inner);
            let place = (shape.name(), key.name);
            for mapping in inner {
                match found
                    .iter_mut()
                    .find(|(known, _)| known.name() == mapping.name())
                {
                    Some((_, used)) => used.push(place),
                    None => found.push((mapping, vec![place])),
                }
            }
        }
    }
    found.retain(|(shape, _)| !shape.keys().is_empty());
    found
}

fn mappings(takes: &Takes, found: &mut Vec<&'static dyn Shape>) {
    match takes {
        Takes::Mapping(shape) | Takes::Part(shape) => found.push(*shape),
        Takes::List(items) | Takes::Named(items) => mappings(items, found),
        Takes::Either(forms) => forms.iter().for_each(|form| mappings(form, found)),
        _ => {}
    }
}

fn section(text: &mut String, shape: &dyn Shape, used: &[(&str, &str)]) {
    // Writing into a text never fails.
    let _ = writeln!(text, "\n## {}\n", shape.name());
    if !used.is_empty() {
        let mut places: Vec<String> = used
            .iter()
            .map(|(shape, key)| format!("`{key}` of [{shape}](#{shape})"))
            .collect();
        places.dedup();
        let _ = writeln!(text, "Used in: {}.\n", places.join(", "));
    }
    text.push_str("| Key | Takes | Default | Meaning |\n|---|---|---|---|\n");
    for (key, takes) in shape.keys() {
        let _ = writeln!(
            text,
            "| `{}` | {} | {} | {} |",
            key.name,
            described(&takes),
            key.default.unwrap_or("**required**"),
            with_example(key)
        );
    }
}

fn with_example(key: &Key) -> String {
    match key.example {
        "{}" => key.meaning.to_owned(),
        example => format!("{} Example: `{}: {example}`", key.meaning, key.name),
    }
}

/// What a key takes, in words.
pub(super) fn described(takes: &Takes) -> String {
    match takes {
        Takes::Text => "text".to_owned(),
        Takes::Word(words) => words
            .iter()
            .map(|word| format!("`{word}`"))
            .collect::<Vec<_>>()
            .join(", "),
        Takes::Number(unit) => format!("whole number ({unit})"),
        Takes::Share => "share (`50%`)".to_owned(),
        Takes::Span => "duration (`ms`, `s`, `m`, `h`, `d`)".to_owned(),
        Takes::Size => "size (`KiB`, `MiB`)".to_owned(),
        Takes::Truth => "`true`, `false`".to_owned(),
        Takes::Port => "port number or service name".to_owned(),
        Takes::Address => "IP address".to_owned(),
        Takes::Listen => {
            "`tcp://`, `udp://` or `sctp://` with address and port, `fwmark:N`, or `fwmark6:N` for IPv6"
                .to_owned()
        }
        Takes::Server => "address or host name, with or without a port; `FIRST-LAST:PORT` for a range".to_owned(),
        Takes::List(items) => format!("list of: {}", described(items)),
        Takes::Named(values) => format!("names of your choice, each with: {}", described(values)),
        Takes::Part(shape) => format!("keys of [{0}](#{0})", shape.name()),
        Takes::Mapping(shape) if shape.keys().is_empty() => "no keys".to_owned(),
        Takes::Mapping(shape) => format!("[{0}](#{0})", shape.name()),
        Takes::Either(forms) => forms
            .iter()
            .map(described)
            .collect::<Vec<_>>()
            .join("; or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_key_says_what_it_means() {
        for (shape, _) in shapes() {
            for (key, takes) in shape.keys() {
                let row = format!("{}: {}", shape.name(), key.name);
                assert!(!described(&takes).is_empty(), "{row}");
                assert!(!matches!(takes, Takes::Number("")), "{row} counts nothing");
                assert!(key.meaning.ends_with('.'), "{row} has no meaning");
                assert!(!key.meaning.contains('|'), "{row} would break the page");
            }
        }
    }
}
