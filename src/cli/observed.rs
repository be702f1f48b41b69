//! `ipvsctl diff` and `ipvsctl takeover`: what a daemon that observes would have changed, and having it manage the table.

use std::time::{Duration, Instant};

use clap::Args;
use jiff::{SignedDuration, Zoned};
use tokio::time::sleep;

use super::error::CliError;
use super::output::{Exit, Output, count};
use super::overrides::time;
use super::status::{SocketArg, span};
use crate::api::takeover::{
    DifferenceStatus, LONGEST_WAIT_SECONDS, ObservationStatus, TakeOverRequest,
};
use crate::api::wire::Status;
use crate::api::{ApiError, Client};

/// How long the daemon may take to start again.
const START_LIMIT: Duration = Duration::from_secs(30);
/// Pause between two requests for its state meanwhile.
const START_PAUSE: Duration = Duration::from_millis(20);

/// Arguments of `ipvsctl diff`.
#[derive(Debug, Args)]
pub(super) struct DiffArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// Arguments of `ipvsctl takeover`.
#[derive(Debug, Args)]
pub(super) struct TakeOverArgs {
    /// Wait up to this long for the other program to end
    #[arg(long, value_name = "TIME", value_parser = time)]
    wait: Option<Duration>,
    /// Take over even while another program manages the table
    #[arg(long, conflicts_with = "wait")]
    force: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// Shows what the daemon would change, and would have changed.
pub(super) fn run_diff(args: &DiffArgs, output: &mut Output) -> Result<Exit, CliError> {
    let status = super::status::asked(args.socket.client().status())?;
    let Some(observation) = &status.observation else {
        output.note(
            "ipvsctl: this ipvsd manages the table and reverts each difference; `ipvsctl diff` is for one that was started with \
             --observe. To compare a file with the table: ipvsctl plan FILE",
        )?;
        return Ok(Exit::Refused);
    };
    if args.json {
        output.json(observation)?;
    } else {
        output.text(&render(observation, &Zoned::now()))?;
    }
    Ok(match observation.current.is_empty() {
        true => Exit::Fine,
        false => Exit::Found,
    })
}

fn render(observation: &ObservationStatus, now: &Zoned) -> String {
    let mut text = format!(
        "observing for {}: {}, {} ended\n",
        span(observation.age_seconds),
        count(observation.current.len(), "difference"),
        observation.ended_count
    );
    if !observation.current.is_empty() {
        text.push_str("\nnow:\n");
        lines(&observation.current, now, &mut text);
    }
    if !observation.ended.is_empty() {
        let kept = observation.ended.len();
        let all = observation.ended_count == kept as u64;
        let last = if all {
            String::new()
        } else {
            format!(" (the last {kept})")
        };
        text.push_str(&format!("\nended{last}:\n"));
        lines(&observation.ended, now, &mut text);
    }
    text
}

fn lines(differences: &[DifferenceStatus], now: &Zoned, text: &mut String) {
    for difference in differences {
        let ago = SignedDuration::try_from_secs_f64(difference.began_seconds_ago);
        let began = now.checked_sub(ago.unwrap_or_default());
        let began = began.map_or_else(
            |_| "?".to_owned(),
            |time| time.strftime("%F %T").to_string(),
        );
        let reason = match difference.reason.as_str() {
            "" => String::new(),
            reason => format!("   ({reason})"),
        };
        text.push_str(&format!(
            "  {began}  {:>8}  {}{reason}\n",
            span(difference.lasted_seconds),
            difference.change
        ));
    }
}

/// Has the daemon manage the table.
pub(super) fn run_takeover(args: &TakeOverArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let status = runtime.block_on(async {
        request(&client, args).await?;
        until_it_manages(&client).await
    })?;
    if let Some(error) = &status.kernel_error {
        output.note(&format!("ipvsctl: {error}"))?;
        return Ok(Exit::Refused);
    }
    output.text("ipvsd manages the table now\n")?;
    output.note(
        "ipvsctl: remove --observe from the unit or command line of ipvsd, or its next start only observes",
    )?;
    Ok(Exit::Fine)
}

/// The daemon waits for a limited time, so it is requested again while there is time left.
async fn request(client: &Client, args: &TakeOverArgs) -> Result<(), ApiError> {
    let deadline = Instant::now() + args.wait.unwrap_or_default();
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        let is_last = left.as_secs() < LONGEST_WAIT_SECONDS;
        let request = TakeOverRequest {
            wait_seconds: left.as_secs_f64().ceil() as u64,
            force: args.force,
        };
        match client.take_over(&request).await {
            Err(ApiError::Refused(_)) if !is_last => {}
            // It may be gone before its answer has arrived.
            Ok(_) | Err(ApiError::Conversation(_) | ApiError::Stopping) => return Ok(()),
            Err(error) => return Err(error),
        }
    }
}

/// Waits for the daemon to start again.
async fn until_it_manages(client: &Client) -> Result<Status, ApiError> {
    let deadline = Instant::now() + START_LIMIT;
    loop {
        let outcome = client.status().await;
        match outcome {
            Ok(status) if status.observation.is_none() => return Ok(status),
            Err(error) if Instant::now() >= deadline => return Err(error),
            Ok(_) if Instant::now() >= deadline => {
                let words = "the daemon still observes; its log says why";
                return Err(ApiError::Refused(words.to_owned()));
            }
            _ => sleep(START_PAUSE).await,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn difference(change: &str, ago: f64, lasted: f64) -> DifferenceStatus {
        DifferenceStatus {
            service: "tcp 192.0.2.10:80".to_owned(),
            server: None,
            change: change.to_owned(),
            reason: "connection refused".to_owned(),
            began_seconds_ago: ago,
            lasted_seconds: lasted,
        }
    }

    #[test]
    fn differences_of_now_come_before_those_that_have_ended() {
        let now: Zoned = "2026-12-01T14:00:00[UTC]".parse().unwrap();
        let mut observation = ObservationStatus {
            age_seconds: 7200.0,
            current: vec![difference("edit    a", 90.0, 90.0)],
            ended: vec![difference("edit    b", 3600.0, 2.4)],
            ended_count: 1,
        };
        let expected = "\
observing for 2h00m: 1 difference, 1 ended

now:
  2026-12-01 13:58:30     1m30s  edit    a   (connection refused)

ended:
  2026-12-01 13:00:00     2.4 s  edit    b   (connection refused)
";
        assert_eq!(render(&observation, &now), expected);
        observation.ended_count = 101;
        assert!(render(&observation, &now).contains("\nended (the last 1):\n"));
    }
}
