//! A table as the commands that make it, in the form of `ipvsadm -S`, which `ipvsadm -R` takes.
//!
//! Two things are written so that they can be restored, where ipvsadm 1.31 writes what it then refuses: a firewall mark above
//! 2^31-1 as the number that it is, not as a negative one, and the third flag of `sh` and `mh` as `flag-3`, not as nothing.

use director_core::model::{Endpoint, Scheduling, ServiceId};
use director_core::table::{ServerSettings, Table};

use super::AddressNames;
use super::table::mask;

/// The table as `ipvsadm -S -n` prints it, with numbers.
#[must_use]
pub fn save_format(table: &Table) -> String {
    save_format_with(&AddressNames::numeric(), table)
}

/// The table as `ipvsadm -S` prints it, with names.
#[must_use]
pub fn save_format_with(names: &AddressNames, table: &Table) -> String {
    let mut text = String::new();
    for (id, entry) in &table.services {
        let service = service_option(names, id);
        text += &format!("-A {service}{}\n", scheduling(&entry.scheduling));
        for (server, entry) in &entry.servers {
            let server = server_options(names, id, server, &entry.settings);
            text += &format!("-a {service} {server}\n");
        }
    }
    text
}

fn service_option(names: &AddressNames, id: &ServiceId) -> String {
    id.ipvsadm_option(|vip, port, protocol| names.endpoint(vip, port, Some(protocol)))
}

fn scheduling(scheduling: &Scheduling) -> String {
    let mut text = format!(" -s {}", scheduling.scheduler);
    if let Some(persistence) = &scheduling.persistence {
        text += &format!(" -p {}", persistence.timeout_seconds);
        text += &mask(scheduling.mask, " -M ");
        if let Some(engine) = &persistence.engine {
            text += &format!(" --pe {engine}");
        }
    }
    if scheduling.one_packet {
        text += " -o";
    }
    let flags = scheduling.flags.names(&scheduling.scheduler);
    if !flags.is_empty() {
        text += &format!(" -b {}", flags.join(","));
    }
    text
}

fn server_options(
    names: &AddressNames,
    id: &ServiceId,
    server: &Endpoint,
    settings: &ServerSettings,
) -> String {
    let endpoint = names.endpoint(server.address, server.port, id.protocol());
    format!("-r {endpoint} {}", settings.ipvsadm_options())
}
