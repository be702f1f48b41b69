//! `ipvsctl status`: what the daemon says of itself, as a table for people or as JSON.

mod companions;
mod departing;
mod explain;
mod head;
mod history;
mod lines;
#[cfg(test)]
pub(super) mod sample;
mod span;
mod table;
#[cfg(test)]
mod table_tests;
mod view;
mod watch;

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;
use director_core::naming::{is_service, unknown};
use director_core::weight::ServiceState;
use jiff::Zoned;

pub(super) use explain::explain;
pub(super) use span::span;
use view::StatusView;

use super::completion;
use super::error::CliError;
use super::output::{Exit, Output};
use crate::api::departing::DepartingService;
use crate::api::wire::{ServiceStatus, Status};
use crate::api::{ApiError, Client, likely_socket, usual_sockets};

/// Arguments of `ipvsctl status`.
#[derive(Debug, Args)]
pub(super) struct StatusArgs {
    #[command(flatten)]
    socket: SocketArg,
    /// Virtual services: their names or what they listen on [default: all]
    #[arg(value_name = "SERVICE", add = completion::service())]
    services: Vec<String>,
    /// Show only services that are not up, and their servers that need attention
    #[arg(long)]
    down: bool,
    /// Refresh the output every 2 seconds, or every SECONDS
    #[arg(
        long,
        value_name = "SECONDS",
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "2",
        value_parser = clap::value_parser!(u64).range(1..=3600),
        conflicts_with_all = ["json", "history"]
    )]
    watch: Option<u64>,
    /// Do not cut long lines
    #[arg(long)]
    wide: bool,
    /// Show the last probes of one real server, with timings and failures
    #[arg(
        long,
        num_args = 2,
        value_names = ["SERVICE", "SERVER"],
        conflicts_with_all = ["services", "down"],
        add = completion::service_and_server()
    )]
    history: Option<Vec<String>>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl StatusArgs {
    /// What is shown, for a terminal of this many columns.
    fn view(&self, output: &Output) -> StatusView {
        StatusView {
            width: (!self.wide).then(|| StatusView::width_of(output.columns())),
            colours: output.has_colours(),
            only_down: self.down,
            now: Zoned::now(),
        }
    }

    /// Whether the exit status says if the services are up.
    fn asserts_up(&self) -> bool {
        self.down || !self.services.is_empty()
    }
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
    #[arg(add = completion::service())]
    service: String,
    /// Real server: its address, with the port if needed
    #[arg(add = completion::server())]
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

    /// Names the sockets of other daemons where none was chosen.
    fn name_others(&self, output: &mut Output) -> Result<(), CliError> {
        if self.socket.is_some() {
            return Ok(());
        }
        let chosen = self.path();
        for other in usual_sockets().iter().filter(|socket| **socket != chosen) {
            let other = other.display();
            output.note(&format!(
                "ipvsctl: another daemon runs here: ipvsctl status --socket {other}"
            ))?;
        }
        Ok(())
    }

    /// The socket that is meant.
    pub(super) fn path(&self) -> PathBuf {
        self.socket.clone().unwrap_or_else(likely_socket)
    }
}

/// Reads the daemon's state and prints it. For some services the exit status says whether they are up.
pub(super) fn run(args: &StatusArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    if let Some(seconds) = args.watch {
        return watch::watch(args, &client, Duration::from_secs(seconds), output);
    }
    args.socket.name_others(output)?;
    let mut status = asked(client.status())?;
    if let Some([service, server]) = args.history.as_deref() {
        return show_history(&client, &status, (service, server), args.json, output);
    }
    if let Err(unknown) = select(&mut status, &args.services) {
        output.note(&unknown)?;
        return Ok(Exit::Unusable);
    }
    let all_up = are_up(&status, &args.services);
    if args.json {
        if args.down {
            status
                .services
                .retain(|service| service.state != ServiceState::Up);
        }
        output.json(&status)?;
    } else {
        output.text(&table::render(&status, &args.view(output)))?;
    }
    Ok(match args.asserts_up() && !all_up {
        true => Exit::Found,
        false => Exit::Fine,
    })
}

