//! Regular expressions mean what they mean in Perl where ldirectord's files can tell the difference.

use director_core::model::Pattern;

fn found(pattern: &str, text: &str) -> Result<bool, director_core::model::PatternError> {
    Ok(Pattern::parse(pattern)?.is_match(text.as_bytes()))
}

#[test]
fn a_dollar_stands_before_a_last_line_end_too() {
    for (pattern, text, expected) in [
        ("^OK$", "OK", true),
        ("^OK$", "OK\n", true),
        ("^OK$", "OK\n\n", false),
        ("^OK$", "OK\nmore\n", false),
        ("^real[12]$|^spare$", "real2\n", true),
        ("^O(?!X)K$", "OK\n", true),
        (r"cost: 5\$", "cost: 5$\n", true),
        ("^OK", "not OK\n", false),
    ] {
        assert_eq!(found(pattern, text), Ok(expected), "{pattern} in {text:?}");
    }
}
