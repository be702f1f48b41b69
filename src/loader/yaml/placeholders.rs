//! What an argument of a program likely means to be replaced, and is not: a misspelled placeholder, a variable of a shell.

use super::node::{Content, Node};
use super::reader::Reader;

const KNOWN: [&str; 4] = ["vip", "vport", "rip", "rport"];
/// Other words for them.
const OTHERS: [(&str, &str); 12] = [
    ("ip", "rip"),
    ("host", "rip"),
    ("address", "rip"),
    ("addr", "rip"),
    ("server", "rip"),
    ("real_ip", "rip"),
    ("port", "rport"),
    ("real_port", "rport"),
    ("virtual", "vip"),
    ("vipx", "vip"),
    ("virtual_ip", "vip"),
    ("virtual_port", "vport"),
];

/// Warns about each argument of a program that is not replaced as it seems to be meant.
pub(super) fn warn(arguments: &Node, reader: &mut Reader) {
    let Content::List(items) = &arguments.content else {
        return;
    };
    for item in items {
        let text = item.scalar().map(|scalar| scalar.text.as_str());
        let Some((start, end, meant)) = text.and_then(suspicious) else {
            continue;
        };
        let written = &text.unwrap_or_default()[start..end];
        let message = format!("{written} is passed to the program as it is");
        let hint = format!(
            "write {{{meant}}}; ipvsd replaces {{vip}}, {{vport}}, {{rip}} and {{rport}}, and runs no shell"
        );
        reader.warning(&item.part(start..end), message, hint);
    }
}

/// The first such part of an argument, and the placeholder that was meant.
fn suspicious(text: &str) -> Option<(usize, usize, &'static str)> {
    for (at, sign) in text.match_indices(['{', '$']) {
        let behind = &text[at + 1..];
        let behind_brace = behind.strip_prefix('{').unwrap_or(behind);
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let length = behind_brace
            .find(|c| !is_word(c))
            .unwrap_or(behind_brace.len());
        let word = behind_brace[..length].to_ascii_lowercase();
        let closed = behind_brace[length..].starts_with('}');
        let is_written = sign == "{" && closed && KNOWN.contains(&&behind_brace[..length]);
        let meant = KNOWN
            .iter()
            .find(|known| **known == word)
            .copied()
            .or_else(|| Some(OTHERS.iter().find(|(other, _)| *other == word)?.1));
        if let Some(meant) = meant.filter(|_| !is_written) {
            let end = text.len() - behind_brace.len() + length + usize::from(closed);
            return Some((at, end, meant));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_likely_meant_as_a_placeholder_is_found() {
        for (text, found) in [
            ("{rip}", None),
            ("http://{rip}:{rport}/", None),
            ("{ip}", Some(("{ip}", "rip"))),
            ("{rip", Some(("{rip", "rip"))),
            ("x={RIP}", Some(("{RIP}", "rip"))),
            ("$RIP", Some(("$RIP", "rip"))),
            ("${VPORT}", Some(("${VPORT}", "vport"))),
            ("{vipx}", Some(("{vipx}", "vip"))),
            ("{\"a\": 1}", None),
            ("$HOME", None),
            ("a{2}", None),
            ("{", None),
        ] {
            let shown = suspicious(text).map(|(start, end, meant)| (&text[start..end], meant));
            assert_eq!(shown, found, "{text}");
        }
    }
}
