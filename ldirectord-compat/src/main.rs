//! The ldirectord command: the one of old in its words, exit statuses and files, with ipvsd doing the work.

mod command;
mod process;
mod texts;

use std::io::{self, Write};
use std::process::ExitCode;

use command::Request;

/// Exit status of a command line that makes no sense.
const USAGE: u8 = 255;

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args_os()
        .skip(1)
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    match command::read(&words) {
        Request::Help => say(&texts::help(), 0),
        Request::Version => say(texts::VERSION, 0),
        Request::Wrong { unknown } => {
            for name in unknown {
                let _ = writeln!(io::stderr(), "Unknown option: {name}");
            }
            say(texts::USAGE, USAGE)
        }
        Request::Do(order) => ExitCode::from(process::perform(order)),
    }
}

/// Prints; where nobody listens, the exit status still tells.
fn say(text: &str, status: u8) -> ExitCode {
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(status)
}
