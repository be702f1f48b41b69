//! `ipvsctl status`: what the daemon says of itself, as a table for people or as JSON.

mod departing;
mod explain;
mod history;
mod table;

use std::path::PathBuf;

use clap::Args;

pub(super) use explain::explain;
pub(super) use table::span;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::api::wire::Status;
use crate::api::{ApiError, Client, likely_socket};

/// Arguments of `ipvsctl status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    socket: SocketArg,
    /// Show the last probes of one real server, with timings and failures
    #[arg(long, num_args = 2, value_names = ["SERVICE", "SERVER"])]
    history: Option<Vec<String>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Arguments of `ipvsctl unfreeze`.
#[derive(Debug, Args)]
pub(super) struct UnfreezeArgs {
    #[command(flatten)]
    socket: SocketArg,
}

/// Arguments of `ipvsctl reload`.
#[derive(Debug, Args)]
pub(super) struct ReloadArgs {
    /// Skip the safety limits
    #[arg(long)]
    force: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// Arguments of `ipvsctl explain`.
#[derive(Debug, Args)]
pub(super) struct ExplainArgs {
    /// Virtual service: its name or what it listens on (web, 192.0.2.10:80, "fwmark 5")
    service: String,
    /// Real server: its address, with the port if needed
    server: String,
    #[command(flatten)]
    socket: SocketArg,
}

/// Where the daemon is asked.
#[derive(Debug, Args)]
pub(super) struct SocketArg {
    /// Control socket of the daemon [default: that of this network namespace in /run/ipvsd]
    #[arg(long, value_name = "PATH", help_heading = "Daemon options")]
    socket: Option<PathBuf>,
}

impl SocketArg {
    pub(super) fn client(&self) -> Client {
        Client::new(&self.path())
    }

    /// The socket that is meant.
    pub(super) fn path(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(likely_socket)
    }
}

/// Asks the daemon and prints its state.
pub(super) fn run(args: &StatusArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let status = asked(client.status())?;
    if let Some([service, server]) = args.history.as_deref() {
        return show_history(&client, &status, (service, server), args.json, output);
    }
    if args.json {
        output.json(&status)?;
    } else {
        output.text(&table::render(&status))?;
    }
    Ok(Exit::Fine)
}

fn show_history(
    client: &Client,
    status: &Status,
    (service, server): (&str, &str),
    json: bool,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let (service, server) = match explain::only(status, service, server) {
        Ok(found) => found,
        Err(unknown) => {
            output.note(&unknown)?;
            return Ok(Exit::Unusable);
        }
    };
    let history = asked(client.history(&service.listen, &server.address))?;
    if json {
        output.json(&history)?;
    } else {
        output.text(&history::render(service, server, &history))?;
    }
    Ok(Exit::Fine)
}

/// Ends a freeze.
pub(super) fn run_unfreeze(args: &UnfreezeArgs, output: &mut Output) -> Result<Exit, CliError> {
    let outcome = asked(args.socket.client().unfreeze())?;
    if outcome.was_frozen {
        output.text("health is no longer frozen\n")?;
        return Ok(Exit::Fine);
    }
    output.note("ipvsctl: health was not frozen")?;
    Ok(Exit::Found)
}

/// Reloads the configuration.
pub(super) fn run_reload(args: &ReloadArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let outcome = asked(client.reload(args.force))?;
    for finding in &outcome.diagnostics {
        output.note(&finding.to_string())?;
    }
    if outcome.accepted {
        output.text("the new configuration is in force\n")?;
        return Ok(Exit::Fine);
    }
    output.note("the new configuration is refused; the previous one stays in force")?;
    Ok(Exit::Unusable)
}

/// Explains the weight of one real server, in each service that is meant.
pub(super) fn run_explain(args: &ExplainArgs, output: &mut Output) -> Result<Exit, CliError> {
    let status = asked(args.socket.client().status())?;
    match explain::explain(&status, &args.service, &args.server) {
        Ok(text) => {
            output.text(&text)?;
            Ok(Exit::Fine)
        }
        Err(unknown) => {
            output.note(&unknown)?;
            Ok(Exit::Unusable)
        }
    }
}

/// Waits for the daemon's answer.
pub(super) fn asked<T>(request: impl Future<Output = Result<T, ApiError>>) -> Result<T, CliError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    Ok(runtime.block_on(request)?)
}
