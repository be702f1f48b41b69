//! What expressions match, and how much work that may be.

use super::*;

fn matches(text: &str, haystack: &[u8]) -> bool {
    Pattern::parse(text).unwrap().is_match(haystack)
}

#[test]
fn answers_are_bytes_and_need_not_be_utf_8() {
    assert!(matches("^caf.$", b"caf\xe9"));
    assert!(matches("café", "un café".as_bytes()));
    assert!(matches("[^a]b", b"\xffb"));
    assert!(matches(r"M\xFCller", b"Herr M\xfcller"));
    assert!(!matches(r"M\xFCller", "Herr Müller".as_bytes()));
    assert!(matches(r"^\p{L}+$", "café".as_bytes()));
    assert!(!matches("^caf.$", b"caf\n\n"));
}

#[test]
fn expressions_mean_what_they_mean_to_perl() {
    // Expression, an answer that it is found in, and one that it is not found in; all seen with Perl 5.36.
    for (text, found, missed) in [
        (
            r#"{"status":"UP"}"#,
            r#"{"status":"UP"}"#,
            r#"{"status":"DOWN"}"#,
        ),
        (r#""state":{"a":1"#, r#"{"state":{"a":1}}"#, "state"),
        ("^{", "{}", "}{"),
        ("a{b}", "a{b}", "ab"),
        ("a{2}b", "aab", "ab"),
        ("^a{,2}b", "aab", "aaab"),
        (r"\x{41}{2}", "AA", "A"),
        (r"\<html\>", "<html>", "html"),
        ("[[]", "[", "]"),
        ("[a&&b]", "&", "-"),
        ("[~~]", "~", "-"),
        ("[]]", "]", "["),
        ("[^]a]", "b", "]"),
        (r"[\]]", "]", "["),
        ("[[:digit:]{]x", "{x", "[x"),
        (r"a\hb", "a\tb", "afb"),
        (r"a[\h]b", "a b", "afb"),
        (r"a\Rb", "a\r\nb", "aRb"),
        (r"\y\i", "yi", "ab"),
        (r"\Qa.b", "Qa.b", "a.b"),
        (r"\u0041", "u0041", "A"),
        (r"\e", "\u{1b}", "e"),
        (r"a/b\/c", "a/b/c", "abc"),
        (r"^(\w)\1$", "aa", "ab"),
        (r"OK\Z", "OK\n", "OK\n\n"),
        (r"\pL", "a", "1"),
        ("(?<=a)b", "ab", "cb"),
        (r"^[\w-.]+ up", "web-1.example up", "web/1 up"),
        (r"^[\d-x]+$", "1-x", "1wx"),
        (r"^[a-\d]+$", "a-1", "b1"),
        (r"^[a-c-e]+$", "b-e", "d"),
        ("^[-a]+$", "-a", "b"),
        ("^[a-]+$", "-a", "b"),
        ("^[^-a]$", "b", "-"),
        ("^[[:alpha:]-1]+$", "a-1", "a 1"),
        (r"^[\x41-\x43]$", "B", "D"),
        (r"\101", "A", "B"),
        (r"^[\101-\103]$", "B", "D"),
        (r"a\0b", "a\0b", "a0b"),
        ("(?^:ok)", "ok", "OK"),
        ("(?i)a(?^:ok)", "Aok", "AOK"),
        ("(?^i:ok)", "OK", "no"),
        ("(?a)ok", "ok", "OK"),
        ("(?n)(o)k", "ok", "OK"),
        ("(?ai:ok)", "OK", "no"),
        ("(?#what is good)ok", "ok", "OK"),
        ("(?-i:ok)", "ok", "OK"),
        (r"\Qa.b\E", "QaxbE", "a.b"),
        (r"\LAB\E", "LABE", "abE"),
        (r"a\Vb", "axb", "a\nb"),
        (r"^(a)\g1$", "aa", "ag1"),
        (r"^(a)(b)\g{1}0$", "aba0", "abb0"),
        (r"^(a)(b)\g{-1}$", "abb", "aba"),
        (r"^(?:x)(a)(b)\g{-2}$", "xaba", "xabb"),
        (r"^(?<n>a)\k{n}$", "aa", "an"),
        (r"^(?<n>a)b\g{n}$", "aba", "abb"),
        (r"^(?:x)(?<n>a)(b)\g{-2}$", "xaba", "xabb"),
        (r"^(?P<n>a)(b)\1(?P=n)$", "abaa", "abab"),
        (r"^(?'n'a)(?<m>b)\k'm'\k<n>$", "abba", "abab"),
        (r"^\N{U+41}$", "A", "N"),
    ] {
        assert!(matches(text, found.as_bytes()), "{text} in {found}");
        assert!(!matches(text, missed.as_bytes()), "{text} in {missed}");
    }
    assert!(Pattern::parse("O(K").is_err());
    assert!(Pattern::parse("[a").is_err());
    assert!(Pattern::parse("*").is_err());
}

#[test]
fn look_around_means_what_it_means_to_perl() {
    // All seen with Perl 5.36.
    for (text, found, missed) in [
        ("(?!.*ERROR)OK", "OK then", "OK but ERROR"),
        ("^(?!.*ERROR).*OK", "all OK", "OK ERROR"),
        ("OK(?!.*ERROR)", "ERROR OK", "OK ERROR"),
        ("(?=.*UP)OK", "OK UP", "UP OK"),
        ("^(?=.*UP)(?=.*OK)", "OK UP", "OK"),
        ("UP.*(?<!DOWN)OK", "UP OK", "UP DOWNOK"),
        ("(?<!NOT )OK", "is OK", "NOT OK"),
        ("^((?!ERROR).)*OK$", "a\u{e4} OK", "ERROR OK"),
        ("(?s)^((?!ERROR).)*OK", "a\nOK", "ERROR\nOK"),
        ("^((?!ERROR).)*OK", "OK", "a\nOK"),
        (r"(?<=\d{3})px", "100px", "10px"),
        ("(?<=a|bc)d", "bcd", "cd"),
        ("(?i)(?!.*error)ok", "OK", "OK ERROR"),
        (r"(?!.*\bdown\b)^up", "up downtown", "up down"),
        ("(?=(?!ab)a)a.", "ac", "ab"),
        ("(?!a(?=b))a", "ac", "ab"),
        ("(?<=(?<!x)a)b", "ab", "xab"),
        (r"(?m)^(?!#).+$", "# a\nb", "# a\n# b"),
        (r"(?=.{3}$)\w+", "abc", "ab"),
        ("(?:(?=a)|(?!b)c)d?", "a", "b"),
        (r"(?<!\pL)1", "1", "\u{e4}1"),
        (r"(\w+)\s+\1", "say say", "say so"),
        (r"(?i)(ab)\1", "abAB", "abba"),
        (r"^(a*)(b)\1$", "aabaa", "aaba"),
        (r"(?<q>['x]).*\k<q>", "'a'", "'ax"),
        (r"(?=(\w+))\1:", "abc:", "abc"),
        (r"^(?!(.).*\1)\w+$", "abc", "aba"),
        (r"(?>a+)b", "aab", "aac"),
        (r"^(?>a|ab)c$", "ac", "abc"),
        (r"(?>a++)b", "aab", "a"),
        (r"^(a)?(?(1)b|c)$", "ab", "ac"),
        (r"^(a)?(?(1)b|c)$", "c", "b"),
        (r"(a*)*\1x", "aax", "aay"),
        (r"^(a|b)*?\1c", "abbc", "abc"),
        (r"a\Kb", "ab", "ba"),
        (r"\Ga", "ab", "ba"),
    ] {
        assert!(matches(text, found.as_bytes()), "{text} in {found}");
        assert!(!matches(text, missed.as_bytes()), "{text} in {missed}");
    }
    assert!(Pattern::parse(r"(a)\2").is_err());
    assert!(Pattern::parse("x{2,1}").is_err());
    assert!(Pattern::parse(r"(?=(a{1000}){1000})").is_err());
}

/// An answer on one line of 100 kB, which has `end` at its end.
fn long_line(byte: u8, end: &[u8]) -> Vec<u8> {
    let mut line = vec![byte; 100_000 - end.len()];
    line.extend_from_slice(end);
    line
}

fn search(text: &str, haystack: &[u8], steps: usize) -> (Effort, Result<bool, Unfinished>) {
    let pattern = Pattern::parse(text).unwrap();
    let steps = u64::try_from(steps).unwrap();
    let found = pattern.search_within(haystack, &mut Budget::new(steps, &|| false));
    (pattern.effort(), found)
}

#[test]
fn look_around_takes_so_many_steps_as_the_text_is_long() {
    for (text, byte, end, expected) in [
        ("(?!.*ERROR)OK", b'x', &b"OK"[..], true),
        ("(?!.*ERROR)OK", b'x', b"OK ERROR", false),
        ("(?!.*ERROR).OK", b'x', b"OK ERROR", false),
        ("^(?!.*ERROR).*OK", b'x', b"OK", true),
        ("OK(?!.*ERROR)", b'x', b"OK", true),
        ("(?=.*UP)x+OK", b'x', b"OK UP", true),
        ("UP.*(?<!DOWN)OK", b'x', b"UP OK", true),
        ("(?=a*b)c", b'a', b"c", false),
        ("^((?!ERROR).)*OK$", b'x', b"OK", true),
        ("^((?!ERROR).)*OK$", b'x', b"ERROR OK", false),
        (r"(?=(x+x+)+y)x", b'x', b"", false),
    ] {
        let line = long_line(byte, end);
        let found = search(text, &line, 60 * line.len());
        assert_eq!(found, (Effort::Runs, Ok(expected)), "{text}");
    }
}

#[test]
fn what_needs_no_long_way_back_takes_few_steps_too() {
    for (text, end, expected) in [
        (r"(\w)-\1", &b"a-a"[..], true),
        (r"(\w)-\1", b"a-b", false),
        (r"(ab|cd)\s+\1", b"cd cd", true),
        (r"(\w+)\s+\1!", b"ok", false),
    ] {
        let line = long_line(b'x', end);
        let found = search(text, &line, 60 * line.len());
        assert_eq!(found, (Effort::Backtracking, Ok(expected)), "{text}");
    }
}

#[test]
fn a_search_that_would_not_end_is_given_up() {
    for text in [
        r"(a+)+\1b",
        r"(.*)\1\1OK",
        r"(\w+)\s+\1",
        r"(?=(a*)*\1$)b|c\1",
        r"((a?)*)*\1\1b",
    ] {
        let found = search(text, &long_line(b'a', b"OKb"), 3_000_000);
        let expected = (Effort::Backtracking, Err(Unfinished::TooMuchWork));
        assert_eq!(found, expected, "{text}");
    }
}

#[test]
fn a_search_ends_when_the_caller_has_given_up() {
    for text in [r"(a+)+\1b", "(?!.*ERROR)a+b"] {
        let found = Pattern::parse(text).unwrap();
        let found = found.search(&long_line(b'a', b"b"), &|| true);
        assert_eq!(found, Err(Unfinished::Interrupted), "{text}");
    }
}
