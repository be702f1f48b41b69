//! The names that a file may have in order to mean a real server.

use std::collections::HashMap;
use std::net::IpAddr;

use director_core::model::Endpoint;

/// Names of servers, as far as they are known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct FileNames(HashMap<IpAddr, String>);

impl FileNames {
    /// The name of a server.
    pub(super) fn of(&self, address: IpAddr) -> Option<&str> {
        self.0.get(&address).map(String::as_str)
    }
}

impl FromIterator<(IpAddr, String)> for FileNames {
    fn from_iter<I: IntoIterator<Item = (IpAddr, String)>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

/// `ADDRESS:PORT`, then `ADDRESS`; IPv6 in brackets.
pub(super) fn by_address(server: &Endpoint, ports: [u16; 2]) -> Vec<String> {
    let address = match server.address {
        IpAddr::V4(address) => address.to_string(),
        IpAddr::V6(address) => format!("[{address}]"),
    };
    with_ports(&address, ports)
}

/// `NAME:PORT`, then `NAME`, then both for the part of the name before its first dot.
pub(super) fn by_name(name: &str, ports: [u16; 2]) -> Vec<String> {
    let mut all = with_ports(name, ports);
    if let Some(short) = short(name) {
        all.extend(with_ports(short, ports));
    }
    all
}

/// The part before the first dot: a small letter, then small letters, digits and hyphens, two of them at least.
fn short(name: &str) -> Option<&str> {
    let (short, _) = name.split_once('.')?;
    let mut letters = short.chars();
    let begins_well = letters
        .next()
        .is_some_and(|first| first.is_ascii_lowercase());
    let goes_on_well =
        |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '-';
    (begins_well && short.len() >= 2 && letters.all(goes_on_well)).then_some(short)
}

fn with_ports(host: &str, ports: [u16; 2]) -> Vec<String> {
    let [defined, in_table] = ports;
    let mut all = vec![format!("{host}:{defined}")];
    if in_table != defined {
        all.push(format!("{host}:{in_table}"));
    }
    all.push(host.to_owned());
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: &str) -> Endpoint {
        Endpoint {
            address: address.parse().unwrap(),
            port: 80,
        }
    }

    #[test]
    fn addresses_with_and_without_port() {
        assert_eq!(
            by_address(&server("10.0.0.1"), [80, 80]),
            ["10.0.0.1:80", "10.0.0.1"]
        );
        assert_eq!(
            by_address(&server("10.0.0.1"), [8080, 80]),
            ["10.0.0.1:8080", "10.0.0.1:80", "10.0.0.1"]
        );
        assert_eq!(
            by_address(&server("::1"), [0, 80]),
            ["[::1]:0", "[::1]:80", "[::1]"]
        );
    }

    #[test]
    fn names_in_full_and_short() {
        assert_eq!(
            by_name("web-1.example.org", [80, 80]),
            [
                "web-1.example.org:80",
                "web-1.example.org",
                "web-1:80",
                "web-1"
            ]
        );
        for without_short in [
            "web1",
            "Web1.example.org",
            "w.example.org",
            "1web.example.org",
            "w_1.example.org",
        ] {
            assert_eq!(by_name(without_short, [80, 80]).len(), 2, "{without_short}");
        }
    }
}
