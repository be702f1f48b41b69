//! A table as the commands that make it, in the form of `ipvsadm -S`, which `ipvsadm -R` and `ipvsctl restore` take.
//!
//! Two things are written so that they can be restored, where ipvsadm 1.31 writes what it then refuses: a firewall mark above
//! 2^31-1 as the number that it is, not as a negative one, and the third flag of `sh` and `mh` as `flag-3`, not as nothing.

use director_core::model::{Endpoint, Scheduling, ServiceId};
use director_core::table::{ServerSettings, Table};

use super::table::mask;
use super::{AddressNames, ListingOrder};

/// The table as `ipvsadm -S -n` prints it, with numbers and in the order of numbers.
#[must_use]
pub fn save_format(table: &Table) -> String {
    SavedForm::default().commands(table, &ListingOrder::numeric(table))
}

/// How the commands are written.
#[derive(Debug, Clone, Default)]
pub struct SavedForm {
    /// Names of hosts and ports.
    pub names: AddressNames,
    /// Whether connection thresholds are written, which ipvsadm takes and does not write.
    pub thresholds: bool,
}

impl SavedForm {
    /// The commands that make this table, in this order.
    #[must_use]
    pub fn commands(&self, table: &Table, order: &ListingOrder) -> String {
        let mut text = String::new();
        for (id, entry, servers) in order.entries(table) {
            let service = service_option(&self.names, id);
            text += &format!("-A {service}{}\n", scheduling(&entry.scheduling));
            for (server, entry) in servers {
                let server = server_options(&self.names, id, server, &entry.settings);
                text += &format!("-a {service} {server}");
                if self.thresholds {
                    text += &thresholds(&entry.settings);
                }
                text.push('\n');
            }
        }
        text
    }
}

fn thresholds(settings: &ServerSettings) -> String {
    let options = [
        ("-x", settings.upper_threshold),
        ("-y", settings.lower_threshold),
    ];
    let set = options.into_iter().filter(|(_, number)| *number > 0);
    set.map(|(option, number)| format!(" {option} {number}"))
        .collect()
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
