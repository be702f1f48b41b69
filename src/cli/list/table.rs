//! A table as `ipvsadm -L` prints it, byte for byte. Pure: what is read, its order, and what names there are, is given.

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Protocol, Scheduling, ServiceId, Tunnel,
    TunnelChecksum,
};
use director_core::table::{ServerEntry, ServiceEntry, Statistics, Table};

use super::{AddressNames, ListingOrder};
use crate::ipvs::Info;

/// What the columns show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Forwarding method, weight, connections.
    #[default]
    Settings,
    /// Counters.
    Stats,
    /// Counters a second.
    Rate,
    /// Connection thresholds.
    Thresholds,
    /// Persistent connections.
    Persistent,
    /// Settings, with the kind of tunnel.
    Tunnels,
}

/// How large numbers are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Numbers {
    /// From 100,000,000 on in thousands, millions and so on.
    #[default]
    Scaled,
    /// To the last digit.
    Exact,
}

/// How a table is shown.
#[derive(Debug, Clone, Default)]
pub struct Style {
    pub view: View,
    pub numbers: Numbers,
    /// Names of hosts and ports.
    pub names: AddressNames,
}

impl Style {
    /// The listing of a table in the order of ipvsadm, as far as that does not depend on the kernel's.
    #[must_use]
    pub fn listing(&self, kernel: Option<Info>, table: &Table) -> String {
        self.listing_in(&ListingOrder::numeric(table).sorted(), kernel, table)
    }

    /// The listing of a table in this order. Its first line tells of the kernel, and is left out for a part of the table.
    /// Only what both the order and the table have is listed.
    #[must_use]
    pub fn listing_in(&self, order: &ListingOrder, kernel: Option<Info>, table: &Table) -> String {
        let mut text = String::new();
        if let Some(kernel) = kernel {
            let [major, minor, patch] = kernel.version;
            let size = kernel.connection_table_size;
            text += &format!("IP Virtual Server version {major}.{minor}.{patch} (size={size})\n");
        }
        text += &self.titles();
        for (service, entry, servers) in order.entries(table) {
            text += &self.service_line(service, entry);
            text.push('\n');
            for (server, entry) in servers {
                text += &self.server_line(service, server, entry);
                text.push('\n');
            }
        }
        text
    }

    fn titles(&self) -> String {
        let wide = |columns: &str| format!("{:<33}{columns}\n", "Prot LocalAddress:Port");
        let plain = "Prot LocalAddress:Port Scheduler Flags\n".to_owned();
        let (first, second) = match self.view {
            View::Settings => (plain, "           Forward Weight ActiveConn InActConn"),
            View::Tunnels => (
                plain,
                "           Forward TunnelInfo    Weight ActiveConn InActConn",
            ),
            View::Stats => (wide("    Conns   InPkts  OutPkts  InBytes OutBytes"), ""),
            View::Rate => (wide("      CPS    InPPS   OutPPS    InBPS   OutBPS"), ""),
            View::Thresholds => (wide(" Uthreshold Lthreshold ActiveConn InActConn "), ""),
            View::Persistent => (wide(" Weight    PersistConn ActiveConn InActConn "), ""),
        };
        format!("{first}  -> RemoteAddress:Port{second}\n")
    }

    fn service_line(&self, id: &ServiceId, entry: &ServiceEntry) -> String {
        let name = self.service_name(id);
        match self.view {
            View::Stats => format!("{name:<33}{}", self.counters(&entry.statistics)),
            View::Rate => format!("{name:<33}{}", self.rates(&entry.statistics)),
            View::Settings | View::Thresholds | View::Persistent | View::Tunnels => {
                format!("{name}{}", scheduling(&entry.scheduling))
            }
        }
    }

    fn service_name(&self, id: &ServiceId) -> String {
        match *id {
            ServiceId::Address {
                protocol,
                vip,
                port,
            } => {
                let endpoint = self.names.endpoint(vip, port, Some(protocol));
                let name = format!("{:<4} {endpoint}", protocol_name(protocol));
                cut(name, id.family(), 33)
            }
            ServiceId::Mark { family, mark } => {
                let family = match family {
                    Family::Ipv4 => "",
                    Family::Ipv6 => " IPv6",
                };
                format!("FWM  {}{family}", mark.cast_signed())
            }
        }
    }

    fn server_line(&self, id: &ServiceId, server: &Endpoint, entry: &ServerEntry) -> String {
        let endpoint = self
            .names
            .endpoint(server.address, server.port, id.protocol());
        let endpoint = cut(endpoint, Family::of(server.address), 28);
        format!("  -> {endpoint:<28}{}", self.server_columns(entry))
    }

