//! The connection table.

use ipvsd::cli::list::{AddressNames, ConnectionEntry, connection_listing, parse_connections};

use crate::samples::{file, names, output};

/// The kernel's file, with the times to expiry of a listing made a few seconds later.
fn connections(sample: &str) -> Vec<ConnectionEntry> {
    let mut connections = parse_connections(&file("36-proc-ip_vs_conn.txt").replacen(
        "# file: /proc/net/ip_vs_conn (with traffic)\n",
        "",
        1,
    ));
    let listing = output(sample);
    let lines: Vec<&str> = listing.lines().skip(2).collect();
    assert_eq!(lines.len(), connections.len());
    for (connection, line) in connections.iter_mut().zip(lines) {
        let (minutes, seconds) = line
            .split_whitespace()
            .nth(1)
            .unwrap()
            .split_once(':')
            .unwrap();
        let expires = minutes.parse::<u64>().unwrap() * 60 + seconds.parse::<u64>().unwrap();
        assert!(expires.abs_diff(connection.expires_seconds) < 10);
        connection.expires_seconds = expires;
    }
    connections
}

#[test]
fn numbers_names_and_the_data_of_engines() {
    for (sample, names, engines) in [
        ("34-conn-n", AddressNames::numeric(), false),
        ("34-conn-names", names(), false),
        ("34-conn-persistent-conn", AddressNames::numeric(), true),
    ] {
        let ours = connection_listing(&names, &connections(sample), engines);
        assert_eq!(ours, output(sample), "{sample}");
    }
}

#[test]
fn lines_of_other_shapes_are_left_out() {
    let text = "title\n\nTCP C0A80902 D97E\nTCP zz D97E C0A80901 0050 0A000102 1F90 NONE 1\n\
                SCTP C0A80902 D97E C0A80901 0050 0A000102 1F90 ESTABLISHED 6001\n";
    let connections = parse_connections(text);
    assert_eq!(connections.len(), 1);
    let listing = connection_listing(&AddressNames::numeric(), &connections, false);
    assert_eq!(
        listing.lines().nth(2),
        Some("SCTP 100:01 ESTABLISHED 192.168.9.2:55678  192.168.9.1:80     10.0.1.2:8080")
    );
}
