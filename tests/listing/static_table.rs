//! The table that has one of everything, without traffic.

use std::collections::BTreeMap;

use director_core::model::{Endpoint, ServiceId};
use director_core::table::Table;
use ipvsd::cli::list::{AddressNames, ListingOrder, SavedForm, Style, View, save_format};
use ipvsd::ipvs::TableOrder;

use crate::commands;
use crate::samples::{KERNEL, file, names, output};

fn table() -> Table {
    commands::table(&file("static.rules"))
}

fn with_view(view: View) -> Style {
    Style {
        view,
        ..Style::default()
    }
}

fn is_listed_server(line: &str) -> bool {
    line.starts_with("  -> ")
}

/// The order of the kernel when the listings were captured, from the one that ipvsadm does not sort.
fn kernel_order() -> ListingOrder {
    let table = table();
    let mut services: BTreeMap<String, ServiceId> = BTreeMap::new();
    let mut servers: BTreeMap<(ServiceId, String), Endpoint> = BTreeMap::new();
    for (id, entry) in &table.services {
        let mut one = Table::default();
        one.services.insert(*id, entry.clone());
        let numeric = ListingOrder::numeric(&one);
        let listing = Style::default().listing_in(&numeric, None, &one);
        let mut lines = listing.lines().skip(2).map(str::to_owned);
        services.insert(lines.next().unwrap(), *id);
        for (endpoint, line) in entry.servers.keys().zip(lines) {
            servers.insert((*id, line), *endpoint);
        }
    }
    let mut order = TableOrder::new();
    for line in output("01-list-nosort").lines().skip(3) {
        match order.last_mut() {
            Some((id, of_service)) if is_listed_server(line) => {
                of_service.push(servers[&(*id, line.to_owned())]);
            }
            _ => order.push((services[line], Vec::new())),
        }
    }
    ListingOrder::of_kernel(order)
}

fn listing(style: &Style) -> String {
    style.listing_in(&kernel_order().sorted(), KERNEL, &table())
}

#[test]
fn an_empty_table() {
    let ours = Style::default().listing(KERNEL, &Table::default());
    assert_eq!(ours, output("00-empty-list"));
}

#[test]
fn every_view() {
    for (sample, view) in [
        ("01-list-n", View::Settings),
        ("02-list-thresholds", View::Thresholds),
        ("02-list-tun-info", View::Tunnels),
    ] {
        assert_eq!(listing(&with_view(view)), output(sample), "{sample}");
    }
}

#[test]
fn names_in_place_of_numbers() {
    let style = Style {
        names: names(),
        ..Style::default()
    };
    assert_eq!(listing(&style), output("01-list-names"));
}

#[test]
fn the_order_of_the_kernel() {
    let ours = Style::default().listing_in(&kernel_order(), KERNEL, &table());
    assert_eq!(ours, output("01-list-nosort"));
}

#[test]
fn one_service() {
    let whole = table();
    for (sample, service) in [
        ("04-one-service", "-A -t 192.168.9.1:80"),
        ("04-one-service-fwmark", "-A -f 1"),
        ("04-one-service-fwmark6", "-A -f 2 -6"),
    ] {
        let mut one = commands::table(service);
        for (id, entry) in &mut one.services {
            *entry = whole.services[id].clone();
        }
        let ours = Style::default().listing(None, &one);
        assert_eq!(ours, output(sample), "{sample}");
    }
}

#[test]
fn a_large_mark_is_listed_as_the_negative_number_that_ipvsadm_makes_of_it() {
    let table = commands::table("-A -f 4000000000 -s rr");
    let ours = Style::default().listing(None, &table);
    assert_eq!(ours, output("07-fwmark-big-list"));
}

#[test]
fn but_saved_as_one_that_can_be_restored() {
    let table = commands::table("-A -f 4000000000 -s rr");
    assert_eq!(save_format(&table), "-A -f 4000000000 -s rr\n");
}

#[test]
fn saved_commands() {
    for (sample, names) in [("03-save-n", AddressNames::numeric()), ("03-save", names())] {
        let form = SavedForm {
            names,
            thresholds: false,
        };
        let ours = form.commands(&table(), &kernel_order().sorted());
        assert_eq!(ours, output(sample), "{sample}");
    }
}

#[test]
fn saved_commands_make_the_same_table_again() {
    let mut expected = table();
    for entry in expected.services.values_mut() {
        for server in entry.servers.values_mut() {
            // The form has no thresholds.
            server.settings.upper_threshold = 0;
            server.settings.lower_threshold = 0;
        }
    }
    assert_eq!(commands::table(&save_format(&table())), expected);
}

#[test]
fn without_the_kernel_the_order_is_that_of_numbers() {
    let table = table();
    let numeric = ListingOrder::numeric(&table);
    let listing = Style::default().listing_in(&numeric, KERNEL, &table);
    let services: Vec<&str> = listing
        .lines()
        .skip(3)
        .filter(|line| !is_listed_server(line))
        .map(|line| {
            line.split(" ")
                .filter(|word| !word.is_empty())
                .nth(1)
                .unwrap()
        })
        .collect();
    assert_eq!(
        services,
        [
            "9.9.9.9:25",
            "9.9.9.9:26",
            "9.9.9.9:27",
            "9.9.9.9:28",
            "10.0.0.1:80",
            "172.16.0.1:80",
            "192.168.9.1:0",
            "192.168.9.1:80",
            "192.168.9.1:443",
            "192.168.9.1:8000",
            "192.168.9.1:8001",
            "223.255.255.254:65535",
            "192.168.9.1:53",
            "192.168.9.1:5060",
            "192.168.9.1:2905",
            "[2001:db8:9::1]:80",
            "[2001:db8:1234:5678:9abc:def0:1234:5678]:65535",
            "1",
            "2",
            "2000000000",
        ]
    );
}
