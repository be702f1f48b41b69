//! Errors of the command line. A tip is shown only where the program accepts the command that comes of it; words of ipvsadm get
//! the command that does the same here.

use std::ffi::OsString;
use std::path::Path;

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, CommandFactory, Error, Parser};

/// Options of other programs, each with what it is called here, if it has to be written at all.
const OPTIONS: [(&str, &str); 12] = [
    ("--weight", "--to"),
    ("-w", "--to"),
    ("-n", ""),
    ("--numeric", ""),
    ("-c", ""),
    ("-f", ""),
    ("--file", ""),
    ("--config", ""),
    ("-f", "--config"),
    ("--file", "--config"),
    ("--format", "--output"),
    ("-o", "--output"),
];

/// The arguments of this process, or an error to standard error and the end of the process.
pub(super) fn parse<T: Parser>() -> T {
    let args: Vec<OsString> = std::env::args_os().collect();
    T::try_parse_from(&args).unwrap_or_else(|error| with_tips::<T>(error, &args).exit())
}

/// The error with those tips only that lead to an accepted command.
pub(super) fn with_tips<T: Parser>(mut error: Error, args: &[OsString]) -> Error {
    // A tip names the program as people type it, wherever it is.
    let program = args.first().and_then(|path| Path::new(path).file_name());
    let words = program
        .into_iter()
        .chain(args.iter().skip(1).map(OsString::as_os_str));
    let args: Vec<String> = words
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    let had_suggestion = error.get(ContextKind::SuggestedArg).is_some();
    let is_unknown = error.kind() == ErrorKind::UnknownArgument;
    let own = own_tip::<T>(&args, &wrong_words(&error)).filter(|_| is_unknown);
    for kind in [
        ContextKind::SuggestedArg,
        ContextKind::SuggestedSubcommand,
        ContextKind::SuggestedValue,
    ] {
        let Some(suggested) = error.remove(kind) else {
            continue;
        };
        let wrong = wrong_words(&error);
        let mut right = texts(&suggested);
        right.retain(|new| {
            own.is_none()
                && wrong
                    .iter()
                    .any(|old| is_accepted::<T>(&replaced(&args, old, &[new])))
        });
        match right.as_slice() {
            [] => {}
            [only] => drop(error.insert(kind, ContextValue::String(only.clone()))),
            _ => drop(error.insert(kind, ContextValue::Strings(right))),
        }
    }
    let is_kept = error.get(ContextKind::SuggestedArg).is_some();
    // These say to take a mistyped option for a value.
    error.remove(ContextKind::Suggested);
    if had_suggestion && !is_kept {
        // It has the dropped option in it.
        error.insert(
            ContextKind::Usage,
            ContextValue::StyledStr(usage::<T>(&args)),
        );
    }
    if let Some(tip) = own {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(vec![tip]));
    }
    error
}

/// What the error is about.
fn wrong_words(error: &Error) -> Vec<String> {
    let kinds = [
        ContextKind::InvalidArg,
        ContextKind::InvalidSubcommand,
        ContextKind::InvalidValue,
    ];
    let known = kinds.iter().filter_map(|kind| error.get(*kind));
    known.flat_map(texts).collect()
}

fn texts(value: &ContextValue) -> Vec<String> {
    match value {
        ContextValue::String(text) => vec![text.clone()],
        ContextValue::Strings(texts) => texts.clone(),
        _ => Vec::new(),
    }
}

/// The words with `new` in the place of `old`, which may have its value in the same word.
fn replaced(args: &[String], old: &str, new: &[&str]) -> Vec<String> {
    let mut words = Vec::new();
    for word in args {
        let (name, value) = match word.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (word.as_str(), None),
        };
        match (new, value) {
            _ if word == old => words.extend(new.iter().map(|word| (*word).to_owned())),
            ([new], Some(value)) if name == old => words.push(format!("{new}={value}")),
            ([new], Some(value)) if value == old => words.push(format!("{name}={new}")),
            _ => words.push(word.clone()),
        }
    }
    words
}

