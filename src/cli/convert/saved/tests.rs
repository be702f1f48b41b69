//! A saved table and what becomes of it are the same table, with the suggested checks and without.

use std::path::Path;

use director_core::desired::assumed;
use director_core::health::HealthState;
use director_core::table::Table;
use proptest::prelude::*;

use crate::cli::list::{ListingOrder, SavedForm, samples};
use crate::cli::restore::wanted;
use crate::loader::{Dialect, LoadContext, Loaded, load_bytes};

pub(super) fn converted(table: &str) -> String {
    let yaml = super::converted(Path::new("rules"), table.as_bytes(), samples::names());
    yaml.unwrap_or_else(|error| panic!("{:#?}\n{table}", error.report().diagnostics))
}

pub(super) fn loaded(yaml: &str) -> Loaded {
    let file = Path::new("rules.yaml");
    let dialect = Some(Dialect::Yaml);
    let loaded = load_bytes(file, yaml.as_bytes(), dialect, &LoadContext::default());
    loaded.unwrap_or_else(|error| panic!("{:#?}\n{yaml}", error.report().diagnostics))
}

/// The file with all suggested checks turned on.
pub(super) fn uncommented(yaml: &str) -> String {
    yaml.replace("  # check: ", "  check: ")
}

/// The lines that make the table, thresholds included.
fn lines(table: &Table) -> Vec<String> {
    let form = SavedForm {
        thresholds: true,
        ..SavedForm::default()
    };
    let commands = form.commands(table, &ListingOrder::numeric(table));
    let mut lines: Vec<String> = commands.lines().map(str::to_owned).collect();
    lines.sort_unstable();
    lines
}

fn means_the_same(table: &str) {
    let (saved, faults) = super::saved_lines(table, samples::names());
    assert_eq!(faults, [], "{table}");
    let expected = lines(&wanted(&saved, &Table::default()));
    let yaml = converted(table);
    for yaml in [&yaml, &uncommented(&yaml)] {
        let model = loaded(yaml).model;
        assert_eq!(lines(&assumed(&model, HealthState::Up)), expected, "{yaml}");
    }
}

fn golden(name: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/ipvsadm");
    std::fs::read_to_string(format!("{directory}/{name}")).unwrap()
}

#[test]
fn what_ipvsadm_saved_is_the_same_table_afterwards() {
    for name in [
        "03-save-n.txt",
        "07-fwmark-big-save.txt",
        "static.rules",
        "traffic.rules",
    ] {
        means_the_same(&golden(name));
    }
    for table in [
        "-A -t 192.0.2.1:80\n",
        "-A -t 192.0.2.1:80 -M 255.0.0.0\n",
        "-A -t 192.0.2.1:80 -p 7 -M 255.0.255.0 -s sh -b flag-3\n",
        "-A -f 4294967295 -6 -p\n",
        "-A -t web.example.net:http\n-a -t 192.0.2.7:80 -r web.example.net:www -m\n",
    ] {
        means_the_same(table);
    }
}

#[test]
fn a_saved_table_is_known_by_its_first_line() {
    for text in [
        "-A -t 192.0.2.1:80\n",
        "\u{feff}# saved\n\n  --add-service -t 192.0.2.1:80\n",
        "#!/bin/sh\nipvsadm -C\n",
        "/sbin/ipvsadm -A -t 192.0.2.1:80\n",
        "-a",
        "-t 192.0.2.1:80 -A\r\n",
    ] {
        assert!(super::is_saved_table(text.as_bytes()), "{text}");
    }
    for text in [
        "",
        "# -A\n",
        "---\nservices: []\n",
        "- listen: tcp://192.0.2.1:80\n",
        "virtual=192.0.2.1:80\n-A\n",
        "checktimeout = 3\n",
        "-1\n",
    ] {
        assert!(!super::is_saved_table(text.as_bytes()), "{text}");
    }
}

#[test]
fn a_table_may_be_cleared_before_it_is_made() {
    let rest = "# shop\n-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m\n";
    for start in [
        "-C\n",
        "#!/bin/sh\nipvsadm -C\n",
        "/sbin/ipvsadm --clear\n\n-C\n",
    ] {
        assert_eq!(
            converted(&format!("{start}{rest}")),
            converted(rest),
            "{start}"
        );
    }
    let after = format!("{rest}-C\n");
    let error = super::converted(Path::new("rules"), after.as_bytes(), samples::names());
    assert_eq!(error.unwrap_err().report().diagnostics[0].place.line, 4);
}

