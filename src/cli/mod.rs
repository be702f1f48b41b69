//! Words in, words out: the subcommands of ipvsctl. Each has a file with its arguments as typed and what it does; printing
//! is [`output`]'s work alone. What is printed is decided elsewhere: by the core, or by the module that owns the format.
//!
//! Exit status: 0 fine, 1 something was found, 2 wrong usage or a file that cannot be used, 3 the kernel or the daemon
//! refused.

mod apply;
mod args;
mod as_ldirectord;
mod check;
mod compare;
mod completion;
mod connections;
mod convert;
mod daemon;
mod doctor;
mod error;
mod events;
mod generate;
mod help;
mod kernel_lacks;
pub mod list;
mod log;
mod managed;
mod observed;
mod output;
mod overrides;
mod plan;
mod probe;
mod realserver;
mod replay;
mod restore;
mod schema;
mod set_timeouts;
mod simulate;
mod status;
mod usage;
#[cfg(test)]
mod written_commands_tests;
mod zero;

pub use daemon::ipvsd;

use std::process::ExitCode;

use clap::CommandFactory;
use clap_complete::CompleteEnv;

use args::{Ipvsctl, IpvsctlCommand};
use director_core::overrides::OverrideKind;
use error::CliError;
use output::{Exit, Output};

/// Runs ipvsctl with the arguments of this process.
#[must_use]
pub fn ipvsctl() -> ExitCode {
    CompleteEnv::with_factory(Ipvsctl::command)
        .var(completion::VARIABLE)
        .complete();
    let args: Ipvsctl = usage::parse();
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

fn run(command: &IpvsctlCommand, output: &mut Output) -> Result<Exit, CliError> {
    match command {
        IpvsctlCommand::Check(args) => check::run(args, output),
        IpvsctlCommand::Convert(args) => convert::run(args, output),
        IpvsctlCommand::Apply(args) => apply::run(args, output),
        IpvsctlCommand::Confirm(args) => apply::run_confirm(args, output),
        IpvsctlCommand::Rollback(args) => apply::run_rollback(args, output),
        IpvsctlCommand::Plan(args) => plan::run(args, output),
        IpvsctlCommand::Probe(args) => probe::run(args, output),
        IpvsctlCommand::Doctor(args) => doctor::run(args, output),
        IpvsctlCommand::RealServer(args) => realserver::run(args, output),
        IpvsctlCommand::List(args) => list::list(args, output),
        IpvsctlCommand::Save(args) => list::save(args, output),
        IpvsctlCommand::Restore(args) => restore::run(args, output),
        IpvsctlCommand::Connections(args) => connections::run(args, output),
        IpvsctlCommand::Zero(args) => zero::run(args),
        IpvsctlCommand::SetTimeouts(args) => set_timeouts::run(args),
        IpvsctlCommand::Status(args) => status::run(args, output),
        IpvsctlCommand::Events(args) => events::run(args, output),
        IpvsctlCommand::Simulate(args) => simulate::run(args, output),
        IpvsctlCommand::Replay(args) => replay::run(args, output),
        IpvsctlCommand::Generate(args) => generate::run(args, Ipvsctl::command(), output),
        IpvsctlCommand::Schema(args) => schema::run(args, output),
        IpvsctlCommand::Explain(args) => status::run_explain(args, output),
        IpvsctlCommand::Drain(args) => overrides::run(OverrideKind::Drain, args, output),
        IpvsctlCommand::Disable(args) => overrides::run(OverrideKind::Disable, args, output),
        IpvsctlCommand::Maintenance(args) => {
            overrides::run(OverrideKind::Maintenance, args, output)
        }
        IpvsctlCommand::Weight(args) => overrides::run_weight(args, output),
        IpvsctlCommand::Enable(args) => overrides::run_enable(args, output),
        IpvsctlCommand::Overrides(args) => overrides::run_list(args, output),
        IpvsctlCommand::Reload(args) => status::run_reload(args, output),
        IpvsctlCommand::Compare(args) => compare::run(args, output),
        IpvsctlCommand::Diff(args) => observed::run_diff(args, output),
        IpvsctlCommand::Takeover(args) => observed::run_takeover(args, output),
        IpvsctlCommand::Unfreeze(args) => status::run_unfreeze(args, output),
    }
}
