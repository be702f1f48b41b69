//! Parameters: `$NAME=VALUE`, used as `$NAME` and `${NAME}`, with values of several lines.

use std::collections::BTreeMap;

/// Characters of a line at most, as keepalived has it.
const LONGEST_LINE: usize = 65_536;

/// What parameters stand for, by their names. A value of several lines has several entries.
#[derive(Debug, Default)]
pub(crate) struct Parameters {
    values: BTreeMap<String, Vec<String>>,
}

/// A line in which parameters were replaced.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Replaced {
    /// No known parameter occurs.
    Unchanged,
    /// The line, and the lines that follow it when a value has several.
    Lines(String, Vec<String>),
    /// The line would grow beyond all bounds.
    TooLong,
}

/// `$NAME=` at the start of a line, without a blank before the equals sign: the name, and the text behind it.
pub(crate) fn definition(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.strip_prefix('$')?.split_once('=')?;
    is_name(name).then(|| (name, value.trim_start_matches([' ', '\t'])))
}

fn is_name(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

impl Parameters {
    /// The parameters that exist in every file.
    pub(crate) fn usual() -> Self {
        let mut parameters = Self::default();
        parameters.set("_HASH", vec!["#".to_owned()]);
        parameters.set("_BANG", vec!["!".to_owned()]);
        parameters
    }

    pub(crate) fn set(&mut self, name: &str, value: Vec<String>) {
        self.values.insert(name.to_owned(), value);
    }

    /// Replaces every known parameter of a line once. Unknown ones stay, and so do values of several lines in the middle of one.
    pub(crate) fn replace(&self, line: &str) -> Replaced {
        let mut text = String::new();
        let mut following = Vec::new();
        let mut rest = line;
        let mut changed = false;
        while let Some(at) = rest.find('$') {
            text.push_str(&rest[..at]);
            rest = &rest[at + 1..];
            let reference = reference(rest);
            let value = reference.as_ref().and_then(|found| self.value(found, rest));
            match (reference, value) {
                (Some(found), Some(value)) => {
                    changed = true;
                    text.push_str(value.first().map_or("", String::as_str));
                    following.extend(value.iter().skip(1).cloned());
                    rest = &rest[found.length..];
                }
                _ => text.push('$'),
            }
            if text.len() > LONGEST_LINE {
                return Replaced::TooLong;
            }
        }
        text.push_str(rest);
        match changed {
            true => Replaced::Lines(text, following),
            false => Replaced::Unchanged,
        }
    }

    fn value(&self, found: &Reference<'_>, rest: &str) -> Option<&[String]> {
        let value = self.values.get(found.name).filter(|_| found.is_complete)?;
        let is_last = found.length == rest.len();
        (value.len() <= 1 || is_last).then_some(value)
    }

    /// The first known parameter of a line that is not replaced because of what follows it.
    pub(crate) fn left(&self, line: &str) -> Option<&str> {
        let mut dollars = line.match_indices('$');
        dollars.find_map(|(at, _)| {
            let name = reference(&line[at + 1..])?.name;
            self.values
                .get_key_value(name)
                .map(|(known, _)| known.as_str())
        })
    }
}

/// What stands behind a dollar sign.
#[derive(Debug)]
struct Reference<'t> {
    name: &'t str,
    /// Bytes that it takes.
    length: usize,
    /// Whether it ends as it has to: by its brace, or before a blank, a comma, a closing parenthesis or the end of the line.
    is_complete: bool,
}

fn reference(text: &str) -> Option<Reference<'_>> {
    let word = |text: &str| {
        let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_');
        end.unwrap_or(text.len())
    };
    let (braced, inner) = match text.strip_prefix('{') {
        Some(inner) => (true, inner),
        None => (false, text),
    };
    let end = word(inner);
    let behind = &inner[end..];
    (end > 0).then(|| Reference {
        name: &inner[..end],
        length: end + if braced { 2 } else { 0 },
        is_complete: match braced {
            true => behind.starts_with('}'),
            false => behind.is_empty() || behind.starts_with([' ', '\t', ',', ')']),
        },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Parameters {
        let mut parameters = Parameters::default();
        parameters.set("IP", vec!["10.0.0.1".to_owned()]);
        parameters.set("TWO", vec!["weight 1".to_owned(), "alpha".to_owned()]);
        parameters
    }

    #[test]
    fn parameters_are_replaced_where_they_are_known() {
        let lines = |text: &str, more: &[&str]| {
            Replaced::Lines(
                text.to_owned(),
                more.iter().map(|&line| line.to_owned()).collect(),
            )
        };
        for (line, expected) in [
            ("real_server $IP 80", lines("real_server 10.0.0.1 80", &[])),
            (
                "real_server ${IP}0 80",
                lines("real_server 10.0.0.10 80", &[]),
            ),
            ("$IPX", Replaced::Unchanged),
            ("$IP.1", Replaced::Unchanged),
            ("$IP, $IP", lines("10.0.0.1, 10.0.0.1", &[])),
            ("$TWO and more", Replaced::Unchanged),
            ("${IP", Replaced::Unchanged),
            ("a$", Replaced::Unchanged),
            ("$TWO", lines("weight 1", &["alpha"])),
        ] {
            assert_eq!(some().replace(line), expected, "{line}");
        }
    }

    #[test]
    fn a_parameter_that_is_not_replaced_is_found() {
        assert_eq!(some().left("real_server $IP.1 80"), Some("IP"));
        assert_eq!(some().left("regex \"a$\" $IPX"), None);
    }

    #[test]
    fn a_definition_has_a_name_and_a_value() {
        assert_eq!(definition("$A= b c"), Some(("A", "b c")));
        assert_eq!(definition("$A_1=\"b\""), Some(("A_1", "\"b\"")));
        for line in ["$1=a", "$A =b", "A=b", "$A", "${A}=b"] {
            assert_eq!(definition(line), None, "{line}");
        }
    }
}