#[test]
fn the_timeouts_of_a_script_are_those_of_the_director() {
    let service = "-A -t 192.0.2.1:80\n";
    let yaml = converted(&format!("ipvsadm --set 900 0 300\n{service}"));
    let host = &loaded(&yaml).definitions.host;
    let seconds = |span: &Option<_>| {
        let span: &Option<director_core::definitions::Placed<std::time::Duration>> = span;
        span.as_ref().map(|span| span.value.as_secs())
    };
    assert_eq!(seconds(&host.tcp_timeout), Some(900), "{yaml}");
    assert_eq!(seconds(&host.tcp_fin_timeout), None, "{yaml}");
    assert_eq!(seconds(&host.udp_timeout), Some(300), "{yaml}");
    let text = format!("{service}--set 900 often 300\n");
    let error = super::converted(Path::new("rules"), text.as_bytes(), samples::names());
    assert_eq!(error.unwrap_err().report().diagnostics[0].place.line, 2);
}

#[test]
fn helpers_of_probes_are_left_out() {
    let own = "-A -t 192.0.2.1:80\n";
    let probe = "-A -f 1229979648 -s rr -b flag-3\n-a -f 1229979648 -r 10.0.0.1 -g\n";
    assert_eq!(converted(&format!("{own}{probe}")), converted(own));
}

#[test]
fn services_and_servers_keep_the_order_of_the_file() {
    let yaml = converted(
        "-A -f 7 -s rr\n-A -t 192.0.2.1:80 -s rr\n-a -t 192.0.2.1:80 -r 10.0.0.9 -m\n-a -t 192.0.2.1:80 -r 10.0.0.1 -m\n",
    );
    let (mark, address) = (yaml.find("fwmark:7"), yaml.find("tcp://192.0.2.1:80"));
    assert!(mark < address, "{yaml}");
    assert!(yaml.contains("[10.0.0.9, 10.0.0.1]"), "{yaml}");
}

#[test]
fn a_server_of_weight_0_is_named_at_its_service() {
    let yaml = converted(
        "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 0\n-A -t 192.0.2.2:80\n",
    );
    let comment = "# Weight 0 in the table, probably drained by hand: 10.0.0.1:80.";
    assert_eq!(yaml.matches(comment).count(), 1, "{yaml}");
    assert!(
        yaml.find(comment) < yaml.find("tcp://192.0.2.1:80"),
        "{yaml}"
    );
    assert!(yaml.contains("weight: 0"), "{yaml}");
}

#[test]
fn what_ipvsd_takes_from_nobody_is_refused_at_its_line() {
    let text =
        "-A -t 192.0.2.1:80\n-a -t 192.0.2.1:80 -r 10.0.0.1:80 -m -w 70000\n-A -t 192.0.2.2:0\n";
    let error = super::converted(Path::new("rules"), text.as_bytes(), samples::names());
    let report = error.unwrap_err().report();
    let lines: Vec<u32> = report
        .diagnostics
        .iter()
        .map(|found| found.place.line)
        .collect();
    assert_eq!(lines, [2, 3], "{report}");
    assert!(report.diagnostics.iter().all(|found| found.hint.is_some()));
}

fn scheduling(is_ipv6: bool, may_be_one_packet: bool) -> impl Strategy<Value = String> {
    let scheduler = prop::sample::select(director_core::model::KNOWN_SCHEDULERS);
    let flags = prop::sample::subsequence(vec![1, 2, 3], 0..=3);
    let mask = match is_ipv6 {
        true => (1_u8..=128).prop_map(|length| length.to_string()).boxed(),
        false => any::<std::net::Ipv4Addr>()
            .prop_map(|mask| mask.to_string())
            .boxed(),
    };
    let persistence = prop::option::of((1_u32..2_678_400, prop::option::of(mask), any::<bool>()));
    (scheduler, flags, persistence, any::<bool>()).prop_map(
        move |(scheduler, flags, persistence, one_packet)| {
            let mut text = format!("-s {scheduler}");
            if let Some((time, mask, by_call)) = persistence {
                text += &format!(" -p {time}");
                text += &mask.map(|mask| format!(" -M {mask}")).unwrap_or_default();
                text += if by_call { " --pe sip" } else { "" };
            }
            if one_packet && may_be_one_packet {
                text += " -o";
            }
            if !flags.is_empty() {
                let names: Vec<String> = flags.iter().map(|flag| format!("flag-{flag}")).collect();
                text += &format!(" -b {}", names.join(","));
            }
            text
        },
    )
}

