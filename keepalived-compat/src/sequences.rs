//! Repeated lines: `~SEQ(VARIABLE, FIRST, STEP, LAST) TEXT` and `~LST(VARIABLE, VALUE, …) TEXT`.

/// Values that one sequence may have.
const MOST: usize = 65_536;

/// A line that stands for several.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Sequence<'t> {
    /// The names and values of the parameters, for each repetition.
    pub(crate) rounds: Vec<Vec<(String, String)>>,
    /// What is repeated.
    pub(crate) text: &'t str,
}

/// Reads a line that begins with `~`; none when it is not as it has to be.
pub(crate) fn sequence(line: &str) -> Option<Sequence<'_>> {
    let (word, rest) = line.split_once('(')?;
    match word.trim_end() {
        "~SEQ" => numbers(rest, false),
        "~SEQx" => numbers(rest, true),
        "~LST" => values(rest),
        _ => None,
    }
}

fn numbers(rest: &str, hexadecimal: bool) -> Option<Sequence<'_>> {
    let (inside, text) = rest.split_once(')')?;
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    let number = |text: &str| match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None if hexadecimal => i64::from_str_radix(text, 16).ok(),
        None => text.parse::<i64>().ok(),
    };
    let (name, first, step, last) = match parts.as_slice() {
        [name, last] => (*name, 1, 1, number(last)?),
        [name, first, last] => (*name, number(first)?, 1, number(last)?),
        [name, first, step, last] => (*name, number(first)?, number(step)?, number(last)?),
        _ => return None,
    };
    // Two ends without a step may go downwards.
    let step = if parts.len() < 4 && first > last {
        -1
    } else {
        step
    };
    let distance = last.checked_sub(first)?;
    if name.is_empty() || step == 0 || distance.signum() * step.signum() < 0 {
        return None;
    }
    let count = usize::try_from(distance / step).ok()?.checked_add(1)?;
    if count > MOST {
        return None;
    }
    let shown = |value: i64| match hexadecimal {
        true => format!("{value:x}"),
        false => value.to_string(),
    };
    let values = (0..).map(|round: i64| first + round * step).take(count);
    Some(Sequence {
        rounds: values
            .map(|value| vec![(name.to_owned(), shown(value))])
            .collect(),
        text: text.trim_start(),
    })
}

/// `~LST(A, 1, 2)` and `~LST({A, B}, {1, 2}, {3, 4})`.
fn values(rest: &str) -> Option<Sequence<'_>> {
    let (inside, text) = rest.split_once(')')?;
    let mut groups = groups(inside)?.into_iter();
    let names = groups.next()?;
    let rounds: Option<Vec<Vec<(String, String)>>> = groups
        .map(|values| {
            let fits = values.len() == names.len();
            fits.then(|| names.iter().cloned().zip(values).collect())
        })
        .collect();
    let rounds = rounds.filter(|rounds| !rounds.is_empty() && rounds.len() <= MOST)?;
    Some(Sequence {
        rounds,
        text: text.trim_start(),
    })
}

/// Items between commas; those in braces belong together.
fn groups(inside: &str) -> Option<Vec<Vec<String>>> {
    let plain = |text: &str| text.trim().trim_matches('"').to_owned();
    let mut found = Vec::new();
    let mut rest = inside.trim();
    while !rest.is_empty() {
        if let Some(braced) = rest.strip_prefix('{') {
            let (items, behind) = braced.split_once('}')?;
            found.push(items.split(',').map(plain).collect());
            rest = behind.trim_start();
        } else {
            let end = rest.find(',').unwrap_or(rest.len());
            found.push(vec![plain(&rest[..end])]);
            rest = &rest[end..];
        }
        rest = rest.strip_prefix(',').unwrap_or(rest).trim_start();
    }
    Some(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn first_values(line: &str) -> Option<(Vec<String>, String)> {
        let sequence = sequence(line)?;
        let values = sequence.rounds.iter().map(|round| round[0].1.clone());
        Some((values.collect(), sequence.text.to_owned()))
    }

    #[test]
    fn a_sequence_counts_from_its_first_number_to_its_last() {
        for (line, expected) in [
            ("~SEQ(I, 1, 1, 3) a $I", ["1", "2", "3"].as_slice()),
            ("~SEQ(I, 3) a", &["1", "2", "3"]),
            ("~SEQ(I, 5, 3) a", &["5", "4", "3"]),
            ("~SEQ(I, 2, 2, 7) a", &["2", "4", "6"]),
            ("~SEQx(I, 9, b) a", &["9", "a", "b"]),
            ("~LST(N, x, \"y\") a", &["x", "y"]),
        ] {
            assert_eq!(first_values(line).unwrap().0, expected, "{line}");
        }
        for line in [
            "~SEQ(I, 1, 0, 3) a",
            "~SEQ(I, 1, -1, 3) a",
            "~SEQ(I, 1, 1, 99999999) a",
            "~SEQ(I a",
            "~LST({A, B}, {1}) a",
            "~FOO(A, 1) a",
        ] {
            assert_eq!(first_values(line), None, "{line}");
        }
        let both = sequence("~LST({A, B}, {1, 2}, {3, 4}) real_server $A $B").unwrap();
        assert_eq!(
            both.rounds[1],
            [
                ("A".to_owned(), "3".to_owned()),
                ("B".to_owned(), "4".to_owned())
            ]
        );
        assert_eq!(both.text, "real_server $A $B");
    }
}
