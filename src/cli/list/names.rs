//! Names in place of addresses and ports, as a listing without `-n` shows them.
//!
//! Invariant: asking for names takes a bounded time; an address whose name did not come in time is shown as a number.

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use director_core::model::Protocol;

/// How long a listing waits for the name service, all addresses together.
pub(super) const PATIENCE: Duration = Duration::from_secs(2);
/// Questions to the name service at the same time.
const WORKERS: usize = 16;
/// Names of ports; where else the system may keep them is not asked.
pub(super) const PORT_NAMES_FILE: &str = "/etc/services";

/// Known names; what has none is shown as a number.
#[derive(Debug, Clone, Default)]
pub struct AddressNames {
    hosts: BTreeMap<IpAddr, String>,
    ports: BTreeMap<(Protocol, u16), String>,
}

impl AddressNames {
    /// No names at all: everything is shown as a number.
    #[must_use]
    pub fn numeric() -> Self {
        Self::default()
    }

    /// These names of hosts, and those of ports from the text of `/etc/services`.
    #[must_use]
    pub fn new(hosts: BTreeMap<IpAddr, String>, services_file: &str) -> Self {
        let mut ports = BTreeMap::new();
        for line in services_file.lines().filter_map(port_names) {
            let name = line.names.first().copied().unwrap_or_default();
            let of_port = ports.entry((line.protocol, line.port));
            of_port.or_insert_with(|| name.to_owned());
        }
        Self { hosts, ports }
    }

    /// The system's names for these addresses and for all ports, and how many addresses the name service left
    /// unanswered in the time it was given.
    #[must_use]
    pub fn of_system(addresses: BTreeSet<IpAddr>) -> (Self, usize) {
        let mut names = Self::ports_of_system();
        let unanswered = names.learn(addresses, PATIENCE);
        (names, unanswered)
    }

    /// The system's names for all ports.
    pub(super) fn ports_of_system() -> Self {
        let services_file = std::fs::read_to_string(PORT_NAMES_FILE).unwrap_or_default();
        Self::new(BTreeMap::new(), &services_file)
    }

    /// Looks up these addresses as well, and returns how many the name service left unanswered.
    pub(super) fn learn(&mut self, addresses: BTreeSet<IpAddr>, patience: Duration) -> usize {
        let wanted = addresses.len();
        let lookup = |address: IpAddr| dns_lookup::lookup_addr(&address).ok();
        let answers = ask(addresses, lookup, patience);
        let unanswered = wanted - answers.len();
        let named = answers
            .into_iter()
            .filter_map(|(address, name)| Some((address, name?)))
            // For an address without a name the answer is the address.
            .filter(|(_, name)| name.parse::<IpAddr>().is_err());
        self.hosts.extend(named);
        unanswered
    }

    /// `address:port` or `[address]:port`. Without a protocol, as behind a mark, the port has no name.
    pub(super) fn endpoint(
        &self,
        address: IpAddr,
        port: u16,
        protocol: Option<Protocol>,
    ) -> String {
        let host = match self.hosts.get(&address) {
            Some(name) => name.clone(),
            None => numeric(address),
        };
        let named = protocol.and_then(|protocol| self.ports.get(&(protocol, port)));
        let port = match named {
            Some(name) => name.clone(),
            None => port.to_string(),
        };
        if address.is_ipv4() {
            format!("{host}:{port}")
        } else {
            format!("[{host}]:{port}")
        }
    }
}

/// An address as inet_ntop(3) writes it: it ends an IPv6 address whose first 96 bits are 0 in dotted form, which the
/// standard library does not.
fn numeric(address: IpAddr) -> String {
    match address {
        IpAddr::V6(address) => match address.segments() {
            [0, 0, 0, 0, 0, 0, high, _] if high != 0 => {
                let [.., a, b, c, d] = address.octets();
                format!("::{a}.{b}.{c}.{d}")
            }
            _ => address.to_string(),
        },
        IpAddr::V4(address) => address.to_string(),
    }
}

