//! Expressions that answers are compared with, before anybody relies on them: what is no expression to Perl either is
//! replaced by one that is found in no answer and still shows what was written.

use director_core::definitions::{CheckKindDefinition, Placed, ServiceDefinition};
use director_core::diagnostic::Place;
use director_core::model::Pattern;

/// What Perl knows and our engines do not. It may be a good expression there, so it stays, and is refused with a reason.
const ONLY_PERL: &[&str] = &[
    "(?R", "(?&", "(?P>", "(?{", "(??{", "(?|", "(?+", "(*", "\\K", "\\X", "\\G", "\\N{", "\\b{",
    "\\B{",
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
        CheckKindDefinition::Conversation(conversation) => conversation.receive.as_mut(),
        CheckKindDefinition::Combined { question, .. } => of_check(question),
        _ => None,
    }
}

/// Puts in place of an expression that is none one that is never found.
pub(super) fn make_sane(receive: &mut Placed<String>, faults: &mut Vec<(Place, String)>) {
    let Err(error) = Pattern::parse(&receive.value) else {
        return;
    };
    if is_perls(&receive.value) {
        return;
    }
    faults.push((receive.place.clone(), error.to_string()));
    receive.value = never(&receive.value);
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
    let mut out = String::from(r"[^\s\S] in place of ");
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
    fn what_only_perl_knows_is_left_alone() {
        for text in ["(a(?R)?b)", "(a|b(?1))", "(?|a|b)", "(?{1})", "(*FAIL)"] {
            assert!(is_perls(text), "{text}");
        }
        for text in ["O(K", "(?i)a(", "(?-i:a)(", "(?<x>a)("] {
            assert!(!is_perls(text), "{text}");
        }
    }
}
