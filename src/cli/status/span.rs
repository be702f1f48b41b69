//! Time spans for people, and lines.

/// A time span as an operator says it: `12.3 s`, `4m05s`, `3h12m`, `2d04h`.
pub(in crate::cli) fn span(seconds: f64) -> String {
    // Whole seconds from here on; a span is never negative.
    let whole = seconds.max(0.0) as u64;
    match whole {
        0..60 => format!("{seconds:.1} s"),
        60..3_600 => format!("{}m{:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h{:02}m", whole / 3_600, whole / 60 % 60),
        _ => format!("{}d{:02}h", whole / 86_400, whole / 3_600 % 24),
    }
}

/// A text with blanks behind it up to a width. Widths in format strings end at 65535, and then they panic.
pub(super) fn padded(text: &str, width: usize) -> String {
    let missing = width.saturating_sub(text.chars().count());
    text.to_owned() + &" ".repeat(missing)
}

pub(super) fn line(text: &mut String, content: &str) {
    text.push_str(content);
    text.push('\n');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_may_be_as_wide_as_it_likes() {
        assert_eq!(padded("a", 3), "a  ");
        assert_eq!(padded("a", 100_000).len(), 100_000);
        assert_eq!(padded("abc", 2), "abc");
    }

    #[test]
    fn spans_read_as_people_say_them() {
        let shown: Vec<String> = [0.25, 59.9, 245.0, 11_520.0, 187_200.0].map(span).into();
        assert_eq!(shown, ["0.2 s", "59.9 s", "4m05s", "3h12m", "2d04h"]);
    }
}
