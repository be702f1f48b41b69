//! Tables with traffic. The order needs no care here: ipvsadm sorts these addresses as we do.

use director_core::table::{ServerEntry, Statistics, Table};
use ipvsd::cli::list::{AddressNames, Numbers, Style, View};

use crate::commands;
use crate::samples::{KERNEL, file, names, number, output, walk};

fn table() -> Table {
    commands::table(&file("traffic.rules"))
}

fn small(word: &str) -> u32 {
    word.parse().unwrap()
}

/// Takes active and inactive connections from the columns of a listing.
fn with_connections(mut table: Table, sample: &str) -> Table {
    let take = |entry: &mut ServerEntry, words: &[&str]| {
        entry.settings.weight = small(words[2]);
        entry.connections.active = small(words[3]);
        entry.connections.inactive = small(words[4]);
    };
    walk(&mut table, &output(sample), |_, _| {}, take);
    table
}

fn last_five(words: &[&str]) -> [u64; 5] {
    let numbers: Vec<u64> = words[words.len() - 5..].iter().map(|w| number(w)).collect();
    numbers.try_into().unwrap()
}

/// Takes counters from the columns of a listing.
fn with_counters(sample: &str) -> Table {
    let take = |into: &mut Statistics, words: &[&str]| {
        [
            into.connections,
            into.packets_in,
            into.packets_out,
            into.bytes_in,
            into.bytes_out,
        ] = last_five(words);
    };
    let mut table = table();
    let server = |entry: &mut ServerEntry, words: &[&str]| take(&mut entry.statistics, words);
    walk(&mut table, &output(sample), take, server);
    table
}

/// Takes rates from the columns of a listing.
fn with_rates(sample: &str) -> Table {
    let take = |into: &mut Statistics, words: &[&str]| {
        [
            into.connections_rate,
            into.packets_in_rate,
            into.packets_out_rate,
            into.bytes_in_rate,
            into.bytes_out_rate,
        ] = last_five(words);
    };
    let mut table = table();
    let server = |entry: &mut ServerEntry, words: &[&str]| take(&mut entry.statistics, words);
    walk(&mut table, &output(sample), take, server);
    table
}

fn style(view: View, numbers: Numbers) -> Style {
    Style {
        view,
        numbers,
        names: AddressNames::numeric(),
    }
}

fn one(table: &Table, service: &str) -> Table {
    let mut one = commands::table(service);
    for (id, entry) in &mut one.services {
        *entry = table.services[id].clone();
    }
    one
}

#[test]
fn connections() {
    let mut table = with_connections(table(), "30-traffic-list");
    let ours = Style::default().listing(KERNEL, &table);
    assert_eq!(ours, output("30-traffic-list"));
    let ours = style(View::Thresholds, Numbers::Scaled).listing(KERNEL, &table);
    assert_eq!(ours, output("33-thresholds"));
    let take = |entry: &mut ServerEntry, words: &[&str]| {
        entry.connections.persistent = small(words[2]);
    };
    walk(&mut table, &output("33-persistent-conn"), |_, _| {}, take);
    let ours = style(View::Persistent, Numbers::Scaled).listing(KERNEL, &table);
    assert_eq!(ours, output("33-persistent-conn"));
}

#[test]
fn counters_in_full_and_scaled() {
    for (exact, scaled) in [
        ("31-stats-exact", "31-stats"),
        ("40-stats-large-exact", "40-stats-large"),
    ] {
        let table = with_counters(exact);
        let ours = style(View::Stats, Numbers::Exact).listing(KERNEL, &table);
        assert_eq!(ours, output(exact));
        let ours = style(View::Stats, Numbers::Scaled).listing(KERNEL, &table);
        assert_eq!(ours, output(scaled));
    }
    for sample in ["41-zero-all", "41-zero-one"] {
        let table = with_counters(sample);
        let ours = style(View::Stats, Numbers::Scaled).listing(KERNEL, &table);
        assert_eq!(ours, output(sample));
    }
}

