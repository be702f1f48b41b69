//! The ways in which an operator may follow a remedy: in the place of what the finding points at, or of an entry around it, or
//! beside that entry.

use std::ops::Range;

use director_core::diagnostic::Place;

use super::hints::Remedy;

/// The texts that come of a remedy at a place.
pub(super) fn edited(text: &str, place: &Place, remedy: &Remedy) -> Vec<String> {
    let spans = spans(text, place);
    match remedy {
        Remedy::Write(new) => spans
            .iter()
            .flat_map(|(span, indent)| written(text, span, *indent, new))
            .collect(),
        Remedy::Remove => spans
            .iter()
            .flat_map(|(span, _)| removed(text, span))
            .collect(),
        Remedy::Exchange(old, new) => vec![text.replace(old.as_str(), new)],
    }
}

/// `new` in the place of an entry, of its value, beside it and inside it.
fn written(text: &str, span: &Range<usize>, indent: usize, new: &str) -> Vec<String> {
    let with = |new: &str| format!("{}{new}{}", &text[..span.start], &text[span.end..]);
    let old = &text[span.clone()];
    let margin = " ".repeat(indent);
    let mut texts = vec![
        with(new),
        with(&format!("\"{new}\"")),
        with(&format!("{old}, {new}")),
        with(&format!("{old}\n{margin}{new}")),
        with(&format!("{new}\n{margin}{old}")),
        with(&format!("{old}\n{margin}    {new}")),
        with(&format!("{old}\n{new}")),
        with(&format!("{old} {new}")),
    ];
    for separator in [": ", "="] {
        if let Some((key, _)) = old.split_once(separator) {
            texts.push(with(&format!("{key}{separator}{new}")));
            texts.push(with(&format!("{key}{separator}\"{new}\"")));
        }
    }
    if let Some((_, value)) = new.split_once(": ") {
        texts.push(with(value));
    }
    if let Some((before, inside)) = old.split_once('{') {
        texts.push(with(&format!("{before}{{{new}, {inside}")));
    }
    texts
}

/// Without an entry, or without its lines.
fn removed(text: &str, span: &Range<usize>) -> Vec<String> {
    let (before, after) = (&text[..span.start], &text[span.end..]);
    let line = before.rfind('\n').map_or(0, |at| at + 1);
    let next = after.find('\n').map_or(text.len(), |at| span.end + at + 1);
    let mut texts = vec![
        format!("{before}{after}"),
        format!("{}{}", &text[..line], &text[next..]),
    ];
    texts.extend(
        after
            .strip_prefix(", ")
            .map(|after| format!("{before}{after}")),
    );
    texts.extend(
        before
            .strip_suffix(", ")
            .map(|before| format!("{before}{after}")),
    );
    texts
}

/// What a place points at, and all entries around it, from the inside to the outside, each with its indentation.
fn spans(text: &str, place: &Place) -> Vec<(Range<usize>, usize)> {
    if place.line == 0 {
        return vec![(0..text.len(), 0)];
    }
    let starts: Vec<usize> = std::iter::once(0)
        .chain(text.match_indices('\n').map(|(at, _)| at + 1))
        .collect();
    let number = place.line as usize - 1;
    let line_start = starts[number];
    let line = text[line_start..].lines().next().unwrap_or_default();
    let at = |column: usize| {
        line.char_indices()
            .nth(column)
            .map_or(line.len(), |(at, _)| at)
    };
    let first = at(place.column as usize - 1);
    let end = at((place.column + place.length) as usize - 1);
    let mut found = vec![(line_start + first..line_start + end, indentation(line))];
    for range in flow_entries(line, first) {
        found.push((
            line_start + range.start..line_start + range.end,
            indentation(line),
        ));
    }
    // Blocks: this line with what is indented below it, then the same for what it is below.
    let mut row = number;
    loop {
        let current = text[starts[row]..].lines().next().unwrap_or_default();
        let own = indentation(current);
        let mut last = row;
        while let Some(start) = starts.get(last + 1) {
            let below = text[*start..].lines().next().unwrap_or_default();
            if below.trim().is_empty()
                || below.len() - below.trim_start().len()
                    < own + usize::from(!current.trim_start().starts_with("- "))
            {
                break;
            }
            last += 1;
        }
        let last_line = text[starts[last]..].lines().next().unwrap_or_default();
        found.push((starts[row] + own..starts[last] + last_line.len(), own));
        let margin = current.len() - current.trim_start().len();
        if margin != own {
            // The item of a list as a whole.
            found.push((starts[row] + margin..starts[last] + last_line.len(), margin));
        }
        let parent = (0..row).rev().find(|above| {
            let above = text[starts[*above]..].lines().next().unwrap_or_default();
            !above.trim().is_empty() && indentation(above) < own
        });
        match parent {
            Some(parent) => row = parent,
            None => return found,
        }
    }
}

/// Where the content of a line begins, after the dash of a list.
fn indentation(line: &str) -> usize {
    let content = line.trim_start();
    let margin = line.len() - content.len();
    margin + if content.starts_with("- ") { 2 } else { 0 }
}

/// The entries of the brackets that are open at `at`, from the inside to the outside.
fn flow_entries(line: &str, at: usize) -> Vec<Range<usize>> {
    // Where the entry began at each depth.
    let mut open: Vec<usize> = Vec::new();
    for (position, letter) in line
        .char_indices()
        .take_while(|(position, _)| *position < at)
    {
        match letter {
            '{' | '[' => open.push(position + 1),
            '}' | ']' => drop(open.pop()),
            ',' => {
                if let Some(start) = open.last_mut() {
                    *start = position + 1;
                }
            }
            _ => {}
        }
    }
    let mut ranges = Vec::new();
    let mut position = at;
    while let Some(start) = open.pop() {
        let (mut depth, mut end) = (0_usize, line.len());
        for (offset, letter) in line[position..].char_indices() {
            match letter {
                '{' | '[' => depth += 1,
                ',' | '}' | ']' if depth == 0 => {
                    end = position + offset;
                    break;
                }
                '}' | ']' => depth -= 1,
                _ => {}
            }
        }
        let skipped = line[start..end].len() - line[start..end].trim_start().len();
        ranges.push(start + skipped..end);
        // On to the bracket that closes this level.
        depth = 0;
        for (offset, letter) in line[end..].char_indices() {
            match letter {
                '{' | '[' => depth += 1,
                '}' | ']' if depth == 0 => {
                    position = end + offset + 1;
                    break;
                }
                '}' | ']' => depth -= 1,
                _ => {}
            }
        }
    }
    ranges
}
