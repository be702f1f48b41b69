//! The arguments of ipvsd, and its way from them to an exit status.

use std::env;
use std::io::{self, IsTerminal};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use clap::{CommandFactory, Parser};
use tracing_subscriber::EnvFilter;

use super::as_ldirectord;
use super::error::CliError;
use super::help;
use super::log::{LogFormat, LogOutput, log_panics};
use super::output::{Exit, Output};
use super::usage;
use crate::api::default_socket;
use crate::daemon::{self, DaemonEnd, DaemonError, Settings, TableKind};
use crate::ldirectord::Role;
use crate::loader::STANDARD_INPUT;
use crate::store;

/// The option of a daemon that only observes.
const OBSERVE: &str = "--observe";

/// Run the director: health-check real servers and keep the kernel's IPVS table equal to the configuration.
///
/// SIGHUP reloads the configuration; SIGTERM and SIGINT stop the daemon. Use ipvsctl to inspect and control it.
#[derive(Debug, Parser)]
#[command(name = "ipvsd", version, max_term_width = 100, after_help = help::IPVSD)]
pub(super) struct DaemonArgs {
    /// Configuration file: YAML, ldirectord.cf or keepalived.conf. The extension (.yaml, .yml, .cf) decides, otherwise the content
    #[arg(
        long,
        short,
        value_name = "FILE",
        default_value = "/etc/ipvsd/ipvsd.yaml",
        value_parser = rereadable
    )]
    config: PathBuf,
    /// Control socket for ipvsctl [default: /run/ipvsd/ipvsd.sock; in the network namespace NAME ipvsd@NAME.sock]
    #[arg(long, value_name = "PATH")]
    socket: Option<PathBuf>,
    /// Table to manage; `memory` needs --socket, and keeps no state without --state
    #[arg(
        long,
        value_enum,
        value_name = "TABLE",
        default_value_t = TableKind::Ipvs,
        requires_if("memory", "socket")
    )]
    kernel: TableKind,
    /// Only observe the table of keepalived, ldirectord or another program: check and decide, but change nothing. `ipvsctl diff`
    /// shows what ipvsd would change, `ipvsctl takeover` starts managing the table
    #[arg(long, conflicts_with = "kernel")]
    observe: bool,
    /// Keep overrides, health and ownership in this file across restarts [default: /var/lib/ipvsd/state.json; in the network
    /// namespace NAME state@NAME.json]
    #[arg(
        long,
        value_name = "FILE",
        env = "IPVSD_STATE",
        help_heading = "State options"
    )]
    state: Option<PathBuf>,
    /// Keep nothing across restarts
    #[arg(long, help_heading = "State options")]
    no_state: bool,
    /// Record every event to this file for `ipvsctl replay`; secrets are masked
    #[arg(long, value_name = "FILE", help_heading = "Log options")]
    record: Option<PathBuf>,
    /// Format of log lines on standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text, help_heading = "Log options")]
    log_format: LogFormat,
    /// Log level (error, warn, info, debug, trace), also by module: ipvsd::probe=debug,info
    #[arg(
        long,
        value_name = "FILTER",
        default_value = "info",
        env = "IPVSD_LOG",
        help_heading = "Log options"
    )]
    log: String,
}

/// The command line of ipvsd, for its manual page and completions.
pub(super) fn command() -> clap::Command {
    DaemonArgs::command()
}

/// A file that a reload can read again.
fn rereadable(text: &str) -> Result<PathBuf, String> {
    match text {
        STANDARD_INPUT => Err("a reload cannot read standard input again; use a file".to_owned()),
        _ => Ok(PathBuf::from(text)),
    }
}

/// The whole of the ipvsd command, with the arguments of this process.
#[must_use]
pub fn ipvsd() -> ExitCode {
    let mut output = Output::named("ipvsd");
    match Role::of_this_process() {
        Ok(Some(role)) => return as_ldirectord::run(role, &mut output),
        Ok(None) => {}
        Err(error) => {
            output.complain(&error);
            return Exit::Unusable.into();
        }
    }
    let args: DaemonArgs = usage::parse();
    // Before any thread begins, since each inherits what this one may.
    let narrowed = daemon::narrow_process();
    let log = match start_log(&args) {
        Ok(log) => log,
        Err(error) => {
            output.complain(&error);
            return error.exit().into();
        }
    };
    if let Err(error) = narrowed {
        tracing::warn!(
            "check commands and hooks may inherit descriptors or capabilities of this process: {error}"
        );
    }
    let outcome = run(args);
    let is_read = log.finish();
    match outcome {
        Ok(DaemonEnd::Stopped) => Exit::Fine.into(),
        Ok(DaemonEnd::TakesOver) => {
            let error = CliError::NotTakenOver(begin_to_manage());
            output.complain(&error);
            error.exit().into()
        }
        // A message would wait for the same reader; the exit status still tells.
        Err(error) if !is_read => error.exit().into(),
        Err(error) => {
            match &error {
                // Nothing more can be done where even standard error is closed; the exit status still tells.
                CliError::Daemon(DaemonError::Definitions(load)) => {
                    drop(output.findings(&load.report()))
                }
                other => output.complain(other),
            }
            error.exit().into()
        }
    }
}

fn run(args: DaemonArgs) -> Result<DaemonEnd, CliError> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let table = if args.observe {
        TableKind::Observed
    } else {
        args.kernel
    };
    let settings = Settings {
        configuration: args.config,
        dialect: None,
        socket: args.socket.unwrap_or_else(default_socket),
        role: None,
        state: match (args.no_state, table) {
            (true, _) => None,
            (false, TableKind::Memory) => args.state,
            (false, TableKind::Ipvs | TableKind::Observed) => {
                Some(args.state.unwrap_or_else(store::default_path))
            }
        },
        table,
        recording: args.record,
    };
    let outcome = runtime.block_on(daemon::run(settings));
    runtime.shutdown_timeout(daemon::LAST_WORK);
    daemon::end_programs();
    Ok(outcome?)
}

/// Starts this program again in this process, without `--observe`. Returns only if that fails.
fn begin_to_manage() -> io::Error {
    let arguments = env::args_os().skip(1);
    Command::new("/proc/self/exe")
        .args(arguments.filter(|argument| argument != OBSERVE))
        .exec()
}

fn start_log(args: &DaemonArgs) -> Result<LogOutput, CliError> {
    let filter = EnvFilter::builder().parse(&args.log)?;
    let output = LogOutput::standard_error(args.log_format)?;
    let writer = output.clone();
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(move || writer.clone())
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    log_panics();
    Ok(output)
}
