//! The lines of a saved table, and the places in them.

use std::sync::Arc;

use director_core::diagnostic::Place;

/// The options that name a service.
pub(super) const SERVICE: [&str; 7] = [
    "-t",
    "--tcp-service",
    "-u",
    "--udp-service",
    "--sctp-service",
    "-f",
    "--fwmark-service",
];

/// A file with its lines.
pub(super) struct RuleLines<'t> {
    pub(super) file: Arc<str>,
    pub(super) lines: Vec<&'t str>,
}

impl RuleLines<'_> {
    /// The line with this number, from 1.
    pub(super) fn line(&self, number: usize) -> &str {
        let line = number.checked_sub(1).and_then(|at| self.lines.get(at));
        line.copied().unwrap_or_default()
    }

    /// The place of a whole line.
    pub(super) fn place(&self, number: usize) -> Place {
        let line = self.line(number);
        let start = line.len() - line.trim_start().len();
        self.part(number, start, line.trim())
    }

    /// The place of the value of the first of these options that a line has, of the whole line if it has none.
    pub(super) fn value(&self, number: usize, options: &[&str]) -> Place {
        let line = self.line(number);
        match value_in(line, options) {
            // A part of the line, so that its address says where it begins.
            Some(value) => self.part(number, value.as_ptr().addr() - line.as_ptr().addr(), value),
            None => self.place(number),
        }
    }

    /// The service that a line names, as written.
    pub(super) fn service(&self, number: usize) -> Option<&str> {
        value_in(self.line(number), &SERVICE)
    }

    /// The place of a text that begins at this byte of a line.
    pub(super) fn part(&self, number: usize, start: usize, text: &str) -> Place {
        let before = self.line(number).get(..start).unwrap_or_default();
        let column = as_u32(before.chars().count() + 1);
        let length = as_u32(text.chars().count().max(1));
        Place::new(&self.file, as_u32(number), column, length)
    }
}

fn value_in<'l>(line: &'l str, options: &[&str]) -> Option<&'l str> {
    let mut is_value = false;
    line.split_whitespace().find_map(|word| {
        let (option, attached) = match word.split_once('=') {
            Some((option, value)) => (option, Some(value)),
            None => (word, None),
        };
        if std::mem::replace(&mut is_value, false) {
            return Some(word);
        }
        is_value = attached.is_none() && options.contains(&option);
        attached.filter(|_| options.contains(&option))
    })
}

/// Lines and columns are counted in 32 bits.
pub(super) fn as_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_found_behind_its_option() {
        let lines = RuleLines {
            file: Arc::from("rules"),
            lines: vec![
                "",
                "\t-a -f 1 -r 10.0.0.1 --weight=7 -x 7",
                "-A -f 1 -p -s wlc",
            ],
        };
        for (number, options, column, length) in [
            (2, &["-w", "--weight"], 31, 1),
            (2, &["-x", "--u-threshold"], 36, 1),
            (2, &["-r", "--real-server"], 13, 8),
            (2, &["-y", "--l-threshold"], 2, 35),
            (3, &["-s", "--scheduler"], 15, 3),
        ] {
            let place = lines.value(number, options);
            assert_eq!(
                (place.column, place.length),
                (column, length),
                "{options:?}"
            );
        }
    }
}
