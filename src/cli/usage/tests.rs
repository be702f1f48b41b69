//! Every tip of a refused command is accepted by the same program.

use clap::Parser;

use super::*;
use crate::cli::args::Ipvsctl;
use crate::cli::daemon::DaemonArgs;

/// Commands as people mistype them, or know them from ipvsadm, systemctl and kubectl.
const COMMANDS: &str = include_str!("commands.txt");

fn refused<T: Parser>(words: &[String]) -> Option<String> {
    let args: Vec<OsString> = words.iter().map(OsString::from).collect();
    let error = T::try_parse_from(words).err()?;
    Some(with_tips::<T>(error, &args).render().to_string())
}

/// The words that a tip leads to; each of several tips leads to some.
fn led_to(words: &[String], message: &str, tip: &str) -> Vec<Vec<String>> {
    let quoted: Vec<&str> = tip.split('\'').skip(1).step_by(2).collect();
    let split = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<String>>();
    if tip.contains("use '") {
        return quoted.into_iter().map(split).collect();
    }
    assert!(tip.contains("similar"), "{tip}");
    let wrong = message.lines().next().unwrap().split('\'').nth(1).unwrap();
    let with = |new: &str| {
        let word = |word: &String| match word.split_once('=') {
            _ if word == wrong => new.to_owned(),
            Some((name, value)) if name == wrong => format!("{new}={value}"),
            Some((name, value)) if value == wrong => format!("{name}={new}"),
            _ => word.clone(),
        };
        words.iter().map(word).collect()
    };
    quoted.into_iter().map(with).collect()
}

/// Why the program refuses what its tips lead to.
fn faults<T: Parser>(line: &str) -> (usize, Vec<String>) {
    let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
    let message = refused::<T>(&words).unwrap_or_else(|| panic!("{line} is accepted"));
    let tips: Vec<&str> = message
        .lines()
        .filter_map(|line| line.trim().strip_prefix("tip: "))
        .collect();
    let mut faults = Vec::new();
    for tip in &tips {
        for words in led_to(&words, &message, tip) {
            if !is_accepted::<T>(&words) {
                faults.push(format!("{line}\n{message}\n{words:?}"));
            }
        }
    }
    if message.contains("'-- ") {
        faults.push(message.clone());
    }
    let count = tips.len();
    (count, faults)
}

#[test]
fn every_tip_is_accepted() {
    let (mut tips, mut refused) = (0, Vec::new());
    for line in COMMANDS.lines().filter(|line| !line.is_empty()) {
        let (count, faults) = match line.starts_with("ipvsd ") {
            true => faults::<DaemonArgs>(line),
            false => faults::<Ipvsctl>(line),
        };
        tips += count;
        refused.extend(faults);
    }
    assert!(refused.is_empty(), "{}", refused.join("\n"));
    assert!(tips > 20, "only {tips} tips");
}

#[test]
fn words_of_ipvsadm_lead_to_the_same_command() {
    for (line, tip) in [
        ("ipvsctl -Ln", "use 'ipvsctl list -n'"),
        ("ipvsctl -L -n --stats", "use 'ipvsctl list -n --stats'"),
        ("ipvsctl -S -n", "use 'ipvsctl save -n'"),
        ("ipvsctl --list", "use 'ipvsctl list'"),
        (
            "ipvsctl -A -t 192.0.2.10:80 -s rr",
            "the table follows the configuration: change that, and use 'ipvsctl apply FILE'",
        ),
        (
            "ipvsctl weight web 10.0.0.1 --weight 3",
            "use 'ipvsctl weight web 10.0.0.1 --to 3'",
        ),
        ("ipvsctl check -f a.yaml", "use 'ipvsctl check a.yaml'"),
    ] {
        let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
        let message = refused::<Ipvsctl>(&words).unwrap();
        assert!(
            message.contains(&format!("tip: {tip}\n")),
            "{line}\n{message}"
        );
    }
}

#[test]
fn a_tip_names_the_program_and_not_where_it_is() {
    let words = ["/opt/ipvsd/bin/ipvsctl", "-Ln"].map(str::to_owned);
    let message = refused::<Ipvsctl>(&words).unwrap();
    assert!(message.contains("use 'ipvsctl list -n'"), "{message}");
}
