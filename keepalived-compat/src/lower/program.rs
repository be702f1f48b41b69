//! MISC_CHECK: a program whose exit status is the answer, and with `misc_dynamic` the weight.

use std::time::Duration;

use super::check::{Check, Command, Kind};
use super::checker_list::{CheckerList, CheckerScope, WeightProgram};
use super::timing::{Timing, UsualTiming};
use super::{command, values};
use crate::findings::Findings;
use crate::tree::Entry;

const USUAL: UsualTiming = UsualTiming {
    retry: 0,
    before_retry: None,
};
/// Runs a program for which only exit status 1 is a failure. The others are weights.
const UP_UNLESS_ONE: &str = r#""$@"; test $? -ne 1"#;
/// Prints the weight that an exit status from 2 to 255 stands for, and nothing otherwise.
const WEIGHT_OF_STATUS: &str = r#""$@" >/dev/null; s=$?; test $s -lt 2 || echo $((s - 2))"#;

/// Reads a checker.
pub(super) fn checker(
    around: &CheckerScope<'_>,
    checker: &Entry,
    checks: &mut CheckerList,
    findings: &mut Findings,
) {
    let mut timing = Timing::default();
    let (mut argv, mut user, mut limit) = (None, None, None);
    let mut dynamic = None;
    for entry in &checker.entries {
        if timing.take(entry, 0, findings) {
            continue;
        }
        match entry.name.as_str() {
            "misc_path" => argv = program(entry, findings),
            "misc_timeout" => {
                let range = 0..=u64::from(u32::MAX);
                limit = values::number(entry, range, findings).filter(|limit| limit.value > 0);
            }
            "misc_dynamic" => dynamic = Some(&entry.place),
            "user" => user = read_user(entry, findings),
            _ => {}
        }
    }
    let Some(argv) = argv else {
        let message = "this MISC_CHECK has no misc_path, and keepalived ignores it";
        findings.faulty(
            &checker.place,
            message,
            "add misc_path, or remove the check",
        );
        return;
    };
    let user = user.or_else(|| around.of_file.script_user.clone());
    let timing = timing.within(around.timing);
    checks.starts_down |= timing.starts_down();
    let mut times = timing.complete(USUAL);
    times.timeout = limit.map_or(times.every, |limit| Duration::from_secs(limit.value));
    let argv = with_placeholders(argv, around);
    let command = |script: &str| Command {
        argv: ["/bin/sh", "-c", script, "sh"]
            .into_iter()
            .map(str::to_owned)
            .chain(argv.clone())
            .collect(),
        user: user.clone(),
    };
    let own = Command {
        argv: argv.clone(),
        user: user.clone(),
    };
    let is_dynamic = dynamic.is_some();
    if let Some(place) = dynamic {
        let message = "misc_dynamic becomes a check and a weight_from, so the program runs twice in each interval";
        let hint = "let the program print the weight, and write weight_from in YAML";
        findings.differs(place, message, hint);
        checks.weight_from = Some(WeightProgram {
            command: command(WEIGHT_OF_STATUS),
            every: times.every,
            timeout: times.timeout,
        });
    }
    let kind = Kind::Command(if is_dynamic {
        command(UP_UNLESS_ONE)
    } else {
        own
    });
    let check = Check {
        kind,
        times,
        port: None,
        source: None,
    };
    checks.list.push((check, checker.place.clone()));
}

/// Program and arguments of `misc_path`. keepalived takes the first word after it, which may be quoted, and splits that.
fn program(entry: &Entry, findings: &mut Findings) -> Option<Vec<String>> {
    let words = command::raw_words(&entry.text).unwrap_or_default();
    let argv = words
        .get(1)
        .and_then(|word| command::words(word))
        .filter(|argv| !argv.is_empty());
    if argv.is_none() {
        let message = "misc_path needs a program, and keepalived ignores this line";
        findings.faulty(
            &entry.place,
            message,
            "write the program and its arguments in quotes",
        );
    } else if words.len() > 2 {
        let message =
            "keepalived passes no arguments that stand outside the quotes, and neither does ipvsd";
        let hint = "put the program and its arguments in one pair of quotes";
        findings.faulty(&entry.place, message, hint);
    }
    argv
}

fn read_user(entry: &Entry, findings: &mut Findings) -> Option<String> {
    let user = values::text(entry, findings)?;
    if let Some(group) = entry.values.get(1).filter(|group| group.text != user.value) {
        let message = format!(
            "ipvsd runs the program with the groups of {}, not with {}",
            user.value, group.text
        );
        findings.differs(
            &group.place,
            message,
            "remove the group, or use a user that has it",
        );
    }
    Some(user.value)
}

/// The server's own address and port as placeholders, so that all servers have the same check.
fn with_placeholders(argv: Vec<String>, around: &CheckerScope<'_>) -> Vec<String> {
    let address = around.address.to_string();
    let port = around.port.map(|port| port.to_string());
    let replaced = |(index, word): (usize, String)| match index {
        0 => word,
        _ if word == address => "{rip}".to_owned(),
        _ if Some(&word) == port.as_ref() => "{rport}".to_owned(),
        _ => match port
            .as_ref()
            .and_then(|port| word.strip_suffix(port.as_str()))
        {
            Some(rest) if rest == format!("{address}:") => "{rip}:{rport}".to_owned(),
            _ => with_address(&word, &address),
        },
    };
    argv.into_iter().enumerate().map(replaced).collect()
}

/// Replaces the address inside a word, such as a URL, where no longer address begins or ends there.
fn with_address(word: &str, address: &str) -> String {
    let Some(at) = word.find(address) else {
        return word.to_owned();
    };
    let behind = &word[at + address.len()..];
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '.';
    let whole = !word[..at].ends_with(is_part) && !behind.starts_with(is_part);
    match whole {
        true => format!("{}{{rip}}{behind}", &word[..at]),
        false => word.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_inside_a_word_is_replaced_as_a_whole() {
        let replaced = |word| with_address(word, "10.0.0.1");
        assert_eq!(replaced("http://10.0.0.1:8080/x"), "http://{rip}:8080/x");
        assert_eq!(replaced("--host=10.0.0.1"), "--host={rip}");
        assert_eq!(replaced("10.0.0.10"), "10.0.0.10");
        assert_eq!(replaced("110.0.0.1"), "110.0.0.1");
    }

    #[test]
    fn placeholders_that_are_written_stay_words() {
        let timing = Timing::default();
        let around = CheckerScope {
            timing: &timing,
            virtual_host: None,
            address: [10, 0, 0, 1].into(),
            port: Some(80),
            port_is_known: true,
            writes_port: false,
            of_file: &super::super::check::FileDefaults::default(),
        };
        let argv = ["10.0.0.1", "10.0.0.1", "80", "10.0.0.1:80", "800"]
            .map(str::to_owned)
            .to_vec();
        assert_eq!(
            with_placeholders(argv, &around),
            ["10.0.0.1", "{rip}", "{rport}", "{rip}:{rport}", "800"]
        );
    }
}
