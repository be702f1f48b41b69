//! `ipvsctl compare`: what this director and another one see differently.

use std::io::Read;

use clap::Args;

use super::error::CliError;
use super::output::{Exit, Output, count};
use super::status::{SocketArg, asked};
use crate::api::digest::{PeerDifference, SiteDigest};
use crate::api::peer_client::{PeerError, parse_digest, read_digest};
use crate::loader::STANDARD_INPUT;

/// Arguments of `ipvsctl compare`.
#[derive(Debug, Args)]
pub(super) struct CompareArgs {
    /// The other director: HOST:PORT of its `director.metrics`, or - for its digest on standard input [default: `director.peer`]
    #[arg(value_name = "PEER", value_parser = peer)]
    peer: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    socket: SocketArg,
}

/// A host and a port, or standard input.
fn peer(text: &str) -> Result<String, String> {
    let port = text.rsplit_once(':').map(|(_, port)| port.parse::<u16>());
    match port {
        Some(Ok(1..)) => Ok(text.to_owned()),
        _ if text == STANDARD_INPUT => Ok(text.to_owned()),
        _ => Err("write HOST:PORT (10.0.0.3:9190), or -".to_owned()),
    }
}

/// Compares, and prints each difference.
pub(super) fn run(args: &CompareArgs, output: &mut Output) -> Result<Exit, CliError> {
    let client = args.socket.client();
    let peer = match &args.peer {
        Some(peer) => peer.clone(),
        None => match asked(client.status())?.peer {
            Some(peer) => peer.address,
            None => {
                output.note(
                    "ipvsctl: name the other director (HOST:PORT of its director.metrics), or set director.peer",
                )?;
                return Ok(Exit::Unusable);
            }
        },
    };
    let theirs = read(&peer).map_err(|error| CliError::Peer {
        peer: peer.clone(),
        error,
    })?;
    let own = asked(client.digest())?;
    let differences = own.differences(&theirs);
    if args.json {
        output.json(&differences)?;
    } else {
        output.text(&render(&own, &peer, &differences))?;
    }
    Ok(match differences.is_empty() {
        true => Exit::Fine,
        false => Exit::Found,
    })
}

fn read(peer: &str) -> Result<SiteDigest, PeerError> {
    if peer == STANDARD_INPUT {
        let mut text = Vec::new();
        let read = std::io::stdin().lock().read_to_end(&mut text);
        read.map_err(PeerError::Input)?;
        return parse_digest(&text);
    }
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(PeerError::Input)?;
    runtime.block_on(read_digest(peer, true))
}

fn render(own: &SiteDigest, peer: &str, differences: &[PeerDifference]) -> String {
    let peer = match peer {
        STANDARD_INPUT => "the other director",
        named => named,
    };
    let services = count(own.services.len(), "service");
    if differences.is_empty() {
        return format!("{services}: no difference from {peer}\n");
    }
    let mut text = format!(
        "{services}: {} from {peer}\n",
        count(differences.len(), "difference")
    );
    for difference in differences {
        text.push_str(&format!("  {difference}\n"));
    }
    text
}
