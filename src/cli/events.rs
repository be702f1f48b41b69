//! `ipvsctl events`: what the daemon has reported, and with `--follow` what it reports from now on.

use std::time::Duration;

use clap::Args;
use jiff::{SignedDuration, Timestamp};
use tokio::time::sleep;

use super::completion;
use super::error::CliError;
use super::output::{Exit, Output, count};
use super::status::SocketArg;
use crate::api::events::{EventPage, KEPT, LONGEST_WAIT, ReportedEvent};
use crate::api::{ApiError, Client, EventKind};
use crate::loader;

/// Pause before a daemon that does not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_secs(1);

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct EventsArgs {
    /// Only events of these virtual services, by name
    #[arg(value_name = "SERVICE", add = completion::service())]
    services: Vec<String>,
    /// Only events of these kinds, such as server_health; `ipvsctl schema --events` lists them
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<EventKind>,
    /// Only events since a time: 10m (ago), or 2026-12-01T09:00:00Z
    #[arg(long, value_name = "TIME", value_parser = since)]
    since: Option<Timestamp>,
    /// Go on and print new events as they come
    #[arg(long, short)]
    follow: bool,
    /// Print JSON, one event in a line
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// A time, or how long ago it was.
fn since(text: &str) -> Result<Timestamp, String> {
    if let Ok(time) = text.parse::<Timestamp>() {
        return Ok(time);
    }
    let ago = loader::duration(text).and_then(|ago| SignedDuration::try_from(ago).ok());
    let time = ago.and_then(|ago| Timestamp::now().checked_sub(ago).ok());
    time.ok_or_else(|| "write 10m, 2h, or a time as 2026-12-01T09:00:00Z".to_owned())
}

/// Prints the events that the daemon keeps, and those to come.
pub(super) fn run(args: &EventsArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let mut page = client.events(None, Duration::ZERO).await?;
        note_gap(args, &page, output)?;
        loop {
            print(args, &page, output)?;
            if !args.follow {
                return Ok(Exit::Fine);
            }
            page = next(&client, page.last, output).await?;
        }
    })
}

/// Says that the daemon keeps no events that are as old as wanted.
fn note_gap(args: &EventsArgs, page: &EventPage, output: &mut Output) -> Result<(), CliError> {
    let oldest = page.events.first().map(|event| &event.time);
    let Some((since, oldest)) = args.since.zip(oldest) else {
        return Ok(());
    };
    if page.events.len() >= KEPT
        && oldest
            .parse::<Timestamp>()
            .is_ok_and(|oldest| oldest > since)
    {
        output.note(&format!(
            "ipvsctl: ipvsd keeps the last {KEPT} events, the oldest of {oldest}; the log has older ones"
        ))?;
    }
    Ok(())
}

/// The events after this one, once there are any. A daemon that does not answer is asked until it does.
async fn next(client: &Client, after: u64, output: &mut Output) -> Result<EventPage, CliError> {
    let mut is_told = false;
    loop {
        match client.events(Some(after), LONGEST_WAIT).await {
            Ok(page) => return Ok(page),
            // It will not understand the next request either.
            Err(error @ (ApiError::Status(_) | ApiError::Refused(_))) => return Err(error.into()),
            Err(error) => {
                if !is_told {
                    output.note(&format!("ipvsctl: {error}; trying again"))?;
                    is_told = true;
                }
                sleep(ASK_AGAIN).await;
            }
        }
    }
}

fn print(args: &EventsArgs, page: &EventPage, output: &mut Output) -> Result<(), CliError> {
    if page.restarted {
        output.note("ipvsctl: ipvsd has started again; what it reported before is not known")?;
    }
    if page.missed > 0 {
        let missed = usize::try_from(page.missed).unwrap_or(usize::MAX);
        output.note(&format!("ipvsctl: {} not kept", count(missed, "event")))?;
    }
    let wanted = page.events.iter().filter(|event| is_wanted(args, event));
    let lines = wanted.map(|event| line(args.json, event));
    output.text(&lines.collect::<Result<String, _>>()?)
}

fn is_wanted(args: &EventsArgs, event: &ReportedEvent) -> bool {
    let service = event.content.service.as_ref();
    let is_late_enough = |since: &Timestamp| {
        let time = event.time.parse::<Timestamp>();
        time.is_ok_and(|time| time >= *since)
    };
    (args.services.is_empty() || service.is_some_and(|service| args.services.contains(service)))
        && (args.kinds.is_empty() || args.kinds.contains(&event.content.kind))
        && args.since.as_ref().is_none_or(is_late_enough)
}

fn line(json: bool, event: &ReportedEvent) -> Result<String, serde_json::Error> {
    if json {
        return Ok(format!("{}\n", serde_json::to_string(event)?));
    }
    let ReportedEvent { time, content, .. } = event;
    // To the millisecond is enough for people.
    let time = time.split_once('.').map_or_else(
        || time.clone(),
        |(seconds, rest)| format!("{seconds}.{}Z", rest.get(..3).unwrap_or(rest)),
    );
    Ok(format!(
        "{time} {:<5} {}\n",
        content.level.to_uppercase(),
        content.message
    ))
}
