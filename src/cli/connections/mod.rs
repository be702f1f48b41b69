//! `ipvsctl connections`: the connections of a client, a service or a server, in bounded memory.

mod filter;
mod wanted;

use clap::Args;

use super::completion;
use super::error::CliError;
use super::list::{ConnectionForm, connections, print};
use super::output::{Exit, Output};
use super::status::SocketArg;
use filter::{ClientNetwork, ConnectionFilter};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct ConnectionsArgs {
    /// Clients: an address, or a network such as 198.51.100.0/24
    #[arg(long, value_name = "CLIENT", value_parser = ClientNetwork::parse)]
    client: Option<ClientNetwork>,
    /// Virtual service: its name or what it listens on (web, 192.0.2.10:80, "fwmark 5")
    #[arg(long, value_name = "SERVICE", add = completion::service())]
    service: Option<String>,
    /// Real server: its address, with the port if needed
    #[arg(long, value_name = "SERVER", value_parser = wanted::server, add = completion::server())]
    server: Option<wanted::ServerMatch>,
    /// Show numbers instead of host and port names
    #[arg(short, long)]
    numeric: bool,
    /// Print one JSON object per line, always with numbers
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// Prints the connections that are wanted, as they are read.
pub(super) fn run(args: &ConnectionsArgs, output: &mut Output) -> Result<Exit, CliError> {
    let all = connections()?;
    let filter = ConnectionFilter {
        client: args.client,
        service: match &args.service {
            None => None,
            Some(service) => Some(wanted::service(service, &args.socket)?),
        },
        server: args.server,
        masks: match args.client {
            None => filter::Masks::default(),
            Some(_) => wanted::masks()?,
        },
    };
    let form = match args.json {
        true => ConnectionForm::JsonLines,
        false => ConnectionForm::Text {
            numeric: args.numeric,
            engines: false,
        },
    };
    let is_wanted = |entry: &Result<_, _>| entry.as_ref().map_or(true, |entry| filter.has(entry));
    print(all.filter(is_wanted), form, output)?;
    Ok(Exit::Fine)
}
