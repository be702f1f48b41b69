//! `ipvsctl list` and `ipvsctl save`: the kernel's own table, in the formats of `ipvsadm -L` and `ipvsadm -S`. They ask the
//! kernel and not the daemon, so that they show the truth also when no daemon runs.

mod connections;
mod json;
mod names;
mod save;
mod select;
mod sync;
mod table;

pub use connections::{ConnectionEntry, connection_listing, parse_connections};
pub use names::AddressNames;
pub use save::{save_format, save_format_with};
pub use table::{Numbers, Style, View};

use std::collections::BTreeSet;
use std::net::IpAddr;

use clap::Args;
use director_core::model::{ServiceId, is_probe_service};
use director_core::table::Table;

use super::error::CliError;
use super::output::{Exit, Output, count};
use crate::ipvs::{Kernel, NetlinkKernel, ReadScope};
use connections::CONNECTIONS_FILE;
use select::ServiceSelection;

/// The arguments of `ipvsctl list` as typed.
#[derive(Debug, Args)]
pub(super) struct ListArgs {
    /// Show numbers instead of host and port names
    #[arg(short, long)]
    numeric: bool,
    /// Show exact numbers, without K, M and G
    #[arg(long)]
    exact: bool,
    /// Include the probe services of checks with `via: vip`
    #[arg(long)]
    all: bool,
    /// Print JSON, always with numbers
    #[arg(long)]
    json: bool,
    #[command(flatten, next_help_heading = "Columns")]
    columns: Columns,
    #[command(flatten, next_help_heading = "Selection")]
    service: ServiceSelection,
    #[command(flatten, next_help_heading = "Other tables")]
    other: OtherSubject,
}

/// Which columns are shown; of several the first in this order counts, as with ipvsadm.
#[derive(Debug, Args)]
struct Columns {
    /// Show counters
    #[arg(long)]
    stats: bool,
    /// Show rates per second
    #[arg(long)]
    rate: bool,
    /// Show the connection thresholds
    #[arg(long)]
    thresholds: bool,
    /// Show persistent connections; with --connection the data of persistence engines
    #[arg(long)]
    persistent_conn: bool,
    /// Show the tunnel type
    #[arg(long)]
    tun_info: bool,
}

/// What is listed in place of services.
#[derive(Debug, Args)]
#[group(multiple = false, conflicts_with = "ServiceSelection")]
struct OtherSubject {
    /// List the connection table
    #[arg(short, long)]
    connection: bool,
    /// Show the timeouts of the connection table
    #[arg(long)]
    timeout: bool,
    /// Show the connection synchronisation daemons of the kernel
    #[arg(long)]
    daemon: bool,
}

/// The arguments of `ipvsctl save` as typed.
#[derive(Debug, Args)]
pub(super) struct SaveArgs {
    /// Show numbers instead of host and port names
    #[arg(short, long)]
    numeric: bool,
    /// Include the probe services of checks with `via: vip`
    #[arg(long)]
    all: bool,
}

/// Lists what is asked for.
pub(super) fn list(args: &ListArgs, output: &mut Output) -> Result<Exit, CliError> {
    if args.other.connection {
        return list_connections(args, output);
    }
    let mut kernel = NetlinkKernel::open()?;
    if args.other.timeout {
        let timeouts = kernel.timeouts()?;
        show(args, output, &timeouts, || sync::timeouts_line(timeouts))?;
    } else if args.other.daemon {
        let daemons = kernel.sync_daemons()?;
        show(args, output, &daemons, || sync::daemon_lines(&daemons))?;
    } else {
        list_services(args, &mut kernel, output)?;
    }
    Ok(Exit::Fine)
}

/// Prints the commands that make the table.
pub(super) fn save(args: &SaveArgs, output: &mut Output) -> Result<Exit, CliError> {
    let table = whole_table(&mut NetlinkKernel::open()?, args.all)?;
    let names = names_for(args.numeric, addresses(&table), output)?;
    output.text(&save_format_with(&names, &table))?;
    Ok(Exit::Fine)
}

