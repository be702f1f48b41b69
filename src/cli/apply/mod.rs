//! `ipvsctl apply`: has the daemon take other definitions, for good or on trial; `ipvsctl confirm` keeps those on trial and
//! `ipvsctl rollback` ends the trial at once.
//!
//! The file is put beside the daemon's definitions, taken by the daemon from there, and moved over them when it is to
//! stay. Until then the daemon's own file is as it was: a restart in between is a roll-back.

mod files;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::error::CliError;
use super::kernel_lacks;
use super::output::{Exit, Output};
use super::overrides::time;
use super::plan;
use super::status::{SocketArg, asked, span};
use crate::api::Client;
use crate::api::apply::{ApplyRequest, replaced};
use crate::loader::{self, LoadReport};

/// Arguments of `ipvsctl apply`.
#[derive(Debug, Args)]
pub(super) struct ApplyArgs {
    /// Configuration file, in the same format as that of the daemon
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Return to the previous configuration after this time, unless `ipvsctl confirm` keeps it
    #[arg(long, value_name = "TIME", value_parser = time)]
    confirm: Option<Duration>,
    /// Skip the safety limits
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    state: plan::StateArg,
    #[command(flatten)]
    socket: SocketArg,
}

/// Arguments of `ipvsctl confirm` and `ipvsctl rollback`.
#[derive(Debug, Args)]
pub(super) struct TrialArgs {
    #[command(flatten)]
    socket: SocketArg,
}

/// Says what changes, and has it changed.
pub(super) fn run(args: &ApplyArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let status = asked(client.status())?;
    // Its candidate lies where the new one would.
    if let Some(left) = status.trial_seconds_left {
        output.note(&format!(
            "refused: a configuration is on trial for another {}; ipvsctl confirm keeps it, ipvsctl rollback ends it",
            span(left)
        ))?;
        return Ok(Exit::Refused);
    }
    let definitions = PathBuf::from(status.configuration);
    if args.confirm.is_some() && files::are_the_same(&args.file, &definitions) {
        return Err(CliError::Usage(format!(
            "{} is the daemon's own file, so there is nothing to return to; write the new configuration to another \
             file and apply that",
            args.file.display()
        )));
    }
    let candidate = files::put_beside(&args.file, &definitions)?;
    let taken = take(args, &client, &candidate, output);
    match (&taken, args.confirm) {
        (Ok(Exit::Fine), None) => return install(&client, &candidate, &definitions, output),
        (Ok(Exit::Fine), Some(time)) => output.text(&format!(
            "on trial for {}: ipvsctl confirm keeps it, ipvsctl rollback ends it\n",
            span(time.as_secs_f64())
        ))?,
        _ => files::discard(&candidate),
    }
    taken
}

/// Keeps what is on trial.
pub(super) fn run_confirm(args: &TrialArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let definitions = definitions(&client)?;
    let candidate = crate::api::apply::candidate(&definitions);
    files::check(&candidate)?;
    asked(client.confirm())?;
    install(&client, &candidate, &definitions, output)
}

/// Ends the trial at once.
pub(super) fn run_rollback(args: &TrialArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let definitions = definitions(&client)?;
    asked(client.roll_back())?;
    files::discard(&crate::api::apply::candidate(&definitions));
    output.text("the previous configuration is in force again\n")?;
    Ok(Exit::Fine)
}

/// The file that the daemon reads.
fn definitions(client: &Client) -> Result<PathBuf, CliError> {
    Ok(PathBuf::from(asked(client.status())?.configuration))
}

fn take(
    args: &ApplyArgs,
    client: &Client,
    candidate: &Path,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let loaded = match loader::load_with(candidate, None, &plan::remembered(&args.state.path())) {
        Ok(mut loaded) => {
            kernel_lacks::warn(&mut loaded);
            loaded
        }
        Err(error) => {
            output.findings(&renamed(error.report(), candidate, &args.file))?;
            return Ok(Exit::Unusable);
        }
    };
    output.findings(&renamed(loaded.report.clone(), candidate, &args.file))?;
    let planned = plan::as_reloaded(candidate, &loaded, &args.state, &args.socket, output)?;
    output.text(&plan::in_words(&planned))?;
    let request = ApplyRequest {
        confirm_seconds: args.confirm.map(|time| time.as_secs_f64()),
        force: args.force,
    };
    let outcome = asked(client.apply(&request))?;
    if outcome.accepted {
        return Ok(Exit::Fine);
    }
    for finding in &outcome.diagnostics {
        output.note(&finding.to_string())?;
    }
    output.note("refused; the previous configuration stays in force")?;
    Ok(Exit::Refused)
}

/// The same findings about the file that the operator named.
fn renamed(mut report: LoadReport, candidate: &Path, file: &Path) -> LoadReport {
    let candidate = candidate.to_string_lossy();
    let name: Arc<str> = Arc::from(file.to_string_lossy());
    for finding in &mut report.diagnostics {
        if *finding.place.file == *candidate {
            finding.place.file = Arc::clone(&name);
        }
    }
    report.file = name;
    report
}

fn install(
    client: &Client,
    candidate: &Path,
    definitions: &Path,
    output: &mut Output,
) -> Result<Exit, CliError> {
    files::install(candidate, definitions)?;
    // What was in force already is read again from its place, which changes nothing. So it skips no limits.
    let outcome = asked(client.reload(false))?;
    if !outcome.accepted {
        for finding in &outcome.diagnostics {
            output.note(&finding.to_string())?;
        }
        output.note(&format!(
            "saved as {0}, but the daemon refused it when it read the file; to restore the previous file: mv {1} {0}",
            definitions.display(),
            replaced(definitions).display()
        ))?;
        return Ok(Exit::Refused);
    }
    output.text(&format!("in force, saved as {}\n", definitions.display()))?;
    Ok(Exit::Fine)
}