/// A line of services(5).
pub(super) struct PortNames<'a> {
    pub(super) protocol: Protocol,
    pub(super) port: u16,
    /// The name, then its aliases.
    pub(super) names: Vec<&'a str>,
}

/// `http 80/tcp www # comment` of services(5).
pub(super) fn port_names(line: &str) -> Option<PortNames<'_>> {
    let line = line.split('#').next()?;
    let mut words = line.split_whitespace();
    let (name, (port, protocol)) = (words.next()?, words.next()?.split_once('/')?);
    let protocol = match protocol {
        "tcp" => Protocol::Tcp,
        "udp" => Protocol::Udp,
        "sctp" => Protocol::Sctp,
        _ => return None,
    };
    Some(PortNames {
        protocol,
        port: port.parse().ok()?,
        names: std::iter::once(name).chain(words).collect(),
    })
}

/// Asks for all addresses at once and returns the answers that came in time. A question that hangs keeps its thread
/// until the process ends.
fn ask<T: Send + 'static>(
    addresses: BTreeSet<IpAddr>,
    lookup: impl Fn(IpAddr) -> T + Send + Clone + 'static,
    patience: Duration,
) -> BTreeMap<IpAddr, T> {
    let deadline = Instant::now() + patience;
    let wanted = addresses.len();
    let queue = Arc::new(Mutex::new(addresses));
    let (sender, answers) = mpsc::channel();
    for _ in 0..WORKERS.min(wanted) {
        let (queue, sender, lookup) = (Arc::clone(&queue), sender.clone(), lookup.clone());
        thread::spawn(move || {
            let next = || {
                let mut queue = queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.pop_first()
            };
            while let Some(address) = next() {
                if sender.send((address, lookup(address))).is_err() {
                    return;
                }
            }
        });
    }
    drop(sender);
    let mut found = BTreeMap::new();
    while found.len() < wanted {
        let left = deadline.saturating_duration_since(Instant::now());
        let Ok((address, answer)) = answers.recv_timeout(left) else {
            break;
        };
        found.insert(address, answer);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_service_that_hangs_does_not_hold_up_the_rest() {
        let hanging: IpAddr = [192, 0, 2, 1].into();
        let quick: IpAddr = [192, 0, 2, 2].into();
        let lookup = move |address| {
            if address == hanging {
                thread::sleep(Duration::from_secs(60));
            }
            "named"
        };
        let begin = Instant::now();
        let found = ask(
            BTreeSet::from([hanging, quick]),
            lookup,
            Duration::from_millis(200),
        );
        assert_eq!(found, BTreeMap::from([(quick, "named")]));
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[test]
    fn the_first_name_of_a_port_counts_by_protocol() {
        let file = "# comment\nhttp\t80/tcp www # web\nother 80/tcp\nweb6 80/sctp\nodd 80/dccp\nbad x/tcp\n";
        let names = AddressNames::new(BTreeMap::new(), file);
        let address = [192, 0, 2, 1].into();
        let shown = |protocol| names.endpoint(address, 80, Some(protocol));
        assert_eq!(shown(Protocol::Tcp), "192.0.2.1:http");
        assert_eq!(shown(Protocol::Sctp), "192.0.2.1:web6");
        assert_eq!(shown(Protocol::Udp), "192.0.2.1:80");
    }

    #[test]
    fn addresses_are_written_as_the_c_library_does() {
        let cases = [
            ("::1", "[::1]:0"),
            ("::1.2.3.4", "[::1.2.3.4]:0"),
            ("::ffff:1.2.3.4", "[::ffff:1.2.3.4]:0"),
            ("2001:db8:0:1::", "[2001:db8:0:1::]:0"),
        ];
        for (address, shown) in cases {
            let address = address.parse().unwrap();
            let names = AddressNames::numeric();
            assert_eq!(names.endpoint(address, 0, None), shown);
        }
    }
}
