//! Builds a table from commands of ipvsadm, as far as the captured ones go.

use std::net::{IpAddr, SocketAddr};

use director_core::model::{
    ClientMask, Endpoint, Family, Forwarding, Persistence, Protocol, Scheduling, ServiceId, Tunnel,
    TunnelChecksum,
};
use director_core::table::{ServerEntry, ServerSettings, ServiceEntry, Table};

/// The table that these lines make, one command each.
pub(crate) fn table(commands: &str) -> Table {
    let mut table = Table::default();
    for line in commands.lines() {
        let command = ListingCommand::parse(line);
        let service = command.service.unwrap();
        if command.adds_server {
            let entry = table.services.get_mut(&service).unwrap();
            let (server, settings) = command.server(service);
            entry.servers.insert(server, ServerEntry::new(settings));
        } else {
            let entry = ServiceEntry::new(command.scheduling(service.family()));
            table.services.insert(service, entry);
        }
    }
    table
}

/// A command as typed.
#[derive(Default)]
struct ListingCommand {
    adds_server: bool,
    service: Option<ServiceId>,
    scheduler: Option<String>,
    persistence: Option<u32>,
    mask: Option<String>,
    engine: Option<String>,
    one_packet: bool,
    flags: Vec<String>,
    server: Option<String>,
    method: Option<char>,
    weight: Option<u32>,
    upper: u32,
    lower: u32,
    tunnel: String,
    tunnel_port: u16,
    checksum: TunnelChecksum,
}

impl ListingCommand {
    fn parse(line: &str) -> Self {
        let mut command = Self::default();
        let mut words = line.split_whitespace().peekable();
        while let Some(option) = words.next() {
            let takes_none = ["-A", "-a", "-o", "-m", "-g", "-i", "-6"].contains(&option)
                || option.ends_with("csum");
            let bare_persistence =
                option == "-p" && words.peek().is_none_or(|word| word.starts_with('-'));
            let value = if takes_none || bare_persistence {
                ""
            } else {
                words.next().unwrap()
            };
            command.take(option, value);
        }
        command
    }

    fn take(&mut self, option: &str, value: &str) {
        match option {
            "-A" => self.adds_server = false,
            "-a" => self.adds_server = true,
            "-t" => self.service = Some(address_service(Protocol::Tcp, value)),
            "-u" => self.service = Some(address_service(Protocol::Udp, value)),
            "--sctp-service" => self.service = Some(address_service(Protocol::Sctp, value)),
            "-f" => {
                let mark = value.parse().unwrap();
                let family = Family::Ipv4;
                self.service = Some(ServiceId::Mark { family, mark });
            }
            "-6" => {
                if let Some(ServiceId::Mark { family, .. }) = &mut self.service {
                    *family = Family::Ipv6;
                }
            }
            "-s" => self.scheduler = Some(value.to_owned()),
            "-p" => self.persistence = Some(value.parse().unwrap_or(360)),
            "-M" => self.mask = Some(value.to_owned()),
            "--pe" => self.engine = Some(value.to_owned()),
            "-o" => self.one_packet = true,
            "-b" => self.flags = value.split(',').map(str::to_owned).collect(),
            "-r" => self.server = Some(value.to_owned()),
            "-m" | "-g" | "-i" => self.method = option.chars().nth(1),
            "-w" => self.weight = Some(value.parse().unwrap()),
            "-x" => self.upper = value.parse().unwrap(),
            "-y" => self.lower = value.parse().unwrap(),
            "--tun-type" => value.clone_into(&mut self.tunnel),
            "--tun-port" => self.tunnel_port = value.parse().unwrap(),
            "--tun-nocsum" => self.checksum = TunnelChecksum::Off,
            "--tun-csum" => self.checksum = TunnelChecksum::On,
            "--tun-remcsum" => self.checksum = TunnelChecksum::Remote,
            other => panic!("{other} is not understood here"),
        }
    }

    fn scheduling(&self, family: Family) -> Scheduling {
        let scheduler = self.scheduler.as_deref().unwrap_or("wlc");
        let mut scheduling = Scheduling::plain(scheduler, family);
        for flag in &self.flags {
            assert!(scheduling.flags.set(scheduler, flag), "{flag}");
        }
        scheduling.one_packet = self.one_packet;
        scheduling.persistence = self.persistence.map(|timeout_seconds| Persistence {
            timeout_seconds,
            engine: self.engine.clone(),
        });
        if let Some(mask) = &self.mask {
            scheduling.mask = match family {
                Family::Ipv4 => ClientMask::V4(mask.parse().unwrap()),
                Family::Ipv6 => ClientMask::V6(mask.parse().unwrap()),
            };
        }
        scheduling
    }

    fn server(&self, service: ServiceId) -> (Endpoint, ServerSettings) {
        let typed = self.server.as_deref().unwrap();
        let service_port = service.port().unwrap_or(0);
        let (address, port) = match typed.parse::<SocketAddr>() {
            Ok(both) => (both.ip(), both.port()),
            Err(_) => (typed.parse::<IpAddr>().unwrap(), service_port),
        };
        let checksum = self.checksum;
        let forwarding = match (self.method, self.tunnel.as_str()) {
            (Some('m'), _) => Forwarding::Masq,
            (Some('i'), "gue") => Forwarding::Tunnel(Tunnel::Gue {
                port: self.tunnel_port,
                checksum,
            }),
            (Some('i'), "gre") => Forwarding::Tunnel(Tunnel::Gre { checksum }),
            (Some('i'), _) => Forwarding::Tunnel(Tunnel::Ipip),
            _ => Forwarding::Direct,
        };
        let settings = ServerSettings {
            forwarding,
            weight: self.weight.unwrap_or(1),
            upper_threshold: self.upper,
            lower_threshold: self.lower,
        };
        (Endpoint { address, port }, settings)
    }
}

fn address_service(protocol: Protocol, typed: &str) -> ServiceId {
    let endpoint: SocketAddr = typed.parse().unwrap();
    ServiceId::Address {
        protocol,
        vip: endpoint.ip(),
        port: endpoint.port(),
    }
}
