//! Saved tables of ipvsadm and of ours, and lines that mean nothing.

use director_core::table::Table;

use super::*;
use crate::cli::list::{ListingOrder, SavedForm, samples, save_format};
use crate::cli::restore::wanted;

fn golden(name: &str) -> String {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/golden/ipvsadm");
    let text = std::fs::read_to_string(format!("{directory}/{name}")).unwrap();
    let lines = text.lines().filter(|line| !line.starts_with("# "));
    lines.map(|line| format!("{line}\n")).collect()
}

fn restored(text: &str) -> Table {
    let saved = saved_table(text, samples::names()).unwrap();
    wanted(&saved, &Table::default())
}

fn sorted(text: &str) -> Vec<&str> {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.sort_unstable();
    lines
}

#[test]
fn what_ipvsadm_saved_is_the_table_that_it_was_saved_from() {
    let saved = golden("03-save-n.txt");
    let table = restored(&saved);
    assert_eq!(sorted(&save_format(&table)), sorted(&saved));
    // The commands that made the table. Their thresholds are lost in what ipvsadm saves.
    let mut made = restored(&golden("static.rules"));
    assert_ne!(made, table);
    for service in made.services.values_mut() {
        for server in service.servers.values_mut() {
            server.settings.upper_threshold = 0;
            server.settings.lower_threshold = 0;
        }
    }
    assert_eq!(made, table);
}

#[test]
fn what_we_save_with_thresholds_lacks_nothing() {
    let table = restored(&golden("static.rules"));
    let form = SavedForm {
        thresholds: true,
        ..SavedForm::default()
    };
    let saved = form.commands(&table, &ListingOrder::numeric(&table));
    assert!(saved.contains("-x 1000 -y 800\n"));
    assert_eq!(restored(&saved), table);
}

#[test]
fn what_ipvsadm_saves_and_refuses_itself_is_taken() {
    let table = restored(&golden("07-fwmark-big-save.txt"));
    assert_eq!(save_format(&table), "-A -f 4000000000 -s rr\n");
    let table = restored("-A -t 192.0.2.1:80 -s sh -b \n");
    assert_eq!(save_format(&table), "-A -t 192.0.2.1:80 -s sh -b flag-3\n");
}

#[test]
fn what_a_line_leaves_out_is_as_with_ipvsadm() {
    let table = restored(
        "-A -t web.example.net:http -p\n-a -t web.example.net:www -r 10.0.0.1\n-a -t 192.0.2.7:80 -r 10.0.0.2:81 -m -w 0\n\
         -A -f 9\n-a -f 9 -r 10.0.0.1 -i",
    );
    assert_eq!(
        save_format(&table),
        "-A -t 192.0.2.7:80 -s wlc -p 360\n-a -t 192.0.2.7:80 -r 10.0.0.1:80 -g -w 1\n\
         -a -t 192.0.2.7:80 -r 10.0.0.2:81 -m -w 0\n\
         -A -f 9 -s wlc\n-a -f 9 -r 10.0.0.1:0 -i -w 1 --tun-type ipip\n"
    );
}

#[test]
fn what_ipvsadm_would_refuse_and_the_kernel_takes_is_taken() {
    let made_by_others = "-A -t 192.0.2.1:0 -s rr -p 0 -o\n";
    assert_eq!(save_format(&restored(made_by_others)), made_by_others);
}

#[test]
fn every_faulty_line_is_named_with_its_number() {
    let faults = saved_table(
        "-A -t 192.0.2.1:80\n# comment\n-A -t 192.0.2.1:99999\n-a -t 192.0.2.1:80 -r other:80\n",
        samples::names(),
    );
    let numbers: Vec<usize> = faults.unwrap_err().iter().map(|fault| fault.0).collect();
    assert_eq!(numbers, [3, 4]);
}

#[test]
fn what_a_line_means_by_the_rules_of_ipvsadm() {
    let service = "-A -t 192.0.2.1:80\n-A -f 5 -6\n";
    for (line, why) in [
        ("-t 192.0.2.1:80", "neither -A nor -a"),
        (
            "-A -s rr",
            "no service: -t, -u, --sctp-service or -f is missing",
        ),
        ("-A -t 192.0.2.1:80", "tcp 192.0.2.1:80 is added twice"),
        (
            "-A -t 192.0.2.2:80 -6",
            "-6 belongs to -f; an address shows its family",
        ),
        ("-A -f 0", "\"0\" is no firewall mark"),
        (
            "-A -t 192.0.2.2:80 -p soon",
            "\"soon\" is no time, 0 to 4294967295",
        ),
        ("-A -t 192.0.2.2:80 --pe sip", "--pe needs -p"),
        (
            "-A -t 192.0.2.2:80 -s wrr -b sh-port",
            "scheduler wrr has no flag \"sh-port\"",
        ),
        ("-A -t 192.0.2.2:80 -b", "-b needs a value"),
        (
            "-A -t 192.0.2.2:80 -M 24",
            "\"24\" is no IPv4 netmask, such as 255.255.255.0",
        ),
        (
            "-A -f 6 -6 -M 129",
            "\"129\" is no length of an IPv6 prefix, 1 to 128",
        ),
        (
            "-A -t 192.0.2.2:80 -w 3",
            "-w belongs to -a, and this line is -A",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -s rr",
            "-s belongs to -A, and this line is -a",
        ),
        (
            "-a -t 192.0.2.9:80 -r 10.0.0.1",
            "no line before adds tcp 192.0.2.9:80 by -A",
        ),
        ("-a -t 192.0.2.1:80 -m", "no real server: -r is missing"),
        (
            "-a -t 192.0.2.1:80 -r [fd00::1]:80 -m",
            "a server of the other address family needs a tunnel, -i",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -w 2147483648",
            "\"2147483648\" is no weight, 0 to 2147483647",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -m --tun-type gre",
            "options of tunnels belong to -i",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -i --tun-type gue",
            "a gue tunnel needs --tun-port",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -i --tun-csum",
            "an ipip tunnel has no port and no checksum",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -i --tun-type gre --tun-port 5",
            "a gre tunnel has no port",
        ),
        (
            "-a -t 192.0.2.1:80 -r 10.0.0.1 -i --tun-type vxlan",
            "unknown type of tunnel \"vxlan\"; use ipip, gue or gre",
        ),
    ] {
        let faults = saved_table(&format!("{service}{line}"), samples::names());
        assert_eq!(faults, Err(vec![(3, why.to_owned())]), "{line}");
    }
}