fn method() -> impl Strategy<Value = String> {
    let checksum = prop::sample::select(vec!["", " --tun-nocsum", " --tun-csum"]);
    prop_oneof![
        Just("-m".to_owned()),
        Just("-g".to_owned()),
        Just("-i".to_owned()),
        checksum
            .clone()
            .prop_map(|checksum| format!("-i --tun-type gre{checksum}")),
        (checksum, 1_u16..)
            .prop_map(|(checksum, port)| format!("-i --tun-type gue --tun-port {port}{checksum}")),
        Just("-i --tun-type gue --tun-port 6080 --tun-remcsum".to_owned()),
    ]
}

/// What follows the address of a server.
fn settings() -> impl Strategy<Value = String> {
    let weight = prop_oneof![1 => Just(0), 3 => 0_u16..];
    let thresholds = (0_u32..1000, 0_u32..1000);
    (method(), weight, prop::option::of(thresholds)).prop_map(|(method, weight, thresholds)| {
        let thresholds =
            thresholds.map(|(lower, more)| format!(" -x {} -y {lower}", lower + more + 1));
        format!("{method} -w {weight}{}", thresholds.unwrap_or_default())
    })
}

/// The service with this number, unlike all others.
fn service(number: usize) -> impl Strategy<Value = String> {
    let kind = prop::sample::select(vec!["-t", "-u", "--sctp-service", "-f"]);
    (kind, any::<bool>())
        .prop_flat_map(move |(kind, is_ipv6)| {
            let ports = prop::sample::select(vec![80_u16, 443, 53, 3306, 7777]);
            let servers = prop::collection::vec((settings(), any::<bool>()), 0..5);
            let scheduling = scheduling(is_ipv6, matches!(kind, "-u" | "-f"));
            (Just((kind, is_ipv6)), ports, scheduling, servers)
        })
        .prop_map(move |((kind, is_ipv6), port, scheduling, servers)| {
            let service = match (kind, is_ipv6) {
                ("-f", true) => format!("-f {} -6", number + 1),
                ("-f", false) => format!("-f {}", number + 1),
                (_, true) => format!("{kind} [2001:db8::{number:x}]:{port}"),
                (_, false) => format!("{kind} 192.0.2.{number}:{port}"),
            };
            let mut text = format!("-A {service} {scheduling}\n");
            for (at, (settings, own_port)) in servers.iter().enumerate() {
                let port = match (kind, own_port) {
                    ("-f", false) => 0,
                    (_, true) if settings.starts_with("-m") => 8080,
                    _ if kind == "-f" => 0,
                    _ => port,
                };
                let server = match is_ipv6 {
                    true => format!("[fd00::{number:x}:{at}]:{port}"),
                    false => format!("10.0.{number}.{}:{port}", at + 1),
                };
                text += &format!("-a {service} -r {server} {settings}\n");
            }
            text
        })
}

fn table() -> impl Strategy<Value = String> {
    let services = (1_usize..8).prop_map(|count| (1..=count).map(service).collect::<Vec<_>>());
    services
        .prop_flat_map(|services| services)
        .prop_map(|services| services.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn any_saved_table_is_the_same_table_afterwards(table in table()) {
        means_the_same(&table);
    }

    #[test]
    fn every_fault_of_any_text_has_a_place_in_its_line_and_a_help(
        words in prop::collection::vec("-[AaturwsfbMpoxy]|--[a-z]{1,9}(=[0-9])?|\\PC{1,9}|\n|wlc|1.2.3.4:80", 1..40)
    ) {
        let text = format!("-A {}", words.join(" "));
        let converted = super::converted(Path::new("rules"), text.as_bytes(), samples::names());
        let Err(error) = converted else {
            return Ok(());
        };
        let lines: Vec<&str> = text.lines().collect();
        for found in error.report().diagnostics {
            let place = &found.place;
            let line = lines[usize::try_from(place.line).unwrap() - 1];
            let end = place.column + place.length - 1;
            prop_assert!(end as usize <= line.chars().count().max(1), "{} {}", found, line);
            prop_assert!(found.hint.is_some(), "{}", found);
        }
    }
}
