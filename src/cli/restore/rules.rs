//! What the lines of a saved table mean together: services with their servers. What the kernel takes is taken, also where ipvsadm
//! refuses it: another program may have made the table that was saved.

use std::collections::BTreeMap;
use std::net::Ipv4Addr;

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Persistence, SchedulerFlags, Scheduling, ServiceId,
    Tunnel, TunnelChecksum,
};

use super::line::{
    Added, WrittenChecksum, WrittenCommand, WrittenMethod, WrittenService, written_command,
};
use crate::cli::list::{Names, TypedEndpoint, typed_endpoint};

/// Persistence without a time, as with ipvsadm, seconds.
const USUAL_PERSISTENCE: u32 = 360;
/// The scheduler of a line without one, as with ipvsadm.
const USUAL_SCHEDULER: &str = "wlc";
/// Weights and thresholds; the kernel keeps them in signed numbers.
const LARGEST_NUMBER: u32 = i32::MAX.unsigned_abs();

/// A table as it was saved.
#[derive(Debug, Default, PartialEq, Eq)]
pub(in crate::cli) struct SavedTable {
    pub(in crate::cli) services: BTreeMap<ServiceId, SavedService>,
}

/// A service as it was saved.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::cli) struct SavedService {
    /// The line that adds it, from 1.
    pub(in crate::cli) line: usize,
    pub(in crate::cli) scheduling: Scheduling,
    pub(in crate::cli) servers: BTreeMap<Endpoint, SavedServer>,
}

/// A real server as it was saved; thresholds only if the line has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) struct SavedServer {
    /// The line that adds it, from 1.
    pub(in crate::cli) line: usize,
    pub(in crate::cli) forwarding: Forwarding,
    pub(in crate::cli) weight: u32,
    pub(in crate::cli) upper_threshold: Option<u32>,
    pub(in crate::cli) lower_threshold: Option<u32>,
}

/// What is wrong with a line, by its number from 1.
pub(in crate::cli) type LineFault = (usize, String);

/// The table that the lines make, or what is wrong with each line.
pub(super) fn saved_table(text: &str, names: Names) -> Result<SavedTable, Vec<LineFault>> {
    let (table, faults) = saved_lines(text, names);
    match faults.is_empty() {
        true => Ok(table),
        false => Err(faults),
    }
}

/// The table that the good lines make, and what is wrong with the others.
pub(in crate::cli) fn saved_lines(text: &str, names: Names) -> (SavedTable, Vec<LineFault>) {
    let mut table = SavedTable::default();
    let mut faults = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let added = written_command(line).and_then(|command| match command {
            Some(command) => table.add(&command, number, names),
            None => Ok(()),
        });
        faults.extend(added.err().map(|fault| (number, fault)));
    }
    (table, faults)
}

impl SavedTable {
    fn add(
        &mut self,
        command: &WrittenCommand<'_>,
        line: usize,
        names: Names,
    ) -> Result<(), String> {
        let id = service_id(command, names)?;
        match command.adds {
            None => Err("neither -A nor -a".to_owned()),
            Some(Added::Service) => {
                let service = SavedService {
                    line,
                    scheduling: scheduling(command, &id)?,
                    servers: BTreeMap::new(),
                };
                match self.services.insert(id, service) {
                    None => Ok(()),
                    Some(_) => Err(format!("{id} is added twice")),
                }
            }
            Some(Added::Server) => {
                let Some(service) = self.services.get_mut(&id) else {
                    return Err(format!("no line before adds {id} by -A"));
                };
                let (endpoint, server) = server(command, &id, line, names)?;
                match service.servers.insert(endpoint, server) {
                    None => Ok(()),
                    Some(_) => Err(format!("{endpoint} is added to {id} twice")),
                }
            }
        }
    }
}

