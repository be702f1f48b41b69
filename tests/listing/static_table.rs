//! The table that has one of everything, without traffic.

use director_core::table::Table;
use ipvsd::cli::list::{Style, View, save_format, save_format_with};

use crate::commands;
use crate::order::in_order_of;
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

fn is_saved_server(line: &str) -> bool {
    line.starts_with("-a ")
}

/// Compares with a captured listing in our order.
fn compare(sample: &str, ours: &str) {
    let theirs = output(sample);
    assert_eq!(theirs.lines().count(), ours.lines().count());
    assert_eq!(
        in_order_of(ours, &theirs, is_listed_server),
        ours,
        "{sample}"
    );
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
        compare(sample, &with_view(view).listing(KERNEL, &table()));
    }
}

#[test]
fn names_in_place_of_numbers() {
    let style = Style {
        names: names(),
        ..Style::default()
    };
    compare("01-list-names", &style.listing(KERNEL, &table()));
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
    for (sample, ours) in [
        ("03-save-n", save_format(&table())),
        ("03-save", save_format_with(&names(), &table())),
    ] {
        let theirs = output(sample);
        assert_eq!(
            in_order_of(&ours, &theirs, is_saved_server),
            ours,
            "{sample}"
        );
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
fn our_order_is_that_of_numbers() {
    let listing = Style::default().listing(KERNEL, &table());
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
