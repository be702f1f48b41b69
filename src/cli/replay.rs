//! `ipvsctl replay`: hands a recording's events to the same core at the recorded moments and prints what it decides. No
//! kernel, no network, no clock: what a daemon did somewhere else happens again here.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use director_core::director::{Director, Effect};
use director_core::duties::Duty;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::daemon::RecordedEvent;

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// A recording of `ipvsd --record`
    #[arg(value_name = "RECORDING")]
    recording: PathBuf,
}

/// Prints every decision with its moment.
pub(super) fn run(args: &ReplayArgs, output: &mut Output) -> Result<Exit, CliError> {
    let text = fs::read_to_string(&args.recording).map_err(|source| CliError::Unreadable {
        file: args.recording.clone(),
        source,
    })?;
    let mut director = Director::new();
    for (index, line) in text.lines().enumerate() {
        let recorded: RecordedEvent =
            serde_json::from_str(line).map_err(|source| CliError::Recording {
                file: args.recording.clone(),
                line: index + 1,
                source,
            })?;
        for effect in director.handle(recorded.event, recorded.at) {
            if let Some(words) = words(&effect) {
                output.text(&format!("{:>10}  {words}\n", recorded.at.to_string()))?;
            }
        }
    }
    Ok(Exit::Fine)
}

/// A decision in words; probes and readings are the machine's breathing and left out.
fn words(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Tell(notice) => Some(notice.to_string()),
        Effect::Ready => Some("the kernel holds the desired table".to_owned()),
        Effect::Exit => Some("the end".to_owned()),
        Effect::Duty(duty @ (Duty::Mail(_) | Duty::Command(_))) => Some(duty.to_string()),
        Effect::Duty(Duty::Line(_)) => None,
        Effect::ReadTable | Effect::Apply(_) | Effect::Probe { .. } => None,
    }
}