fn service_id(command: &WrittenCommand<'_>, names: Names) -> Result<ServiceId, String> {
    match command.service {
        None => Err("no service: -t, -u, --sctp-service or -f is missing".to_owned()),
        Some(WrittenService::Address(..)) if command.ipv6 => {
            Err("-6 belongs to -f; an address shows its family".to_owned())
        }
        Some(WrittenService::Address(protocol, text)) => {
            let TypedEndpoint { address, port } = typed_endpoint(text, Some(protocol), names)?;
            Ok(ServiceId::Address {
                protocol,
                vip: address,
                port: port.unwrap_or(0),
            })
        }
        Some(WrittenService::Mark(text)) => {
            // ipvsadm writes marks above 2^31-1 as negative numbers.
            let negative = || text.parse().ok().map(i32::cast_unsigned);
            let mark = text.parse().ok().or_else(negative).filter(|mark| *mark > 0);
            Ok(ServiceId::Mark {
                family: match command.ipv6 {
                    true => Family::Ipv6,
                    false => Family::Ipv4,
                },
                mark: mark.ok_or_else(|| format!("{text:?} is no firewall mark"))?,
            })
        }
    }
}

fn scheduling(command: &WrittenCommand<'_>, id: &ServiceId) -> Result<Scheduling, String> {
    refuse_options_of_servers(command)?;
    let scheduler = command.scheduler.unwrap_or(USUAL_SCHEDULER);
    let mut scheduling = Scheduling::plain(scheduler, id.family());
    scheduling.flags = flags(scheduler, command.flags)?;
    scheduling.one_packet = command.one_packet;
    if let Some(text) = command.netmask {
        scheduling.mask = mask(text, id.family())?;
    }
    if let Some(time) = command.persistent {
        scheduling.persistence = Some(Persistence {
            timeout_seconds: match time {
                Some(text) => number(text, "time", 0, u32::MAX)?,
                None => USUAL_PERSISTENCE,
            },
            engine: command.engine.map(str::to_owned),
        });
    } else if command.engine.is_some() {
        return Err("--pe needs -p".to_owned());
    }
    Ok(scheduling)
}

fn refuse_options_of_servers(command: &WrittenCommand<'_>) -> Result<(), String> {
    let there = [
        (command.server.is_some(), "-r"),
        (command.method.is_some(), "a forwarding method"),
        (command.weight.is_some(), "-w"),
        (command.upper_threshold.is_some(), "-x"),
        (command.lower_threshold.is_some(), "-y"),
        (command.tunnel.is_some(), "--tun-type"),
        (command.tunnel_port.is_some(), "--tun-port"),
        (command.checksum.is_some(), "a checksum of a tunnel"),
    ];
    refuse(&there, "-a", "-A")
}

fn refuse_options_of_services(command: &WrittenCommand<'_>) -> Result<(), String> {
    let there = [
        (command.scheduler.is_some(), "-s"),
        (command.persistent.is_some(), "-p"),
        (command.netmask.is_some(), "-M"),
        (command.engine.is_some(), "--pe"),
        (command.one_packet, "-o"),
        (command.flags.is_some(), "-b"),
    ];
    refuse(&there, "-A", "-a")
}

fn refuse(there: &[(bool, &str)], belongs: &str, line: &str) -> Result<(), String> {
    match there.iter().find(|(there, _)| *there) {
        None => Ok(()),
        Some((_, option)) => Err(format!(
            "{option} belongs to {belongs}, and this line is {line}"
        )),
    }
}

fn flags(scheduler: &str, text: Option<&str>) -> Result<SchedulerFlags, String> {
    let mut flags = SchedulerFlags::default();
    match text {
        None => {}
        // What ipvsadm writes for the third flag of a scheduler that names only two.
        Some("") if matches!(scheduler, "sh" | "mh") => flags.third = true,
        Some("") => return Err("-b needs a value".to_owned()),
        Some(text) => {
            for name in text.split(',') {
                if !flags.set(scheduler, name) {
                    return Err(format!("scheduler {scheduler} has no flag {name:?}"));
                }
            }
        }
    }
    Ok(flags)
}

