//! Shows findings to people: message, place, the line with carets under the fault, and the advice. One source line is
//! shown for each finding, whatever the size of the file.

use std::borrow::Cow;
use std::collections::HashMap;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use director_core::diagnostic::{Diagnostic, Severity};
use director_core::model::lines_in_stars;

use super::error::LoadReport;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RenderStyle {
    /// Text only, for files and pipes.
    Plain,
    /// With colours, for terminals.
    Coloured,
}

/// Most findings that are shown in words: whoever gave the wrong file need not read of every line in it.
const SHOWN: usize = 200;

/// The findings of a report, an empty line between two; empty when there are none.
#[must_use]
pub fn render(report: &LoadReport, look: RenderStyle) -> String {
    let renderer = match look {
        RenderStyle::Plain => Renderer::plain(),
        RenderStyle::Coloured => Renderer::styled(),
    }
    .decor_style(DecorStyle::Ascii);
    let mut lines: HashMap<&str, Vec<String>> = HashMap::new();
    let mut shown = String::new();
    for diagnostic in report.diagnostics.iter().take(SHOWN) {
        if !shown.is_empty() {
            shown.push('\n');
        }
        let file = &*diagnostic.place.file;
        let lines = lines
            .entry(file)
            .or_insert_with(|| lines_in_stars(report.text_of(file)));
        shown.push_str(&renderer.render(&[group(diagnostic, lines)]));
        shown.push('\n');
    }
    if let Some(more) = report.diagnostics.len().checked_sub(SHOWN + 1) {
        shown.push_str(&format!(
            "\nand {} more; use --json to list all\n",
            more + 1
        ));
    }
    shown
}

fn group<'a>(diagnostic: &'a Diagnostic, lines: &'a [String]) -> Group<'a> {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let place = &diagnostic.place;
    let column = place.column;
    let number = usize::try_from(place.line).unwrap_or(usize::MAX);
    let line = number.checked_sub(1).and_then(|index| lines.get(index));
    let line = line.map(|line| part_of(line, column));
    let group = level.primary_title(diagnostic.message.as_str());
    let group = match line {
        Some((line, column)) => {
            let span = bytes(&line, column, place.length);
            group.element(
                Snippet::source(line)
                    .line_start(number)
                    .path(&*place.file)
                    .annotation(AnnotationKind::Primary.span(span)),
            )
        }
        None if number > 0 => group.element(
            Origin::path(&*place.file)
                .line(number)
                .char_column(usize::try_from(place.column).unwrap_or(1)),
        ),
        None => group.element(Origin::path(&*place.file)),
    };
    match &diagnostic.hint {
        Some(hint) => group.element(Level::HELP.message(hint.as_str())),
        None => group,
    }
}

/// Characters of a line that are shown, and those before the fault among them.
const PART: usize = 240;
const BEFORE: usize = 80;

/// The part of a long line around a column, and the column in it.
fn part_of(line: &str, column: u32) -> (Cow<'_, str>, u32) {
    if line.len() <= PART {
        return (Cow::Borrowed(line), column);
    }
    let at = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let skipped = at.saturating_sub(BEFORE);
    let mut letters = line.chars().skip(skipped);
    let mut part: String = letters.by_ref().take(PART).collect();
    if letters.next().is_some() {
        part.push('…');
    }
    if skipped == 0 {
        return (Cow::Owned(part), column);
    }
    let column = u32::try_from(at - skipped + 2).unwrap_or(u32::MAX);
    (Cow::Owned(format!("…{part}")), column)
}

/// The bytes of a line that `length` characters from `column` on take.
fn bytes(line: &str, column: u32, length: u32) -> std::ops::Range<usize> {
    let mut starts = line
        .char_indices()
        .map(|(start, _)| start)
        .chain(std::iter::once(line.len()));
    let skipped = usize::try_from(column.saturating_sub(1)).unwrap_or(usize::MAX);
    let Some(start) = starts.nth(skipped) else {
        return line.len()..line.len();
    };
    let further = usize::try_from(length.max(1) - 1).unwrap_or(usize::MAX);
    let end = starts.nth(further).unwrap_or(line.len());
    start..end
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use director_core::diagnostic::Place;

    use super::*;

    fn report(text: &str, place: Place) -> LoadReport {
        LoadReport {
            file: Arc::clone(&place.file),
            text: Arc::from(text),
            watched: BTreeMap::new(),
            secret_files: Arc::default(),
            included: BTreeMap::new(),
            diagnostics: vec![
                Diagnostic::error(&place, "port 70000 is out of range").hint("write less"),
            ],
        }
    }

    #[test]
    fn a_finding_shows_its_line_with_carets_below() {
        let file: Arc<str> = Arc::from("a.yaml");
        let report = report("x\n  ü: 70000\n", Place::new(&file, 2, 6, 5));
        let expected = "\
error: port 70000 is out of range
 --> a.yaml:2:6
  |
2 |   ü: 70000
  |      ^^^^^
  |
  = help: write less
";
        assert_eq!(render(&report, RenderStyle::Plain), expected);
        assert!(render(&report, RenderStyle::Coloured).contains('\u{1b}'));
    }

    #[test]
    fn of_a_long_line_the_part_with_the_fault_is_shown() {
        let file: Arc<str> = Arc::from("a.yaml");
        let line = format!("{}FAULT{}", "a".repeat(50_000), "b".repeat(50_000));
        let shown = render(
            &report(&line, Place::new(&file, 1, 50_001, 5)),
            RenderStyle::Plain,
        );
        assert!(shown.len() < 2_000, "{} bytes", shown.len());
        let mut lines = shown.lines();
        let source = lines.find(|line| line.contains("FAULT")).unwrap();
        let marks = lines.next().unwrap();
        let column = |line: &str, mark| line.split(mark).next().unwrap().chars().count();
        assert_eq!(column(source, "FAULT"), column(marks, "^^^^^"));
    }

    #[test]
    fn a_finding_about_the_whole_file_shows_no_line() {
        let file: Arc<str> = Arc::from("a.yaml");
        let report = report("", Place::whole_file(&file));
        let shown = render(&report, RenderStyle::Plain);
        assert!(shown.contains("--> a.yaml\n"), "{shown}");
        assert!(shown.contains("help: write less"), "{shown}");
    }

    #[test]
    fn a_wrong_file_does_not_fill_the_screen_without_end() {
        let file: Arc<str> = Arc::from("a.yaml");
        let mut report = report("ab", Place::new(&file, 1, 1, 1));
        let finding = report.diagnostics.remove(0);
        report.diagnostics = vec![finding; SHOWN];
        assert!(!render(&report, RenderStyle::Plain).contains("more"));
        report.diagnostics.push(report.diagnostics[0].clone());
        let shown = render(&report, RenderStyle::Plain);
        assert!(
            shown.ends_with("\nand 1 more; use --json to list all\n"),
            "{shown}"
        );
    }

    #[test]
    fn a_place_past_the_end_of_its_line_does_not_panic() {
        let file: Arc<str> = Arc::from("a.yaml");
        for place in [
            Place::new(&file, 1, 40, 5),
            Place::new(&file, 9, 1, 1),
            Place::new(&file, 1, 1, u32::MAX),
            Place::new(&file, 1, 0, 0),
        ] {
            assert!(render(&report("ab", place), RenderStyle::Plain).contains("70000"));
        }
    }
}
