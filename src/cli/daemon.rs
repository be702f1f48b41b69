//! The arguments of ipvsd, and its way from them to an exit status.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, ValueEnum};
use tracing_subscriber::EnvFilter;

use super::as_ldirectord;
use super::error::CliError;
use super::output::{Exit, Output};
use crate::api::DEFAULT_SOCKET;
use crate::daemon::{self, DaemonError, Settings};
use crate::ldirectord::Role;
use crate::store;

/// The director of this host: keeps the kernel's IPVS tables as the definitions and the health of the real servers ask.
///
/// HUP reads the definitions again; TERM and INT stop. ipvsctl shows and steers it.
#[derive(Debug, Parser)]
#[command(name = "ipvsd", version)]
struct DaemonArgs {
    /// Definitions: our YAML, or a file of ldirectord. Told by its ending (.yaml, .yml, .cf), else by its content
    #[arg(
        long,
        short,
        value_name = "FILE",
        default_value = "/etc/ipvsd/ipvsd.yaml"
    )]
    config: PathBuf,
    /// Control socket
    #[arg(long, value_name = "PATH", default_value = DEFAULT_SOCKET)]
    socket: PathBuf,
    /// Keep standing orders, verdicts and ownership in this file over a restart
    #[arg(long, value_name = "FILE", default_value = store::DEFAULT_PATH, env = "IPVSD_STATE")]
    state: PathBuf,
    /// Keep nothing over a restart
    #[arg(long)]
    no_state: bool,
    /// Record every event to this file, for ipvsctl replay; secrets are masked
    #[arg(long, value_name = "FILE")]
    record: Option<PathBuf>,
    /// How log lines are written to standard error
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    log_format: LogFormat,
    /// What is logged, as error, warn, info, debug or trace, or for each module as in ipvsd::probe=debug,info
    #[arg(long, value_name = "FILTER", default_value = "info", env = "IPVSD_LOG")]
    log: String,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
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
    match run(DaemonArgs::parse()) {
        Ok(()) => Exit::Fine.into(),
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

fn run(args: DaemonArgs) -> Result<(), CliError> {
    start_log(&args)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let settings = Settings {
        configuration: args.config,
        dialect: None,
        socket: args.socket,
        role: None,
        state: (!args.no_state).then_some(args.state),
        recording: args.record,
    };
    let outcome = runtime.block_on(daemon::run(settings));
    runtime.shutdown_timeout(daemon::LAST_WORK);
    Ok(outcome?)
}

fn start_log(args: &DaemonArgs) -> Result<(), tracing_subscriber::filter::ParseError> {
    let filter = EnvFilter::builder().parse(&args.log)?;
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false)
        .with_ansi(std::io::stderr().is_terminal());
    match args.log_format {
        LogFormat::Text => log.init(),
        LogFormat::Json => log.json().init(),
    }
    Ok(())
}