    fn server_columns(&self, entry: &ServerEntry) -> String {
        let (settings, now) = (&entry.settings, &entry.connections);
        let method = method_name(settings.forwarding);
        let connections = format!("{:<10} {:<10}", now.active, now.inactive);
        match self.view {
            View::Settings => format!(" {method:<7} {:<6} {connections}", settings.weight),
            View::Tunnels => format!(
                " {method:<7} {:<13} {:<6} {connections}",
                tunnel_info(settings.forwarding),
                settings.weight
            ),
            View::Thresholds => format!(
                " {:<10} {:<10} {connections}",
                settings.upper_threshold, settings.lower_threshold
            ),
            View::Persistent => format!(
                " {:<9} {:<11} {connections}",
                settings.weight, now.persistent
            ),
            View::Stats => self.counters(&entry.statistics),
            View::Rate => self.server_rates(&entry.statistics),
        }
    }

    fn counters(&self, of: &Statistics) -> String {
        [
            of.connections,
            of.packets_in,
            of.packets_out,
            of.bytes_in,
            of.bytes_out,
        ]
        .map(|number| self.number(number))
        .concat()
    }

    fn rates(&self, of: &Statistics) -> String {
        [
            of.connections_rate,
            of.packets_in_rate,
            of.packets_out_rate,
            of.bytes_in_rate,
            of.bytes_out_rate,
        ]
        .map(|number| self.number(number))
        .concat()
    }

    /// Three rates of a real server are never scaled.
    fn server_rates(&self, of: &Statistics) -> String {
        let whole = [of.connections_rate, of.packets_in_rate, of.packets_out_rate]
            .map(|number| format!(" {number:>8}"))
            .concat();
        let bytes = [of.bytes_in_rate, of.bytes_out_rate].map(|number| self.number(number));
        whole + &bytes.concat()
    }

    fn number(&self, number: u64) -> String {
        match (self.numbers, number) {
            (Numbers::Exact, _) => format!(" {number:>8}"),
            (Numbers::Scaled, 0..100_000_000) => format!("{number:>9}"),
            (Numbers::Scaled, 0..1_000_000_000) => format!("{:>8}K", number / 1_000),
            (Numbers::Scaled, 0..100_000_000_000) => format!("{:>8}M", number / 1_000_000),
            (Numbers::Scaled, 0..100_000_000_000_000) => {
                format!("{:>8}G", number / 1_000_000_000)
            }
            (Numbers::Scaled, _) => format!("{:>8}T", number / 1_000_000_000_000),
        }
    }
}

/// IPv4 texts are cut to their column, which only happens with names; IPv6 ones push the columns to the right.
fn cut(text: String, family: Family, width: usize) -> String {
    match family {
        Family::Ipv4 => text.chars().take(width).collect(),
        Family::Ipv6 => text,
    }
}

/// Scheduler, flags, persistence and one-packet, each with a blank before it.
fn scheduling(scheduling: &Scheduling) -> String {
    let mut text = format!(" {}", scheduling.scheduler);
    if !scheduling.flags.is_empty() {
        let mut names = scheduling.flags.names(&scheduling.scheduler);
        // ipvsadm has no word for the third flag of schedulers that name the other two.
        if matches!(scheduling.scheduler.as_str(), "sh" | "mh") {
            names.retain(|name| *name != "flag-3");
        }
        text += &format!(" ({})", names.join(","));
    }
    if let Some(persistence) = &scheduling.persistence {
        text += &format!(" persistent {}", persistence.timeout_seconds);
        text += &mask(scheduling.mask, " mask ");
        if let Some(engine) = &persistence.engine {
            text += &format!(" pe {engine}");
        }
    }
    if scheduling.one_packet {
        text += " ops";
    }
    text
}

/// The mask behind `before`, or nothing when every client stands alone.
pub(super) fn mask(mask: ClientMask, before: &str) -> String {
    if mask.is_single_client() {
        String::new()
    } else {
        format!("{before}{mask}")
    }
}

fn protocol_name(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Tcp => "TCP",
        Protocol::Udp => "UDP",
        Protocol::Sctp => "SCTP",
    }
}

fn method_name(forwarding: Forwarding) -> &'static str {
    match forwarding {
        Forwarding::Masq => "Masq",
        Forwarding::Direct => "Route",
        Forwarding::Tunnel(_) => "Tunnel",
        Forwarding::Local => "Local",
        Forwarding::Bypass => "Bypass",
    }
}

fn tunnel_info(forwarding: Forwarding) -> String {
    let Forwarding::Tunnel(tunnel) = forwarding else {
        return "n/a".to_owned();
    };
    let flag = |checksum| match checksum {
        TunnelChecksum::Off => "-c",
        TunnelChecksum::On => "+c",
        TunnelChecksum::Remote => "r+c",
    };
    match tunnel {
        Tunnel::Ipip => "ipip".to_owned(),
        Tunnel::Gue { port, checksum } => format!("gue:{port}:{}", flag(checksum)),
        Tunnel::Gre { checksum } => format!("gre:{}", flag(checksum)),
    }
}
