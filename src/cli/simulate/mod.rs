//! `ipvsctl simulate`: what would these definitions do if … Virtual time, a kernel in memory, real servers that answer as
//! the events say; the core is the one that the daemon runs.

mod script;
mod simulator;
mod subjects;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;

use clap::Args;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::loader::{self, LoadError};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct SimulateArgs {
    /// Configuration file: YAML, ldirectord.cf or keepalived.conf
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Events file, one event per line: `10s web2 fails for 40s`; see --help
    #[arg(long, value_name = "FILE", long_help = script::HELP)]
    events: PathBuf,
}

/// Prints the timeline. Exit status 2 when a file is not usable.
pub(super) fn run(args: &SimulateArgs, output: &mut Output) -> Result<Exit, CliError> {
    let loaded = loader::load(&args.file);
    let text = fs::read_to_string(&args.events).map_err(|source| CliError::Unreadable {
        file: args.events.clone(),
        source,
    })?;
    let model = loaded.as_ref().ok().map(|loaded| &*loaded.model);
    let parsed = script::parse(&text, &Arc::from(args.events.to_string_lossy()), model);
    let (loaded, script) = match (loaded, parsed) {
        (Ok(loaded), Ok(script)) => (loaded, script),
        (loaded, parsed) => {
            let reports = [
                loaded.err().map(|error: LoadError| error.report()),
                parsed.err(),
            ];
            for report in reports.into_iter().flatten() {
                output.findings(&report)?;
            }
            return Ok(Exit::Unusable);
        }
    };
    let mut simulator = simulator::Simulator::new(loaded.model, args.file.clone());
    simulator.run(&script);
    output.text(simulator.timeline())?;
    Ok(Exit::Fine)
}
