//! `ipvsctl replay`: hands a recording's events to the same core at the recorded moments and prints what it decides. No
//! kernel, no network, no clock: what a daemon did somewhere else happens again here.

use std::fs;
use std::path::PathBuf;

use clap::Args;
use director_core::director::{Director, Effect};
use director_core::moment::Moment;
use director_core::notify::Notification;

use super::error::CliError;
use super::output::{Exit, Output, count};
use crate::daemon::{RecordedEvent, decision};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct ReplayArgs {
    /// Recording made by `ipvsd --record`
    #[arg(value_name = "RECORDING")]
    recording: PathBuf,
}

/// Prints every decision with its moment; status 1 when one is not what the daemon decided, or lines are missing.
pub(super) fn run(args: &ReplayArgs, output: &mut Output) -> Result<Exit, CliError> {
    let text = fs::read_to_string(&args.recording).map_err(|source| CliError::Unreadable {
        file: args.recording.clone(),
        source,
    })?;
    let mut director = Director::new();
    let mut compared = Compared::default();
    let mut effects = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let recorded: RecordedEvent = match serde_json::from_str(line) {
            Ok(recorded) => recorded,
            Err(_) if text.ends_with(line) && index > 0 => {
                output.note("skipping the last line, which is incomplete")?;
                break;
            }
            Err(source) => {
                return Err(CliError::Recording {
                    file: args.recording.clone(),
                    line: index + 1,
                    source,
                });
            }
        };
        if recorded.dropped > 0 {
            compared.lacking = Some((recorded.at, recorded.dropped));
            break;
        }
        compared.recorded(&recorded);
        let Some(event) = recorded.event else {
            continue;
        };
        director.note(event, recorded.at, &mut effects);
        if recorded.more {
            continue;
        }
        let mut effects = std::mem::take(&mut effects);
        director.decide(recorded.at, &mut effects);
        for words in effects.iter().filter_map(words) {
            output.text(&format!("{:>10}  {words}\n", recorded.at.to_string()))?;
        }
        compared.decided(recorded.at, effects.iter().filter_map(decision).collect());
    }
    // Of its last event a daemon that was killed has not said what it decided.
    output.note(&compared.summary())?;
    Ok(if compared.is_whole() {
        Exit::Fine
    } else {
        Exit::Found
    })
}

/// What the daemon decided beside what was decided here.
#[derive(Default)]
struct Compared {
    events: usize,
    decisions: usize,
    /// The recording holds decisions.
    holds_decisions: bool,
    /// What was decided here on the last event, while the recording has not said what the daemon did.
    here: Option<(Moment, Vec<String>)>,
    difference: Option<String>,
    /// Where lines are missing, and how many. What follows cannot be compared.
    lacking: Option<(Moment, u64)>,
}

impl Compared {
    fn recorded(&mut self, line: &RecordedEvent) {
        if line.event.is_none() {
            self.holds_decisions = true;
            let (_, here) = self.here.take().unwrap_or((line.at, Vec::new()));
            self.compare(line.at, &line.decided, &here);
        } else {
            self.end();
            self.events += 1;
        }
    }

    fn decided(&mut self, at: Moment, here: Vec<String>) {
        self.decisions += here.len();
        self.here = (!here.is_empty()).then_some((at, here));
    }

    /// Whatever the daemon has not said to have decided, it has not.
    fn end(&mut self) {
        if let Some((at, here)) = self.here.take()
            && self.holds_decisions
        {
            self.compare(at, &[], &here);
        }
    }

    fn compare(&mut self, at: Moment, daemon: &[String], here: &[String]) {
        if daemon != here && self.difference.is_none() {
            self.difference = Some(format!(
                "differs at {at}: the daemon decided {daemon:?}, this replay {here:?}"
            ));
        }
    }

    fn summary(&self) -> String {
        let all = format!(
            "{}, {}",
            count(self.events, "event"),
            count(self.decisions, "decision")
        );
        match (&self.difference, self.lacking) {
            (Some(difference), _) => format!("{all}: {difference}"),
            (None, Some((at, lines))) => format!(
                "{all} until {at}: {} missing here, because the file was not written fast enough; the rest cannot be \
                 compared",
                if lines == 1 {
                    "1 line is".to_owned()
                } else {
                    format!("{lines} lines are")
                }
            ),
            (None, None) if self.holds_decisions => format!("{all}: exactly as recorded"),
            (None, None) => all,
        }
    }

    /// Everything was compared, and nothing differs.
    fn is_whole(&self) -> bool {
        self.difference.is_none() && self.lacking.is_none()
    }
}

/// A decision in words; what is asked of the kernel is told again when it has come about.
fn words(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Notification(Notification::Line(_)) | Effect::Apply(_) => None,
        _ => decision(effect),
    }
}

#[cfg(test)]
mod tests {
    use director_core::director::Event;

    use super::*;

    fn line(event: Option<Event>, decided: &[&str]) -> RecordedEvent {
        RecordedEvent {
            event,
            decided: decided.iter().map(|words| (*words).to_owned()).collect(),
            ..RecordedEvent::at(Moment::START)
        }
    }

    /// What a daemon decided on each event, beside what was decided here.
    fn compared(both: &[(&[&str], &[&str])]) -> Option<String> {
        let mut compared = Compared::default();
        for (daemon, here) in both {
            compared.recorded(&line(Some(Event::Woken), &[]));
            let here = here.iter().map(|words| (*words).to_owned());
            compared.decided(Moment::START, here.collect());
            if !daemon.is_empty() {
                compared.recorded(&line(None, daemon));
            }
        }
        compared.end();
        compared.difference
    }

    #[test]
    fn every_difference_is_found() {
        assert_eq!(
            compared(&[(&["a"], &["a"]), (&[], &[]), (&["b", "c"], &["b", "c"])]),
            None
        );
        for differs in [
            [(&["a"][..], &["a"][..]), (&["b"], &["c"])],
            [(&["a"], &["a"]), (&["b"], &[])],
            [(&["a"], &["a"]), (&[], &["b"])],
            [(&["a"], &["a"]), (&["b", "c"], &["b"])],
        ] {
            assert!(compared(&differs).is_some(), "{differs:?}");
        }
    }
}
