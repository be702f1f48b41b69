//! Words in, words out: the subcommands of ipvsctl. Each has a file with its arguments as typed and what it does; printing
//! is [`output`]'s work alone. What is printed is decided elsewhere: by the core, or by the module that owns the format.
//!
//! Exit status: 0 fine, 1 something was found, 2 wrong usage or a file that cannot be used, 3 the kernel or the daemon
//! refused.

mod apply;
mod args;
mod as_ldirectord;
mod check;
mod convert;
mod daemon;
mod doctor;
mod error;
mod kernel_lacks;
pub mod list;
mod output;
mod overrides;
mod plan;
mod probe;
mod realserver;
mod replay;
mod schema;
mod simulate;
mod status;

pub use daemon::ipvsd;

use std::process::ExitCode;

use clap::Parser;

use args::{Command, Ipvsctl};
use director_core::overrides::OverrideKind;
use error::CliError;
use output::{Exit, Output};

/// Runs ipvsctl with the arguments of this process.
#[must_use]
pub fn ipvsctl() -> ExitCode {
    let args = Ipvsctl::parse();
    let mut output = Output::standard();
    match run(&args.command, &mut output) {
        Ok(exit) => exit.into(),
        // Whoever reads has seen enough, as in `ipvsctl list | head`.
        Err(error) if error.is_broken_pipe() => Exit::Fine.into(),
        Err(error) => {
            output.complain(&error);
            error.exit().into()
        }
    }
}

fn run(command: &Command, output: &mut Output) -> Result<Exit, CliError> {
    match command {
        Command::Check(args) => check::run(args, output),
        Command::Convert(args) => convert::run(args, output),
        Command::Apply(args) => apply::run(args, output),
        Command::Confirm(args) => apply::run_confirm(args, output),
        Command::Rollback(args) => apply::run_rollback(args, output),
        Command::Plan(args) => plan::run(args, output),
        Command::Probe(args) => probe::run(args, output),
        Command::Doctor(args) => doctor::run(args, output),
        Command::RealServer(args) => realserver::run(args, output),
        Command::List(args) => list::list(args, output),
        Command::Save(args) => list::save(args, output),
        Command::Status(args) => status::run(args, output),
        Command::Simulate(args) => simulate::run(args, output),
        Command::Replay(args) => replay::run(args, output),
        Command::Schema(args) => schema::run(args, output),
        Command::Explain(args) => status::run_explain(args, output),
        Command::Drain(args) => overrides::run(OverrideKind::Drain, args, output),
        Command::Disable(args) => overrides::run(OverrideKind::Disable, args, output),
        Command::Maintenance(args) => overrides::run(OverrideKind::Maintenance, args, output),
        Command::Weight(args) => overrides::run_weight(args, output),
        Command::Enable(args) => overrides::run_enable(args, output),
        Command::Overrides(args) => overrides::run_list(args, output),
        Command::Reload(args) => status::run_reload(args, output),
        Command::Unfreeze(args) => status::run_unfreeze(args, output),
    }
}
