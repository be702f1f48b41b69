//! Expressions that answers are compared with, before anybody relies on them: what is no expression to Perl either is
//! replaced by one that is found in no answer, what only Perl can look for by one that is found in every answer, so that it
//! takes nobody out; both still show what was written.

use director_core::definitions::{CheckKindDefinition, Placed, ServiceDefinition};
use director_core::diagnostic::Place;
use director_core::model::Pattern;

/// What Perl knows and our engines do not. It may be a good expression there.
const ONLY_PERL: &[&str] = &[
    "(?[", "(?R", "(?&", "(?P>", "(?{", "(??{", "(?|", "(?+", "(*", "\\K", "\\X", "\\G", "\\N{",
    "\\b{", "\\B{",
];

/// The expressions of a service and of its real servers.
pub(super) fn all_of(service: &mut ServiceDefinition) -> impl Iterator<Item = &mut Placed<String>> {
    let check = service.check.kind.as_mut();
    let own = check.and_then(|kind| of_check(&mut kind.value));
    let servers = service.real_servers.iter_mut();
    own.into_iter()
        .chain(servers.filter_map(|server| server.receive.as_mut()))
}

fn of_check(check: &mut CheckKindDefinition) -> Option<&mut Placed<String>> {
    match check {
        CheckKindDefinition::Http(http) => http.body.as_mut(),
        CheckKindDefinition::Protocol(check) => check.receive.as_mut(),
        _ => None,
    }
}

/// An expression that cannot be looked for.
pub(super) struct Fault {
    pub(super) place: Place,
    /// What is wrong with it.
    pub(super) why: String,
    /// It may be a good one to Perl.
    pub(super) is_perls: bool,
}

/// Puts in place of an expression that cannot be looked for one that is found nowhere, or everywhere if it is Perl's.
pub(super) fn make_sane(receive: &mut Placed<String>, faults: &mut Vec<Fault>) {
    let Err(error) = Pattern::parse(&receive.value) else {
        return;
    };
    let is_perls = is_perls(&receive.value);
    faults.push(Fault {
        place: receive.place.clone(),
        why: error.to_string(),
        is_perls,
    });
    receive.value = if is_perls {
        always(&receive.value)
    } else {
        never(&receive.value)
    };
}

fn is_perls(text: &str) -> bool {
    let recurses = text.match_indices("(?").any(|(at, _)| {
        let rest = text[at + 2..].trim_start_matches('-');
        rest.starts_with(|c: char| c.is_ascii_digit())
    });
    recurses || ONLY_PERL.iter().any(|word| text.contains(word))
}

/// No character is neither blank nor anything else, so the rest is only to be read.
fn never(text: &str) -> String {
    literally(r"[^\s\S] in place of ", text)
}

/// Nothing is found in every answer, so the rest is only to be read.
fn always(text: &str) -> String {
    literally(r"|in place of ", text)
}

fn literally(before: &str, text: &str) -> String {
    let mut out = String::from(before);
    for c in text.chars() {
        if c.is_ascii_punctuation() {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_for_a_bad_expression_is_an_expression_and_found_nowhere() {
        for text in [
            "O(K",
            "[a",
            "*",
            "a\\",
            "x{2,1}",
            "é(",
            "a b#(",
            "\"'<>&~-/(",
        ] {
            assert!(Pattern::parse(text).is_err(), "{text}");
            let stand_in = Pattern::parse(&never(text)).expect(text);
            for answer in ["", "OK", text, &never(text), "[^\\s\\S] in place of O(K"] {
                assert!(!stand_in.is_match(answer.as_bytes()), "{text} in {answer}");
            }
        }
    }

    #[test]
    fn what_only_perl_knows_is_found_in_every_answer() {
        for text in ["(a(?R)?b)", "(a|b(?1))", "(?|a|b)", "(?{1})", "(*FAIL)"] {
            assert!(is_perls(text), "{text}");
            let stand_in = Pattern::parse(&always(text)).expect(text);
            for answer in ["", "OK", text] {
                assert!(stand_in.is_match(answer.as_bytes()), "{text} in {answer}");
            }
        }
        for text in ["O(K", "(?i)a(", "(?-i:a)(", "(?<x>a)("] {
            assert!(!is_perls(text), "{text}");
        }
    }
}
