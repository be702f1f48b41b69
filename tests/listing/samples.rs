//! The captured outputs, and what they show of a kernel at that moment.

use std::collections::BTreeMap;

use director_core::table::{ServerEntry, Statistics, Table};
use ipvsd::cli::list::AddressNames;
use ipvsd::ipvs::Info;

/// The kernel that the outputs were captured on.
pub(crate) const KERNEL: Option<Info> = Some(Info {
    version: [1, 2, 1],
    connection_table_size: 4096,
});

/// A file of `tests/golden/ipvsadm`.
pub(crate) fn file(name: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/ipvsadm");
    std::fs::read_to_string(format!("{directory}/{name}")).unwrap()
}

/// A captured output, without the lines about it.
pub(crate) fn output(name: &str) -> String {
    file(&format!("{name}.txt"))
        .lines()
        .filter(|line| !line.starts_with("# "))
        .map(|line| format!("{line}\n"))
        .collect()
}

/// The names that the system had then: `/etc/hosts` knew only the loopback address.
pub(crate) fn names() -> AddressNames {
    let services = "smtp 25/tcp\ndomain 53/tcp\ndomain 53/udp\nhttp 80/tcp\nhttps 443/tcp\nhttps 443/udp\n\
                    sip 5060/tcp\nsip 5060/udp\nhttp-alt 8080/tcp webcache\n";
    let hosts = BTreeMap::from([([127, 0, 0, 1].into(), "localhost".to_owned())]);
    AddressNames::new(hosts, services)
}

/// The lines of a listing below its titles, split into words; those of real servers without their arrow.
fn entries(listing: &str) -> impl Iterator<Item = (bool, Vec<&str>)> {
    let below_titles = listing
        .lines()
        .skip_while(|line| !line.starts_with("  -> RemoteAddress"))
        .skip(1);
    below_titles.map(|line| match line.strip_prefix("  -> ") {
        Some(server) => (true, server.split_whitespace().collect()),
        None => (false, line.split_whitespace().collect()),
    })
}

/// Goes through a captured listing beside the table that it shows, in the order of both.
pub(crate) fn walk(
    table: &mut Table,
    listing: &str,
    mut service: impl FnMut(&mut Statistics, &[&str]),
    mut server: impl FnMut(&mut ServerEntry, &[&str]),
) {
    let mut lines = entries(listing);
    for entry in table.services.values_mut() {
        let (is_server, words) = lines.next().unwrap();
        assert!(!is_server);
        service(&mut entry.statistics, &words);
        for (endpoint, entry) in &mut entry.servers {
            let (is_server, words) = lines.next().unwrap();
            assert!(is_server);
            assert_eq!(words[0], endpoint.to_string());
            server(entry, &words);
        }
    }
    assert!(lines.next().is_none());
}

/// A number as listed, in full or scaled.
pub(crate) fn number(word: &str) -> u64 {
    let scales = [
        ('K', 1_000),
        ('M', 1_000_000),
        ('G', 1_000_000_000),
        ('T', 1_000_000_000_000),
    ];
    for (letter, scale) in scales {
        if let Some(number) = word.strip_suffix(letter) {
            return number.parse::<u64>().unwrap() * scale;
        }
    }
    word.parse().unwrap()
}
