//! How the state is shown: which services, how wide, with colours or without, and what time it is.

use director_core::weight::ServiceState;
use jiff::{SignedDuration, Zoned};

use super::span::span;

/// The width where no terminal gives one.
const USUAL_WIDTH: usize = 100;
/// Less than this is too narrow for the table.
const LEAST_WIDTH: usize = 60;

/// What to show, and how.
#[derive(Debug, Clone)]
pub(super) struct StatusView {
    /// Columns that a line may take; none for no limit.
    pub(super) width: Option<usize>,
    /// Whether the terminal shows colours.
    pub(super) colours: bool,
    /// Only services that are not up, and of these only servers that do not serve as they should.
    pub(super) only_down: bool,
    /// The moment of the answer.
    pub(super) now: Zoned,
}

/// A colour that says how bad something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Colour {
    Good,
    Warning,
    Bad,
}

impl StatusView {
    /// The width for a terminal of this many columns, or for none.
    pub(super) fn width_of(terminal: Option<usize>) -> usize {
        terminal.map_or(USUAL_WIDTH, |columns| columns.max(LEAST_WIDTH))
    }

    /// `since 14:03:12 (4m05s)`, with the date if it was not today.
    pub(super) fn since(&self, age_seconds: f64) -> String {
        let began = self
            .now
            .saturating_sub(SignedDuration::from_secs_f64(age_seconds));
        let clock = match began.date() == self.now.date() {
            true => began.strftime("%H:%M:%S"),
            false => began.strftime("%F %H:%M"),
        };
        format!("since {clock} ({})", span(age_seconds))
    }

    pub(super) fn paint(&self, text: &str, colour: Colour) -> String {
        let code = match colour {
            _ if !self.colours => return text.to_owned(),
            Colour::Good => 32,
            Colour::Warning => 33,
            Colour::Bad => 31,
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Whether a line has room for more.
    pub(super) fn fits(&self, line: &str, more: &str) -> bool {
        let columns = line.trim_end().chars().count() + more.chars().count();
        self.width.is_none_or(|width| columns <= width)
    }

    /// A line of a table, cut at the width.
    pub(super) fn cut(&self, line: &str) -> String {
        match self.width {
            Some(width) if line.chars().count() > width => {
                let kept: String = line.chars().take(width - 1).collect();
                format!("{}…", kept.trim_end())
            }
            _ => line.to_owned(),
        }
    }

    /// A sentence, in as many lines as it needs.
    pub(super) fn sentence(&self, text: &mut String, content: &str) {
        let indent = content.len() - content.trim_start().len();
        match self.width {
            None => text.push_str(content),
            Some(width) => {
                let (first, next) = (" ".repeat(indent), " ".repeat(indent + 2));
                let options = textwrap::Options::new(width)
                    .initial_indent(&first)
                    .subsequent_indent(&next)
                    .break_words(false)
                    .word_splitter(textwrap::WordSplitter::NoHyphenation);
                text.push_str(&textwrap::fill(content.trim_start(), options));
            }
        }
        text.push('\n');
    }
}

impl From<ServiceState> for Colour {
    fn from(state: ServiceState) -> Self {
        match state {
            ServiceState::Up => Self::Good,
            ServiceState::Degraded | ServiceState::Unknown => Self::Warning,
            ServiceState::OnFallback | ServiceState::Down | ServiceState::Frozen => Self::Bad,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn view(width: Option<usize>) -> StatusView {
        StatusView {
            width,
            colours: false,
            only_down: false,
            now: "2026-11-30T09:00:05+00:00[UTC]".parse().unwrap(),
        }
    }

    #[test]
    fn a_clock_time_of_another_day_has_its_date() {
        assert_eq!(view(None).since(65.0), "since 08:59:00 (1m05s)");
        assert_eq!(view(None).since(86_405.0), "since 2026-11-29 09:00 (1d00h)");
    }

    #[test]
    fn _and_sentences_continue_on_the_next_line() {
        let narrow = view(Some(20));
        assert_eq!(narrow.cut("10.0.0.11:80  up"), "10.0.0.11:80  up");
        assert_eq!(
            narrow.cut("10.0.0.11:80  1  up  a long detail"),
            "10.0.0.11:80  1  up…"
        );
        let mut text = String::new();
        narrow.sentence(&mut text, "  FROZEN: all 3 servers fell silent at once");
        assert_eq!(
            text,
            "  FROZEN: all 3\n    servers fell\n    silent at once\n"
        );
        let mut whole = String::new();
        view(None).sentence(&mut whole, "  FROZEN: all 3 servers fell silent at once");
        assert_eq!(whole, "  FROZEN: all 3 servers fell silent at once\n");
    }
}