#[test]
fn counters_with_names_and_of_one_service() {
    let table = with_counters("31-stats-exact");
    let named = Style {
        view: View::Stats,
        numbers: Numbers::Scaled,
        names: names(),
    };
    assert_eq!(named.listing(KERNEL, &table), output("31-stats-names"));
    let web = one(&table, "-A -t 192.168.9.1:80");
    let ours = style(View::Stats, Numbers::Scaled).listing(None, &web);
    assert_eq!(ours, output("35-one-stats"));
}

#[test]
fn rates() {
    for sample in ["32-rate-exact", "40-rate-large-exact"] {
        let ours = style(View::Rate, Numbers::Exact).listing(KERNEL, &with_rates(sample));
        assert_eq!(ours, output(sample));
    }
    for sample in ["32-rate", "40-rate-large"] {
        let ours = style(View::Rate, Numbers::Scaled).listing(KERNEL, &with_rates(sample));
        assert_eq!(ours, output(sample));
    }
}

#[test]
fn every_scale_and_its_limits() {
    let cases = [
        (99_999_999, " 99999999"),
        (100_000_000, "  100000K"),
        (999_999_999, "  999999K"),
        (1_000_000_000, "    1000M"),
        (99_999_999_999, "   99999M"),
        (100_000_000_000, "     100G"),
        (99_999_999_999_999, "   99999G"),
        (100_000_000_000_000, "     100T"),
        (u64::MAX, "18446744T"),
    ];
    for (value, shown) in cases {
        let mut table = commands::table("-A -f 1\n-a -f 1 -r 10.0.0.1:0");
        for entry in table.services.values_mut() {
            entry.statistics.bytes_out = value;
            entry.statistics.connections_rate = value;
            for server in entry.servers.values_mut() {
                server.statistics.connections_rate = value;
            }
        }
        let lines = |view| {
            let listing = style(view, Numbers::Scaled).listing(None, &table);
            listing.lines().map(str::to_owned).collect::<Vec<_>>()
        };
        assert!(lines(View::Stats)[2].ends_with(shown), "{value}");
        assert!(lines(View::Rate)[2].contains(shown), "{value}");
        let whole = format!(" {value:>8} ");
        assert!(lines(View::Rate)[3].contains(&whole), "{value}");
    }
}

#[test]
fn after_a_weight_of_zero_and_a_deleted_server() {
    let web = "-A -t 192.168.9.1:80";
    for sample in ["42-weight0", "42-readded"] {
        let table = with_connections(one(&table(), web), sample);
        let ours = Style::default().listing(None, &table);
        assert_eq!(ours, output(sample));
    }
    let mut deleted = one(&table(), web);
    for entry in deleted.services.values_mut() {
        entry
            .servers
            .retain(|server, _| server.address.to_string() != "10.0.1.2");
    }
    let deleted = with_connections(deleted, "42-deleted");
    assert_eq!(
        Style::default().listing(None, &deleted),
        output("42-deleted")
    );
    let ours = style(View::Stats, Numbers::Scaled).listing(None, &one(&table(), web));
    assert_eq!(ours, output("42-readded-stats"));
}

#[test]
fn long_names_are_cut_for_ipv4_only() {
    let table = commands::table(
        "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 192.0.2.1:80 -m\n-a -t 192.0.2.1:80 -r [2001:db8::1]:80 -i",
    );
    let name = "a-very-long-name-of-a-host.example.test".to_owned();
    let hosts = [
        ([192, 0, 2, 1].into(), name.clone()),
        ("2001:db8::1".parse().unwrap(), name),
    ];
    let named = Style {
        names: AddressNames::new(hosts.into(), ""),
        ..Style::default()
    };
    let listing = named.listing(None, &table);
    let lines: Vec<&str> = listing.lines().skip(2).collect();
    assert_eq!(
        lines,
        [
            "TCP  a-very-long-name-of-a-host.e wlc",
            "  -> a-very-long-name-of-a-host.e Masq    1      0          0         ",
            "  -> [a-very-long-name-of-a-host.example.test]:80 Tunnel  1      0          0         ",
        ]
    );
}
