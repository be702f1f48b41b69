//! What is usually behind a text that is no YAML, or none of this format: signs that look like others, a missing blank, the
//! configuration of another program.

use std::sync::Arc;

use director_core::diagnostic::{Diagnostic, Place};

/// Signs that look like others, and what to write in their place.
const LOOKALIKES: [(char, &str, &str); 12] = [
    ('\u{a0}', "a no-break space", "a space"),
    ('\u{202f}', "a narrow no-break space", "a space"),
    ('\u{2007}', "a figure space", "a space"),
    ('\u{3000}', "an ideographic space", "a space"),
    ('\u{200b}', "a zero-width space", "nothing"),
    ('\u{feff}', "a byte order mark", "nothing"),
    ('\u{201c}', "a typographic quote", "a plain quote \""),
    ('\u{201d}', "a typographic quote", "a plain quote \""),
    ('\u{201e}', "a typographic quote", "a plain quote \""),
    ('\u{2018}', "a typographic quote", "a plain quote '"),
    ('\u{2019}', "a typographic quote", "a plain quote '"),
    ('\u{ff1a}', "a full-width colon", "a plain colon"),
];

/// The first sign of a line that looks like another one, outside of comments and quotes.
fn lookalike(line: &str) -> Option<(u32, String, String)> {
    let mut quote = None;
    for (position, sign) in line.chars().enumerate() {
        match (quote, sign) {
            (None, '#') => return None,
            (None, '"' | '\'') => quote = Some(sign),
            (Some(open), _) if open == sign => quote = None,
            _ => {}
        }
        let known = LOOKALIKES.iter().find(|(known, _, _)| *known == sign);
        if let Some((_, name, instead)) = known.filter(|_| quote.is_none()) {
            let column = u32::try_from(position + 1).unwrap_or(u32::MAX);
            let message = format!("this is {name} (U+{:04X})", u32::from(sign));
            return Some((column, message, format!("replace it with {instead}")));
        }
    }
    None
}

/// The finding about the first such sign in these lines (from 1).
pub(super) fn lookalike_in(
    text: &str,
    lines: std::ops::RangeInclusive<usize>,
    file: &Arc<str>,
) -> Option<Diagnostic> {
    let (first, last) = (*lines.start(), *lines.end());
    let numbered = text.lines().enumerate().skip(first.saturating_sub(1));
    let mut found = numbered.take((last + 1).saturating_sub(first));
    found.find_map(|(index, line)| {
        let (column, message, hint) = lookalike(line)?;
        let number = u32::try_from(index + 1).unwrap_or(u32::MAX);
        let place = Place::new(file, number, column, 1);
        Some(Diagnostic::error(&place, message).hint(hint))
    })
}

/// A key with its value and no blank between them, such as `port:8080`.
pub(super) fn without_blank(text: &str) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let is_key = key.len() > 1
        && key
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte == b'_');
    let is_url = value.starts_with("//");
    (is_key && !value.is_empty() && !value.starts_with(' ') && !is_url)
        .then(|| format!("{key}: {value}"))
}

/// The format of another program that a file is written in, and what to do about it.
pub(super) fn other_format(text: &str) -> Option<(&'static str, &'static str)> {
    let lines = || {
        text.lines()
            .map(str::trim_end)
            .filter(|line| !line.trim_start().starts_with('#'))
    };
    let begins =
        |words: &[&str]| lines().any(|line| words.iter().any(|word| line.starts_with(word)));
    let yaml = "write it in YAML; examples/ has a file for each feature";
    let key = |line: &str| Some(line.split_once('=')?.0.trim().to_owned());
    let has_key = |wanted: &str| lines().filter_map(key).any(|key| key == wanted);
    if (has_key("virtual") || has_key("virtual6")) && (has_key("real") || has_key("real6")) {
        return Some((
            "an ldirectord.cf",
            "rename it to end in .cf, or use ipvsctl convert for YAML",
        ));
    }
    if begins(&[
        "virtual_server ",
        "vrrp_instance ",
        "global_defs {",
        "vrrp_script ",
        "virtual_server_group ",
    ]) {
        return Some((
            "a keepalived.conf",
            "rename it to end in .conf, or use ipvsctl convert for YAML",
        ));
    }
    if begins(&["-A -", "-a -", "ipvsadm -", "ipvsadm --"]) {
        return Some(("rules of ipvsadm", yaml));
    }
    let is_section = |line: &str| {
        let mut words = line.split(' ');
        let section = words.next().unwrap_or_default();
        let named = matches!(section, "frontend" | "backend" | "listen") && words.next().is_some();
        let alone = matches!(line, "global" | "defaults");
        (named || alone) && !line.contains(':')
    };
    if lines().any(is_section) {
        return Some(("an haproxy.cfg", yaml));
    }
    if begins(&["http {", "stream {", "upstream "]) {
        return Some(("an nginx.conf", yaml));
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_other_programs_are_known() {
        let name = |text| other_format(text).map(|(name, _)| name);
        for (text, format) in [
            (
                "# a\nvirtual=192.0.2.1:80\n  real=10.0.0.1 gate\n",
                Some("an ldirectord.cf"),
            ),
            (
                "virtual_server 192.0.2.10 80 {\n}\n",
                Some("a keepalived.conf"),
            ),
            ("frontend www\n    bind *:80\n", Some("an haproxy.cfg")),
            ("-A -t 192.0.2.10:80 -s rr\n", Some("rules of ipvsadm")),
            ("services:\n- listen: x\n", None),
            ("defaults:\n  service: {}\n", None),
        ] {
            assert_eq!(name(text), format, "{text}");
        }
    }

    #[test]
    fn a_sign_that_looks_like_another_is_found_where_it_counts() {
        let file = Arc::from("a.yaml");
        let found = |text: &str| {
            lookalike_in(text, 1..=9, &file).map(|one| (one.place.line, one.place.column))
        };
        assert_eq!(found("a:\u{a0}b"), Some((1, 3)));
        assert_eq!(found("a: b\nc: \u{201c}d\u{201d}"), Some((2, 4)));
        assert_eq!(found("a: \"\u{a0}\" # \u{a0}"), None);
    }

    #[test]
    fn a_blank_is_missing_behind_keys_only() {
        for (text, meant) in [
            ("port:8080", Some("port: 8080")),
            ("address:10.0.0.11", Some("address: 10.0.0.11")),
            ("tcp://a", None),
            ("10.0.0.1:80", None),
            ("www.example.org:80", None),
            ("port: 1", None),
        ] {
            assert_eq!(without_blank(text).as_deref(), meant, "{text}");
        }
    }
}
