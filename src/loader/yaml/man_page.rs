//! The table of keys as a manual page: ipvsd.yaml(5).

use roff::{Inline, Roff, bold, italic, roman};

use super::mapping::{Key, Shape, Takes};
use super::page::{VALUES, described, shapes};

const ABOUT: &str = "\
ipvsd reads its configuration from a YAML file, `/etc/ipvsd/ipvsd.yaml` unless `--config` names another one. `ipvsctl check FILE` \
finds all errors in a file at once. `ipvsctl schema` prints the same keys as a JSON Schema for editors. After a change run \
`ipvsctl reload`, or set `reload_on_change`. A configuration with errors is refused, and the previous one stays in force.";

const EXAMPLE: &str = "\
services:
  - name: web
    listen: tcp://192.0.2.10:80
    scheduler: wrr
    forwarding: nat
    check:
      http: {path: /health}
      every: 5s
      fall: 3
    real_servers: [10.0.0.11:80, 10.0.0.12:80]
    fallback: 10.0.0.99:80";

/// The page. `date` and `source` stand at its foot.
#[must_use]
pub fn man_page(date: &str, source: &str) -> String {
    let mut page = Roff::new();
    page.control("TH", ["IPVSD.YAML", "5", date, source, "File formats"]);
    page.control("SH", ["NAME"]);
    page.text([roman(
        "ipvsd.yaml - configuration of ipvsd, the director daemon for Linux IPVS",
    )]);
    page.control("SH", ["DESCRIPTION"]);
    page.text(marked(ABOUT));
    page.control("PP", []);
    page.text(marked(VALUES.trim_end()));
    page.control("PP", []);
    page.text([roman(
        "Each section below has the keys of one mapping. A name in italics is such a section.",
    )]);
    page.control("SH", ["EXAMPLES"]);
    page.control("nf", []);
    for line in EXAMPLE.lines() {
        page.text([roman(line)]);
    }
    page.control("fi", []);
    page.text([roman("More are in /usr/share/doc/ipvsd/examples.")]);
    page.control("SH", ["KEYS"]);
    for (shape, used) in shapes() {
        section(&mut page, shape, &used);
    }
    page.control("SH", ["FILES"]);
    page.text([bold("/etc/ipvsd/ipvsd.yaml")]);
    page.control("SH", ["SEE ALSO"]);
    page.text([bold("ipvsd"), roman("(8),")]);
    page.text([bold("ipvsctl"), roman("(8)")]);
    page.render()
}

fn section(page: &mut Roff, shape: &dyn Shape, used: &[(&str, &str)]) {
    page.control("SS", [shape.name()]);
    if !used.is_empty() {
        let places: Vec<String> = used
            .iter()
            .map(|(shape, key)| format!("`{key}` of [{shape}](#{shape})"))
            .collect();
        page.text(marked(&format!("Used in: {}.", places.join(", "))));
    }
    for (key, takes) in shape.keys() {
        entry(page, key, &takes);
    }
}

fn entry(page: &mut Roff, key: &Key, takes: &Takes) {
    page.control("TP", []);
    let mut head = vec![bold(key.name), roman(": ")];
    head.extend(marked(&described(takes)));
    page.text(head);
    page.text(marked(key.meaning));
    page.control("br", []);
    match key.default {
        Some(default) => page.text(marked(&format!("Default: {default}."))),
        None => page.text([bold("Required.")]),
    };
    if key.example != "{}" {
        page.control("br", []);
        page.text([roman("Example: "), bold(key.example())]);
    }
}

/// Text with the marks of Markdown that the table of keys uses: code in bold, and names of sections in italics.
fn marked(text: &str) -> Vec<Inline> {
    let mut inlines = Vec::new();
    for (part, text) in text.split('`').enumerate() {
        if part % 2 == 1 {
            inlines.push(bold(text));
            continue;
        }
        let mut rest = text;
        while let Some((before, name, after)) = link(rest) {
            inlines.extend([roman(before), italic(name)]);
            rest = after;
        }
        inlines.push(roman(rest));
    }
    inlines
}

/// The first link to a section: the text before it, its name, and the text after it.
fn link(text: &str) -> Option<(&str, &str, &str)> {
    let (head, tail) = text.split_once("](#")?;
    let (before, name) = head.rsplit_once('[')?;
    let (_, after) = tail.split_once(')')?;
    Some((before, name, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_become_fonts() {
        let mut page = Roff::new();
        page.text(marked("`a` of [b](#b), c"));
        assert_eq!(page.to_roff(), "\\fBa\\fR of \\fIb\\fR, c\n");
    }

    #[test]
    fn every_key_has_an_entry() {
        let page = man_page("", "");
        for (shape, _) in shapes() {
            for (key, _) in shape.keys() {
                let name = key.name.replace('-', "\\-");
                assert!(page.contains(&format!("\\fB{name}\\fR: ")), "{name}");
            }
        }
    }
}
