//! ipvsd in the place of ldirectord: no arguments of its own, messages and exit statuses as the ldirectord command passes
//! them on.

use std::path::PathBuf;
use std::process::ExitCode;

use tracing_subscriber::EnvFilter;

use super::error::CliError;
use super::log::{LogFormat, LogOutput, log_panics};
use super::output::Output;
use crate::daemon::{self, DaemonError, Settings, TableKind};
use crate::ldirectord::{self, Mode, Role};
use crate::loader::{self, Dialect, LoadError};
use crate::netns;

/// Runs in this role until told to stop, or only checks the configuration.
pub(super) fn run(role: Role, output: &mut Output) -> ExitCode {
    let shown = role.shown.clone();
    let done = match role.mode {
        Mode::Check => loader::load_as(&role.config, Some(Dialect::Ldirectord))
            .map(drop)
            .map_err(|error| CliError::Daemon(DaemonError::Definitions(error))),
        Mode::Daemon | Mode::Supervised | Mode::Debug => direct(role),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CliError::Daemon(error)) => {
            match &error {
                DaemonError::Definitions(load) => complain(output, &shown, load),
                other => {
                    let _ = output.note(&format!("Error [{}]: {other}", std::process::id()));
                }
            }
            ExitCode::from(error.exit_code())
        }
        Err(error) => {
            output.complain(&error);
            error.exit().into()
        }
    }
}

fn direct(role: Role) -> Result<(), CliError> {
    ldirectord::enter(role.mode)?;
    let narrowed = daemon::narrow_process();
    let log = start_log(role.mode)?;
    if let Err(error) = narrowed {
        tracing::warn!(
            "check commands and hooks may inherit descriptors or capabilities of this process: {error}"
        );
    }
    let outcome = direct_with(role);
    // What does not fit into this time is lost.
    let _ = log.finish();
    outcome
}

fn direct_with(role: Role) -> Result<(), CliError> {
    let settings = Settings {
        configuration: role.config.clone(),
        dialect: Some(Dialect::Ldirectord),
        table: TableKind::Ipvs,
        socket: socket(&role.instance),
        // ldirectord starts again at each start; its maintenance files remember by themselves.
        state: None,
        recording: None,
        role: Some(role),
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    let outcome = runtime.block_on(daemon::run(settings));
    runtime.shutdown_timeout(daemon::LAST_WORK);
    outcome?;
    Ok(())
}

/// Each instance has a socket of its own.
fn socket(instance: &str) -> PathBuf {
    netns::default_path(&format!("/run/ipvsd/ldirectord.{instance}.sock"))
}

/// The instance tells of the director itself; of the rest of the program its log gets what an operator wants to know.
fn start_log(mode: Mode) -> Result<LogOutput, CliError> {
    let own = env!("CARGO_CRATE_NAME");
    let filter = match mode {
        Mode::Debug => "debug".to_owned(),
        Mode::Daemon | Mode::Supervised | Mode::Check => {
            format!("warn,{own}::alert=info,{own}::maintenance=info")
        }
    };
    let output = LogOutput::standard_error(LogFormat::Text)?;
    let writer = output.clone();
    let log = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::builder().parse(filter)?)
        .with_target(false)
        .with_ansi(false);
    match mode {
        Mode::Debug => log.with_writer(move || writer.clone()).init(),
        Mode::Daemon | Mode::Supervised | Mode::Check => log
            .without_time()
            .with_level(false)
            .with_writer(move || ldirectord::log_redirect(writer.clone()))
            .init(),
    }
    log_panics();
    Ok(output)
}

/// Shows what makes the configuration unusable, one line each.
fn complain(output: &mut Output, shown: &str, error: &LoadError) {
    for finding in error.report().diagnostics {
        if finding.is_error() {
            // Where nobody listens, the exit status still tells.
            let _ = output.note(&ldirectord::finding(shown, &finding));
        }
    }
}
