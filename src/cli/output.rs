//! The only file that prints: results on standard output, findings and errors on standard error, with colours only where
//! a terminal shows them and `NO_COLOR` does not forbid it.

use std::error::Error;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use serde::Serialize;
use terminal_size::terminal_size;

use super::error::CliError;
use crate::loader::{LoadReport, RenderStyle, render};

/// Whether the environment forbids colours; an empty value does not (no-color.org).
fn allows_colours() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// How a subcommand ended, the better first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    /// All is well.
    Fine,
    /// There was something to find, and it was asked for.
    Found,
    /// Wrong usage, or a file that cannot be used.
    Unusable,
    /// The kernel or the daemon refused.
    Refused,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(match exit {
            Exit::Fine => 0,
            Exit::Found => 1,
            Exit::Unusable => 2,
            Exit::Refused => 3,
        })
    }
}

/// Where a subcommand prints.
pub(super) struct Output {
    out: Box<dyn Write>,
    err: Box<dyn Write>,
    style: RenderStyle,
    program: &'static str,
}

impl Output {
    /// Standard output and standard error of this process.
    pub(super) fn standard() -> Self {
        Self::named("ipvsctl")
    }

    /// The same for a program of another name.
    pub(super) fn named(program: &'static str) -> Self {
        let colours = io::stderr().is_terminal() && allows_colours();
        Self {
            out: Box::new(io::BufWriter::new(io::stdout())),
            err: Box::new(io::stderr()),
            style: if colours {
                RenderStyle::Coloured
            } else {
                RenderStyle::Plain
            },
            program,
        }
    }

    /// Columns of the terminal that standard output is; none where it is not one.
    pub(super) fn columns(&self) -> Option<usize> {
        let (width, _) = io::stdout().is_terminal().then(terminal_size)??;
        Some(usize::from(width.0))
    }

    /// Whether standard output shows colours.
    pub(super) fn has_colours(&self) -> bool {
        io::stdout().is_terminal() && allows_colours()
    }

    /// Prints text that ends with its line's end.
    pub(super) fn text(&mut self, text: &str) -> Result<(), CliError> {
        self.out.write_all(text.as_bytes())?;
        Ok(self.out.flush()?)
    }

    /// Prints a part of a text; [`Self::text`] prints the last one.
    pub(super) fn part(&mut self, text: &str) -> Result<(), CliError> {
        Ok(self.out.write_all(text.as_bytes())?)
    }

    /// Prints a value as JSON.
    pub(super) fn json(&mut self, value: &impl Serialize) -> Result<(), CliError> {
        let text = serde_json::to_string_pretty(value)?;
        self.text(&format!("{text}\n"))
    }

    /// Prints findings for people, and how many there are.
    pub(super) fn findings(&mut self, report: &LoadReport) -> Result<(), CliError> {
        if report.diagnostics.is_empty() {
            return Ok(());
        }
        let shown = render(report, self.style);
        let summary = format!(
            "{}: {}, {}",
            report.file,
            count(report.errors(), "error"),
            count(report.warnings(), "warning")
        );
        Ok(writeln!(self.err, "{shown}\n{summary}")?)
    }

    /// Prints a line beside the result.
    pub(super) fn note(&mut self, line: &str) -> Result<(), CliError> {
        Ok(writeln!(self.err, "{line}")?)
    }

    /// Prints why a subcommand could not do its work.
    pub(super) fn complain(&mut self, error: &dyn Error) {
        // Where even this cannot be written, the exit status still tells.
        let _ = writeln!(self.err, "{}: {error}", self.program);
    }
}

/// `1 error`, `2 errors`, `no error`.
pub(super) fn count(number: usize, what: &str) -> String {
    match number {
        0 => format!("no {what}"),
        1 => format!("1 {what}"),
        _ => format!("{number} {what}s"),
    }
}

/// What is printed to standard output.
#[cfg(test)]
pub(super) fn captured(print: impl FnOnce(&mut Output) -> Result<(), CliError>) -> String {
    use std::sync::{Arc, Mutex};

    #[derive(Clone, Default)]
    struct PrintedBytes(Arc<Mutex<Vec<u8>>>);
    impl Write for PrintedBytes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let shared = PrintedBytes::default();
    let mut output = Output {
        out: Box::new(io::BufWriter::new(shared.clone())),
        err: Box::new(io::sink()),
        style: RenderStyle::Plain,
        program: "ipvsctl",
    };
    print(&mut output).unwrap();
    drop(output);
    let printed = shared.0.lock().unwrap();
    String::from_utf8(printed.clone()).unwrap()
}
