//! What is wrong with the lines of a saved table, with the word that it is about and what to write.

use director_core::diagnostic::{Diagnostic, nearest};

use super::super::super::restore::LineFault;
use super::lines::RuleLines;

/// The options of a saved table that have a name.
const OPTIONS: [&str; 26] = [
    "--add-service",
    "--add-server",
    "--tcp-service",
    "--udp-service",
    "--sctp-service",
    "--fwmark-service",
    "--scheduler",
    "--persistent",
    "--netmask",
    "--pe",
    "--ops",
    "--sched-flags",
    "--ipv6",
    "--real-server",
    "--masquerading",
    "--gatewaying",
    "--ipip",
    "--weight",
    "--u-threshold",
    "--l-threshold",
    "--tun-type",
    "--tun-port",
    "--tun-nocsum",
    "--tun-csum",
    "--tun-remcsum",
    "-6",
];

/// How the fault of a server begins whose service is not added.
const NO_SERVICE: &str = "no line before adds";

/// What helps against a fault, by words of its message.
const HELP: [(&str, &str); 14] = [
    (
        "of the other address family",
        "write -i for a tunnel, or a server of the family of the service",
    ),
    (
        "is not part of a saved table",
        "run the commands, and convert what `ipvsadm -S -n` prints then",
    ),
    ("needs a value", "write the value behind it, or remove it"),
    ("is there twice", "keep one of them"),
    ("two services are named", "keep one of them"),
    ("twice", "remove one of the lines"),
    (
        NO_SERVICE,
        "write -A with the service in a line above, or remove this line",
    ),
    (
        "neither -A nor -a",
        "begin the line with -A for a service, or with -a for a real server",
    ),
    ("no service", "write the service, such as -t 192.0.2.1:80"),
    (
        "no real server",
        "write the real server, such as -r 10.0.0.1:80",
    ),
    (
        "has no flag",
        "write names of `ipvsadm -b`, such as flag-1 or sh-port",
    ),
    ("is no firewall mark", "write a number from 1 to 4294967295"),
    ("belongs to", "remove it from this line"),
    ("needs", "add it"),
];

/// An error for each line. Servers of a service whose own line has a mistake are not reported for it.
pub(super) fn diagnostics(source: &RuleLines<'_>, faults: &[LineFault]) -> Vec<Diagnostic> {
    let own = faults.iter().enumerate().filter(|(at, (number, fault))| {
        let earlier = &faults[..*at];
        let is_same = |(before, _): &LineFault| {
            let service = source.service(*number);
            service.is_some() && source.service(*before) == service
        };
        !fault.starts_with(NO_SERVICE) || !earlier.iter().any(is_same)
    });
    let found = own.map(|(_, (number, fault))| {
        let (message, help) = parts(fault);
        let place = match word(source.line(*number), fault) {
            Some((start, word)) => source.part(*number, start, word),
            None => source.place(*number),
        };
        Diagnostic::error(&place, message).hint(help)
    });
    found.collect()
}

/// The message of a fault, and what to write.
fn parts(fault: &str) -> (&str, String) {
    if let Some(option) = fault.strip_prefix("unknown option ") {
        let option = option.trim_matches('"');
        let help = match nearest_option(option) {
            Some(near) => format!("did you mean {near}?"),
            None if option.starts_with('#') => {
                "write the comment into a line of its own".to_owned()
            }
            None => "remove it; a saved table has what `ipvsadm -S -n` prints".to_owned(),
        };
        return (fault, help);
    }
    if let Some((message, range)) = number_out_of_range(fault) {
        return (message, format!("write a number, {range}"));
    }
    let help = HELP.iter().find(|(words, _)| fault.contains(words));
    match (fault.split_once("; "), help) {
        (Some((message, help)), _) if !fault.contains("is not part of") => {
            (message, help.to_owned())
        }
        (_, Some((_, help))) => (fault, (*help).to_owned()),
        (_, None) => (
            fault,
            "write the line as `ipvsadm -S -n` prints it".to_owned(),
        ),
    }
}

/// A number that is none, and the range that it must be in. The kernel takes larger weights than ipvsd.
fn number_out_of_range(fault: &str) -> Option<(&str, &str)> {
    let (message, range) = fault.split_once(", ")?;
    let is_range =
        message.contains(" is no ") && range.starts_with(|sign: char| sign.is_ascii_digit());
    let range = match message.ends_with(" weight") {
        true => "0 to 65535",
        false => range,
    };
    is_range.then_some((message, range))
}

