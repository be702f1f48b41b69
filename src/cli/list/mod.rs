//! `ipvsctl list` and `ipvsctl save`: the kernel's own table, in the formats of `ipvsadm -L` and `ipvsadm -S`. They ask the
//! kernel and not the daemon, so that they show the truth also when no daemon runs.

mod args;
mod connection_stream;
mod connections;
mod json;
mod names;
mod order;
mod save;
mod select;
mod sync;
mod table;
mod typed;

pub use connections::{ConnectionEntry, connection_listing, parse_connections};
pub use names::AddressNames;
pub use order::ListingOrder;
pub use save::{SavedForm, save_format};
pub use sync::{daemon_lines, timeouts_line};
pub use table::{Numbers, Style, View};

pub(super) use args::{ListArgs, SaveArgs};
pub(super) use connection_stream::{ConnectionForm, connections, print};
pub(super) use select::ServiceSelection;
#[cfg(test)]
pub(super) use typed::samples;
pub(super) use typed::{Names, TypedEndpoint, typed_endpoint};

use std::collections::BTreeSet;
use std::net::IpAddr;

use director_core::model::{ServiceId, is_probe_service};
use director_core::table::Table;

use super::error::CliError;
use super::output::{Exit, Output, count};
use crate::ipvs::{Kernel, NetlinkKernel, ReadScope, SyncKernel, TableOrder};

/// Lists what is asked for.
pub(super) fn list(args: &ListArgs, output: &mut Output) -> Result<Exit, CliError> {
    if args.other.connection {
        list_connections(args, output)?;
        return Ok(Exit::Fine);
    }
    let mut kernel = NetlinkKernel::open()?;
    if args.other.timeout {
        let timeouts = kernel.timeouts()?;
        show(args, output, &timeouts, || timeouts_line(timeouts))?;
    } else if args.other.daemon {
        let daemons = kernel.sync_daemons()?;
        show(args, output, &daemons, || daemon_lines(&daemons))?;
    } else if args.other.save {
        let read = whole_table(&mut kernel, args.all)?;
        print_saved(
            read,
            args.nosort,
            args.numeric,
            args.columns.thresholds,
            output,
        )?;
    } else {
        list_services(args, &mut kernel, output)?;
    }
    Ok(Exit::Fine)
}

/// Prints the commands that make the table.
pub(super) fn save(args: &SaveArgs, output: &mut Output) -> Result<Exit, CliError> {
    let read = whole_table(&mut NetlinkKernel::open()?, args.all)?;
    print_saved(read, false, args.numeric, args.thresholds, output)?;
    Ok(Exit::Fine)
}

fn print_saved(
    (table, order): (Table, TableOrder),
    nosort: bool,
    numeric: bool,
    thresholds: bool,
    output: &mut Output,
) -> Result<(), CliError> {
    let form = SavedForm {
        names: names_for(numeric, addresses(&table), output)?,
        thresholds,
    };
    output.text(&form.commands(&table, &ordered(order, nosort)))
}

fn list_services(
    args: &ListArgs,
    kernel: &mut NetlinkKernel,
    output: &mut Output,
) -> Result<(), CliError> {
    let info = kernel.info()?;
    let (shown_info, (table, order)) = match args.service.id() {
        None => (Some(info), whole_table(kernel, args.all)?),
        Some(id) => (None, one_service(kernel, id)?),
    };
    if args.json {
        return output.json(&json::listing(info, &table));
    }
    let style = Style {
        view: args.columns.view(),
        numbers: args.numbers(),
        names: names_for(args.numeric, addresses(&table), output)?,
    };
    output.text(&style.listing_in(&ordered(order, args.nosort), shown_info, &table))
}

fn ordered(order: TableOrder, nosort: bool) -> ListingOrder {
    let order = ListingOrder::of_kernel(order);
    match nosort {
        true => order,
        false => order.sorted(),
    }
}

/// The table without the helpers of probes, or with them.
fn whole_table(kernel: &mut NetlinkKernel, all: bool) -> Result<(Table, TableOrder), CliError> {
    let (mut table, order) = kernel.read_in_order(ReadScope::All)?;
    table
        .services
        .retain(|id, entry| all || !is_probe_service(id, &entry.scheduling));
    Ok((table, order))
}

fn one_service(kernel: &mut NetlinkKernel, id: ServiceId) -> Result<(Table, TableOrder), CliError> {
    let read = kernel.read_in_order(ReadScope::Services(&[id]))?;
    if read.0.services.is_empty() {
        return Err(CliError::NoSuchService(id));
    }
    Ok(read)
}

fn list_connections(args: &ListArgs, output: &mut Output) -> Result<(), CliError> {
    let form = match args.json {
        true => ConnectionForm::JsonArray,
        false => ConnectionForm::Text {
            numeric: args.numeric,
            engines: args.columns.persistent_conn,
        },
    };
    print(connections()?, form, output)
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
