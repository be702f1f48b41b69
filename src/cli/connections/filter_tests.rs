//! Conditions on connections as the kernel shows them.

use super::*;
use crate::cli::connections::wanted::server;
use crate::cli::list::parse_connections;

/// A connection of 192.168.9.2 to the service 192.168.9.1:80 and one to a mark, each with its template, and one over IPv6.
const FILE: &str = "title\n\
    TCP C0A80902 D97E C0A80901 0050 0A000102 1F90 ESTABLISHED 899\n\
    TCP C0A80900 0000 C0A80901 0050 0A000102 1F90 NONE 300\n\
    UDP C0A80902 D97F C0A80963 0035 0A000103 0035 UDP 300\n\
    IP  C0A80902 0000 00000005 0000 0A000103 0000 NONE 300\n\
    TCP [2001:db8::0102] D97E [2001:db8:9::0001] 0050 [fd00::0001] 0050 ESTABLISHED 899\n";

/// The places of the connections of [`FILE`] that meet the conditions.
fn found(filter: &ConnectionFilter) -> Vec<usize> {
    let file = FILE.replace(['[', ']'], "");
    let connections = parse_connections(&file);
    assert_eq!(connections.len(), 5);
    let places = connections.iter().enumerate();
    let found = places.filter(|(_, connection)| filter.has(connection));
    found.map(|(place, _)| place).collect()
}

fn of_client(text: &str) -> ConnectionFilter {
    ConnectionFilter {
        client: Some(ClientNetwork::parse(text).unwrap()),
        ..ConnectionFilter::default()
    }
}

fn address(text: &str) -> ServiceId {
    let endpoint: std::net::SocketAddr = text.parse().unwrap();
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: endpoint.ip(),
        port: endpoint.port(),
    }
}

#[test]
fn without_conditions_all_are_meant() {
    assert_eq!(found(&ConnectionFilter::default()), [0, 1, 2, 3, 4]);
}

#[test]
fn a_client_is_an_address_or_a_network() {
    assert_eq!(found(&of_client("192.168.9.2")), [0, 2, 3]);
    assert_eq!(found(&of_client("192.168.9.0/24")), [0, 1, 2, 3]);
    assert_eq!(found(&of_client("192.168.9.3")), [0; 0]);
    assert_eq!(found(&of_client("0.0.0.0/0")), [0, 1, 2, 3]);
    assert_eq!(found(&of_client("::/0")), [4]);
    assert_eq!(found(&of_client("2001:db8::100/120")), [4]);
    assert_eq!(found(&of_client("2001:db8::200/120")), [0; 0]);
    for bad in ["", "web", "10.0.0.0/33", "10.0.0.0/x", "fd00::/129"] {
        assert!(ClientNetwork::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn the_template_of_a_group_belongs_to_each_client_of_it() {
    let mut filter = of_client("192.168.9.2");
    let mask = ClientMask::V4([255, 255, 255, 0].into());
    filter.masks.0.insert(address("192.168.9.1:80"), mask);
    assert_eq!(found(&filter), [0, 1, 2, 3]);
    filter.client = Some(ClientNetwork::parse("192.168.8.2").unwrap());
    assert_eq!(found(&filter), [0; 0]);
}

#[test]
fn groups_of_ipv6_clients_are_prefixes() {
    let client = "2001:db8:1:2:3::9".parse().unwrap();
    let group = |prefix| masked(client, ClientMask::V6(prefix)).to_string();
    assert_eq!(group(64), "2001:db8:1:2::");
    assert_eq!(group(128), "2001:db8:1:2:3::9");
    assert_eq!(group(1), "::");
}

#[test]
fn a_service_is_an_address_with_one_port_or_all() {
    let of = |protocol, port| ConnectionFilter {
        service: Some(vec![ServiceMatch::Address {
            protocol,
            virtual_address: Endpoint {
                address: [192, 168, 9, 1].into(),
                port,
            },
        }]),
        ..ConnectionFilter::default()
    };
    assert_eq!(found(&of(None, 80)), [0, 1]);
    assert_eq!(found(&of(Some(Protocol::Tcp), 0)), [0, 1]);
    assert_eq!(found(&of(Some(Protocol::Udp), 80)), [0; 0]);
    assert_eq!(found(&of(None, 443)), [0; 0]);
}

#[test]
fn a_mark_has_its_template_and_what_goes_to_its_servers_and_to_no_other_service() {
    let of = |servers: &[[u8; 4]], others: &[&str]| ConnectionFilter {
        service: Some(vec![ServiceMatch::Mark {
            family: Family::Ipv4,
            mark: 5,
            servers: servers.iter().map(|server| (*server).into()).collect(),
            others: others.iter().map(|text| address(text)).collect(),
        }]),
        ..ConnectionFilter::default()
    };
    assert_eq!(found(&of(&[[10, 0, 1, 3]], &[])), [2, 3]);
    assert_eq!(found(&of(&[[10, 0, 1, 4]], &[])), [3]);
    let both = [[10, 0, 1, 3], [10, 0, 1, 2]];
    assert_eq!(found(&of(&both, &[])), [0, 1, 2, 3]);
    assert_eq!(found(&of(&both, &["192.168.9.1:80"])), [2, 3]);
    assert_eq!(found(&of(&both, &["192.168.9.1:0"])), [2, 3]);
}

#[test]
fn all_conditions_have_to_be_met() {
    let mut filter = of_client("192.168.9.0/24");
    filter.server = Some(server("10.0.1.3").unwrap());
    assert_eq!(found(&filter), [2, 3]);
    filter.server = Some(server("10.0.1.3:53").unwrap());
    assert_eq!(found(&filter), [2]);
}