/// An option that this one is the beginning of, as ipvsadm takes none, or that is written nearly like it.
fn nearest_option(option: &str) -> Option<&'static str> {
    let begun = OPTIONS
        .into_iter()
        .find(|known| option.len() > 3 && option.starts_with("--") && known.starts_with(option));
    let near = || nearest(option, OPTIONS).filter(|_| option.starts_with("--"));
    begun.or_else(near)
}

/// What a fault is about, with its start in the line: what it quotes, or the first of its words that the line has. Of several
/// such words of the line it is the last, since the first of them was not yet wrong.
fn word<'f>(line: &str, fault: &'f str) -> Option<(usize, &'f str)> {
    let quoted = fault.split('"').nth(1).filter(|quoted| !quoted.is_empty());
    let words = fault
        .split([' ', ',', ':', ';'])
        .filter(|word| word.len() > 1);
    let full = fault.split(' ');
    let mut candidates = quoted.into_iter().chain(full).chain(words);
    candidates.find_map(|word| {
        let start = match Some(word) == quoted {
            true => line.rfind(word),
            false => whole_word(line, word),
        };
        start.map(|start| (start, word))
    })
}

/// The start of the last word of a line that is this one.
fn whole_word(line: &str, word: &str) -> Option<usize> {
    let is_end = |sign: Option<char>| sign.is_none_or(|sign| sign.is_whitespace() || sign == '=');
    let mut starts = line.rmatch_indices(word).map(|(start, _)| start);
    starts.find(|start| {
        let before = line[..*start].chars().next_back();
        !word.is_empty() && is_end(before) && is_end(line[start + word.len()..].chars().next())
    })
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn found(line: &str, fault: &str) -> Diagnostic {
        let source = RuleLines {
            file: Arc::from("rules"),
            lines: vec![line],
        };
        diagnostics(&source, &[(1, fault.to_owned())]).remove(0)
    }

    #[test]
    fn a_fault_has_the_column_of_the_word_that_it_is_about() {
        for (line, fault, column, length) in [
            (
                "-a -t 192.0.2.1:80 -r 10.0.0.1:80 -w lots",
                "\"lots\" is no weight, 0 to 9",
                38,
                4,
            ),
            (
                "-A -t 192.0.2.1:70000",
                "\"70000\" is no port; write a number",
                17,
                5,
            ),
            ("-A -s rr -s wrr", "-s is there twice", 10, 2),
            (
                "  ipvsadm -E",
                "-E is not part of a saved table; only -A and -a are",
                11,
                2,
            ),
            (
                "-A -t 192.0.2.2:80 -w 3",
                "-w belongs to -a, and this line is -A",
                20,
                2,
            ),
            (
                "-a -t 192.0.2.9:80 -r 10.0.0.1",
                "no line before adds tcp 192.0.2.9:80 by -A",
                7,
                12,
            ),
            (
                "  -a -t 192.0.2.9:80",
                "no real server: -r is missing",
                3,
                18,
            ),
        ] {
            let place = found(line, fault).place;
            assert_eq!((place.column, place.length), (column, length), "{fault}");
        }
    }

    #[test]
    fn the_servers_of_a_service_with_a_mistake_are_not_reported() {
        let source = RuleLines {
            file: Arc::from("rules"),
            lines: vec![
                "-A -t a:80 -s",
                "-a -t a:80 -r b",
                "-a -t c:80 -r b",
                "-a -t c:80 -r d",
            ],
        };
        let fault = |number, text: &str| (number, text.to_owned());
        let faults = [
            fault(1, "-s needs a value"),
            fault(2, "no line before adds tcp a:80 by -A"),
            fault(3, "no line before adds tcp c:80 by -A"),
            fault(4, "no line before adds tcp c:80 by -A"),
        ];
        let found = diagnostics(&source, &faults);
        let lines: Vec<u32> = found.iter().map(|found| found.place.line).collect();
        assert_eq!(lines, [1, 3]);
    }

    #[test]
    fn a_fault_says_what_to_write() {
        for (fault, help) in [
            ("unknown option \"--sched\"", "did you mean --scheduler?"),
            ("unknown option \"--wieght\"", "did you mean --weight?"),
            (
                "unknown option \"#\"",
                "write the comment into a line of its own",
            ),
            (
                "unknown option \"--set\"",
                "remove it; a saved table has what `ipvsadm -S -n` prints",
            ),
            (
                "unknown type of tunnel \"x\"; use ipip, gue or gre",
                "use ipip, gue or gre",
            ),
            (
                "-E is not part of a saved table; only -A and -a are",
                "run the commands, and convert what `ipvsadm -S -n` prints then",
            ),
            ("tcp 192.0.2.1:80 is added twice", "remove one of the lines"),
            ("-s is there twice", "keep one of them"),
        ] {
            assert_eq!(found("-A", fault).hint.as_deref(), Some(help), "{fault}");
        }
    }
}