/// Whether the services that are meant are up: they, and those that wait for an address or were left out.
fn are_up(status: &Status, wanted: &[String]) -> bool {
    let is_meant = |name: &String| wanted.is_empty() || wanted.contains(name);
    let mut waiting = status.waiting.iter().map(|service| &service.name);
    let left_out = status.isolated.iter().filter(|block| block.kept == 0);
    let mut left_out = left_out.map(|block| &block.name);
    let any_leaves =
        (status.departing.iter()).any(|leaving| wanted.iter().any(|one| is_leaving(leaving, one)));
    status.kernel_error.is_none()
        && !any_leaves
        && !waiting.any(is_meant)
        && !left_out.any(is_meant)
        && status
            .services
            .iter()
            .all(|service| service.state == ServiceState::Up)
}

/// Whether a service that is no longer configured is the one that is meant: it has lost its name.
fn is_leaving(service: &DepartingService, wanted: &str) -> bool {
    is_service(&service.listen, &service.listen, wanted)
}

/// Keeps the services that are meant, all of them where none is named.
fn select(status: &mut Status, wanted: &[String]) -> Result<(), String> {
    if wanted.is_empty() {
        return Ok(());
    }
    let is_meant =
        |service: &ServiceStatus, wanted: &str| is_service(&service.name, &service.listen, wanted);
    for one in wanted {
        let is_known = status.waiting.iter().any(|service| service.name == *one)
            || status.isolated.iter().any(|block| block.name == *one)
            || status
                .departing
                .iter()
                .any(|service| is_leaving(service, one))
            || status.services.iter().any(|service| is_meant(service, one));
        if !is_known {
            let names = status.services.iter().map(|service| service.name.as_str());
            let leaving = status
                .departing
                .iter()
                .map(|service| service.listen.as_str());
            let known = names.chain(leaving);
            let words = unknown(&format!("no virtual service {one:?}"), one, known);
            return Err(format!("ipvsctl: {words}"));
        }
    }
    status
        .services
        .retain(|service| wanted.iter().any(|one| is_meant(service, one)));
    status
        .departing
        .retain(|service| wanted.iter().any(|one| is_leaving(service, one)));
    Ok(())
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
    Ok(Exit::Refused)
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

#[cfg(test)]
mod tests {
    use super::sample::{leaving, status};
    use super::*;
    use crate::api::wire::WaitingStatus;

    #[test]
    fn a_service_that_waits_for_its_address_is_not_up() {
        let mut status = status();
        status.services[0].state = ServiceState::Up;
        assert!(are_up(&status, &[]));
        status.waiting.push(WaitingStatus {
            name: "mail".to_owned(),
            host: "mail.example.org".to_owned(),
            reason: "host not found".to_owned(),
        });
        let [web, mail] = ["web", "mail"].map(|name| vec![name.to_owned()]);
        let up = [&[], web.as_slice(), mail.as_slice()].map(|wanted| are_up(&status, wanted));
        assert_eq!(up, [false, true, false]);
        assert_eq!(select(&mut status.clone(), &mail), Ok(()));
        assert!(select(&mut status, &["ftp".to_owned()]).is_err());
    }

    #[test]
    fn a_service_that_leaves_goes_by_what_it_listens_on_and_is_not_up() {
        let mut status = status();
        status.services[0].state = ServiceState::Up;
        status.departing.push(DepartingService {
            listen: "tcp 192.0.2.20:25".to_owned(),
            servers: leaving("10.0.0.31:25"),
        });
        let mail = ["192.0.2.20:25".to_owned()];
        assert!(are_up(&status, &[]) && !are_up(&status, &mail));
        let mut shown = status.clone();
        assert_eq!(select(&mut shown, &mail), Ok(()));
        assert!(shown.services.is_empty() && shown.departing == status.departing);
        assert_eq!(select(&mut status, &["web".to_owned()]), Ok(()));
        assert!(status.departing.is_empty());
    }
}