/// Whether the program runs with these words, or only misses some.
fn is_accepted<T: Parser>(words: &[String]) -> bool {
    match T::try_parse_from(words) {
        Ok(_) => true,
        Err(error) => matches!(
            error.kind(),
            ErrorKind::MissingRequiredArgument
                | ErrorKind::DisplayHelp
                | ErrorKind::DisplayVersion
                | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
        ),
    }
}

/// How the subcommand of these words is used.
fn usage<T: CommandFactory>(args: &[String]) -> StyledStr {
    let mut command = T::command();
    command.build();
    usage_of(&mut command, args.get(1..).unwrap_or_default())
}

fn usage_of(command: &mut Command, words: &[String]) -> StyledStr {
    let Some((first, rest)) = words.split_first() else {
        return command.render_usage();
    };
    match command.find_subcommand(first).is_some() {
        true => match command.find_subcommand_mut(first) {
            Some(inner) => usage_of(inner, rest),
            None => StyledStr::new(),
        },
        false => command.render_usage(),
    }
}

fn own_tip<T: Parser>(args: &[String], wrong: &[String]) -> Option<StyledStr> {
    let old = wrong.first()?;
    let text = ipvsadm::<T>(args, old).or_else(|| {
        let option = |(theirs, ours): &(&str, &str)| {
            let new: Vec<&str> = Some(*ours)
                .into_iter()
                .filter(|ours| !ours.is_empty())
                .collect();
            let words = replaced(args, old, &new);
            (old == theirs && T::try_parse_from(&words).is_ok())
                .then(|| format!("use '{}'", words.join(" ")))
        };
        OPTIONS.iter().find_map(option)
    })?;
    Some(StyledStr::from(text))
}

/// The command for options of ipvsadm that choose what it does.
fn ipvsadm<T: Parser>(args: &[String], wrong: &str) -> Option<String> {
    let (program, rest) = args.split_first()?;
    let at = rest.iter().position(|word| {
        word == wrong
            || word.starts_with('-')
                && !word.starts_with("--")
                && word.contains(wrong.trim_start_matches('-'))
    })?;
    let word = &rest[at];
    let letters = match word.as_str() {
        "--list" => "L",
        "--save" => "S",
        "--add-service" | "--edit-service" | "--delete-service" | "--add-server"
        | "--edit-server" | "--delete-server" | "--clear" | "--restore" | "--zero" | "--set" => "C",
        word => word
            .strip_prefix('-')
            .filter(|letters| !letters.starts_with('-'))?,
    };
    let (command, own) = match () {
        () if letters.contains(['L', 'l']) => ("list", ['L', 'l']),
        () if letters.contains('S') => ("save", ['S', 'S']),
        () if letters.contains(['A', 'E', 'D', 'a', 'e', 'd', 'C', 'R', 'Z']) && at == 0 => {
            let words = [program, "apply", "FILE"].map(str::to_owned);
            return T::try_parse_from(&words).is_ok().then(|| {
                format!("the table follows the configuration: change that, and use '{program} apply FILE'")
            });
        }
        () => return None,
    };
    let others = letters
        .replace(own, "")
        .replace(|c: char| !c.is_ascii_alphabetic(), "");
    let mut words = vec![program.clone()];
    if !rest.iter().any(|word| word == command) {
        words.push(command.to_owned());
    }
    words.extend(rest[..at].iter().cloned());
    if !others.is_empty() && !word.starts_with("--") {
        words.push(format!("-{others}"));
    }
    words.extend(rest[at + 1..].iter().cloned());
    let short = [program.clone(), command.to_owned()];
    let accepted = [words.as_slice(), short.as_slice()];
    let accepted = accepted
        .into_iter()
        .find(|words| T::try_parse_from(*words).is_ok())?;
    Some(format!("use '{}'", accepted.join(" ")))
}

#[cfg(test)]
mod tests;