fn list_services(
    args: &ListArgs,
    kernel: &mut impl Kernel,
    output: &mut Output,
) -> Result<(), CliError> {
    let info = kernel.info()?;
    let (shown_info, table) = match args.service.id() {
        None => (Some(info), whole_table(kernel, args.all)?),
        Some(id) => (None, one_service(kernel, id)?),
    };
    if args.json {
        return output.json(&json::listing(info, &table));
    }
    let style = Style {
        view: args.columns.view(),
        numbers: if args.exact {
            Numbers::Exact
        } else {
            Numbers::Scaled
        },
        names: names_for(args.numeric, addresses(&table), output)?,
    };
    output.text(&style.listing(shown_info, &table))
}

/// The table without the helpers of probes, or with them.
fn whole_table(kernel: &mut impl Kernel, all: bool) -> Result<Table, CliError> {
    let mut table = kernel.read_table(ReadScope::All)?;
    table
        .services
        .retain(|id, entry| all || !is_probe_service(id, &entry.scheduling));
    Ok(table)
}

fn one_service(kernel: &mut impl Kernel, id: ServiceId) -> Result<Table, CliError> {
    let table = kernel.read_table(ReadScope::Services(&[id]))?;
    if table.services.is_empty() {
        return Err(CliError::NoSuchService(id));
    }
    Ok(table)
}

fn list_connections(args: &ListArgs, output: &mut Output) -> Result<Exit, CliError> {
    // The family look-up loads the module, without which there is no such file.
    NetlinkKernel::open()?;
    let text = std::fs::read_to_string(CONNECTIONS_FILE).map_err(CliError::ConnectionTable)?;
    let connections = parse_connections(&text);
    if args.json {
        output.json(&connections)?;
        return Ok(Exit::Fine);
    }
    let addresses = connections
        .iter()
        .flat_map(|one| [one.source, one.virtual_address, one.destination])
        .map(|endpoint| endpoint.address);
    let names = names_for(args.numeric, addresses.collect(), output)?;
    let engines = args.columns.persistent_conn;
    output.text(&connection_listing(&names, &connections, engines))?;
    Ok(Exit::Fine)
}

fn show(
    args: &ListArgs,
    output: &mut Output,
    value: &impl serde::Serialize,
    text: impl FnOnce() -> String,
) -> Result<(), CliError> {
    if args.json {
        output.json(value)
    } else {
        output.text(&text())
    }
}

/// The names to show; those that do not come in time are missing, and a remark says so.
fn names_for(
    numeric: bool,
    addresses: BTreeSet<IpAddr>,
    output: &mut Output,
) -> Result<AddressNames, CliError> {
    if numeric {
        return Ok(AddressNames::numeric());
    }
    let (names, unanswered) = AddressNames::of_system(addresses);
    if unanswered > 0 {
        let unanswered = count(unanswered, "address");
        output.note(&format!(
            "ipvsctl: no DNS answer in time for {unanswered}; use -n to show numbers"
        ))?;
    }
    Ok(names)
}

fn addresses(table: &Table) -> BTreeSet<IpAddr> {
    let of_service = |id: &ServiceId| match id {
        ServiceId::Address { vip, .. } => Some(*vip),
        ServiceId::Mark { .. } => None,
    };
    let servers = table
        .services
        .values()
        .flat_map(|entry| entry.servers.keys());
    table
        .services
        .keys()
        .filter_map(of_service)
        .chain(servers.map(|server| server.address))
        .collect()
}

impl Columns {
    fn view(&self) -> View {
        [
            (self.stats, View::Stats),
            (self.rate, View::Rate),
            (self.thresholds, View::Thresholds),
            (self.persistent_conn, View::Persistent),
            (self.tun_info, View::Tunnels),
        ]
        .into_iter()
        .find_map(|(asked, view)| asked.then_some(view))
        .unwrap_or_default()
    }
}
