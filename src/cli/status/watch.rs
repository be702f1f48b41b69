//! `ipvsctl status --watch`: the state again and again, until the user ends it.

use std::thread;
use std::time::Duration;

use super::{StatusArgs, asked, select, table};
use crate::api::Client;
use crate::cli::error::CliError;
use crate::cli::output::{Exit, Output};

/// Moves the cursor to the top and clears what is below it.
const CLEAR: &str = "\x1b[H\x1b[2J";

/// Prints the state every so often. A daemon that does not answer may be one that restarts.
pub(super) fn watch(
    args: &StatusArgs,
    client: &Client,
    every: Duration,
    output: &mut Output,
) -> Result<Exit, CliError> {
    loop {
        let shown = match asked(client.status()) {
            Ok(mut status) => match select(&mut status, &args.services) {
                Ok(()) => table::render(&status, &args.view(output)),
                Err(unknown) => format!("{unknown}\n"),
            },
            Err(error) => format!("ipvsctl: {error}\n"),
        };
        let (before, after) = match output.columns() {
            Some(_) => (CLEAR, ""),
            None => ("", "\n"),
        };
        output.text(&format!("{before}{shown}{after}"))?;
        thread::sleep(every);
    }
}