fn mask(text: &str, family: Family) -> Result<ClientMask, String> {
    match family {
        Family::Ipv4 => {
            let mask = text.parse::<Ipv4Addr>();
            mask.map(ClientMask::V4)
                .map_err(|_| format!("{text:?} is no IPv4 netmask, such as 255.255.255.0"))
        }
        Family::Ipv6 => match text.parse() {
            Ok(prefix @ 1..=128) => Ok(ClientMask::V6(prefix)),
            _ => Err(format!("{text:?} is no length of an IPv6 prefix, 1 to 128")),
        },
    }
}

fn server(
    command: &WrittenCommand<'_>,
    id: &ServiceId,
    line: usize,
    names: Names,
) -> Result<(Endpoint, SavedServer), String> {
    refuse_options_of_services(command)?;
    let text = command.server.ok_or("no real server: -r is missing")?;
    let typed = typed_endpoint(text, id.protocol(), names)?;
    let forwarding = forwarding(command)?;
    let is_mixed = Family::of(typed.address) != id.family();
    if is_mixed && !matches!(forwarding, Forwarding::Tunnel(_)) {
        return Err("a server of the other address family needs a tunnel, -i".to_owned());
    }
    let threshold = |text: Option<&str>| {
        text.map(|text| number(text, "threshold", 0, LARGEST_NUMBER))
            .transpose()
    };
    let server = SavedServer {
        line,
        forwarding,
        weight: number(command.weight.unwrap_or("1"), "weight", 0, LARGEST_NUMBER)?,
        upper_threshold: threshold(command.upper_threshold)?,
        lower_threshold: threshold(command.lower_threshold)?,
    };
    let endpoint = Endpoint {
        address: typed.address,
        port: typed.port.or(id.port()).unwrap_or(0),
    };
    Ok((endpoint, server))
}

fn forwarding(command: &WrittenCommand<'_>) -> Result<Forwarding, String> {
    let about_tunnel =
        command.tunnel.is_some() || command.tunnel_port.is_some() || command.checksum.is_some();
    match command.method {
        Some(WrittenMethod::Tunnel) => tunnel(command).map(Forwarding::Tunnel),
        _ if about_tunnel => Err("options of tunnels belong to -i".to_owned()),
        Some(WrittenMethod::Masq) => Ok(Forwarding::Masq),
        Some(WrittenMethod::Direct) | None => Ok(Forwarding::Direct),
    }
}

fn tunnel(command: &WrittenCommand<'_>) -> Result<Tunnel, String> {
    let checksum = match command.checksum {
        None | Some(WrittenChecksum::Off) => TunnelChecksum::Off,
        Some(WrittenChecksum::On) => TunnelChecksum::On,
        Some(WrittenChecksum::Remote) => TunnelChecksum::Remote,
    };
    let port = command.tunnel_port;
    match command.tunnel.unwrap_or("ipip") {
        "ipip" if port.is_none() && command.checksum.is_none() => Ok(Tunnel::Ipip),
        "ipip" => Err("an ipip tunnel has no port and no checksum".to_owned()),
        "gue" => {
            let text = port.ok_or("a gue tunnel needs --tun-port")?;
            let port = number(text, "port", 1, u16::MAX.into())?;
            let port = u16::try_from(port).unwrap_or(u16::MAX);
            Ok(Tunnel::Gue { port, checksum })
        }
        "gre" if port.is_none() => Ok(Tunnel::Gre { checksum }),
        "gre" => Err("a gre tunnel has no port".to_owned()),
        other => Err(format!(
            "unknown type of tunnel {other:?}; use ipip, gue or gre"
        )),
    }
}

fn number(text: &str, what: &str, least: u32, most: u32) -> Result<u32, String> {
    let number = text.parse().ok();
    let number = number.filter(|number| (least..=most).contains(number));
    number.ok_or_else(|| format!("{text:?} is no {what}, {least} to {most}"))
}

#[cfg(test)]
#[path = "rules_tests.rs"]
mod tests;
