//! `ipvsctl list` and `ipvsctl save` beside ipvsadm, on the same kernel table.

use std::fs::Permissions;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use director_core::model::{ClientMask, Family, Forwarding, Scheduling, ServiceId};
use director_core::table::Table;
use ipvsd::cli::list::save_format;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use crate::fixtures::{VIP, endpoint, establish, kernel, read, run, settings, table_of};
use crate::tables;

const IPVSCTL: &str = env!("CARGO_BIN_EXE_ipvsctl");
/// An ordinary user.
const NOBODY: u32 = 65534;

/// Tables that are the same in every run.
fn some_tables(count: usize) -> Vec<Table> {
    let mut runner = TestRunner::deterministic();
    let mut next = || tables::table().new_tree(&mut runner).unwrap().current();
    (0..count).map(|_| next()).collect()
}

#[test]
fn every_view_is_the_same() {
    let mut kernel = kernel();
    for table in some_tables(4) {
        establish(&mut kernel, &table);
        for options in [
            "-n",
            "-n --stats",
            "-n --rate",
            "-n --stats --exact",
            "-n --rate --exact",
            "-n --thresholds",
            "-n --persistent-conn",
            "-n --tun-info",
            "-n --rate --stats --thresholds",
            "-n --nosort",
            "-n --nosort --stats --exact",
            "-n --sort",
            "-X -n --stats",
            "--tun-info",
            "-c -n",
            "--timeout",
            "--daemon",
        ] {
            let options: Vec<&str> = options.split(' ').collect();
            let theirs = run("ipvsadm", &[&["-L"], options.as_slice()].concat());
            let ours = run(IPVSCTL, &[&["list"], options.as_slice()].concat());
            assert_eq!(ours, theirs, "{options:?}");
        }
    }
}

#[test]
fn one_service_is_the_same_and_a_missing_one_is_refused() {
    let mut kernel = kernel();
    let servers = [(endpoint("10.0.0.1", 80), settings(Forwarding::Masq))];
    let scheduling = Scheduling::plain("wrr", Family::Ipv4);
    establish(&mut kernel, &table_of(VIP, scheduling, servers));
    let options = ["-n", "-t", "192.0.2.10:80"];
    assert_eq!(
        run(IPVSCTL, &[&["list"], options.as_slice()].concat()),
        run("ipvsadm", &[&["-L"], options.as_slice()].concat())
    );
    let missing = Command::new(IPVSCTL)
        .args(["list", "-n", "-u", "192.0.2.10:80"])
        .output()
        .unwrap();
    assert_eq!(missing.status.code(), Some(3));
    assert_eq!(
        String::from_utf8(missing.stderr).unwrap(),
        "ipvsctl: No such service: udp 192.0.2.10:80\n"
    );
}

/// ipvsadm has no words for local delivery, and none that it takes itself for marks above 2^31-1 and the third flag of `sh`
/// and `mh`.
fn without_what_it_cannot_say(mut table: Table) -> Table {
    table
        .services
        .retain(|id, _| !matches!(id, ServiceId::Mark { mark, .. } if *mark > 1 << 31));
    for service in table.services.values_mut() {
        service.scheduling.flags.third &= !["sh", "mh"].contains(&&*service.scheduling.scheduler);
        for server in service.servers.values_mut() {
            if server.settings.forwarding == Forwarding::Local {
                server.settings.forwarding = Forwarding::Direct;
            }
        }
    }
    table
}

#[test]
fn saved_commands_are_the_same() {
    let mut kernel = kernel();
    for table in some_tables(8) {
        let table = without_what_it_cannot_say(table);
        establish(&mut kernel, &table);
        let theirs = run("ipvsadm", &["-S", "-n"]);
        for ours in [vec!["save", "-n"], vec!["list", "-Sn"]] {
            assert_eq!(run(IPVSCTL, &ours), theirs, "{ours:?}");
        }
    }
}

/// Gives a program this text to read; it has to succeed.
fn feed(program: &str, arguments: &[&str], text: &str) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = child.stdin.take().unwrap();
    input.write_all(text.as_bytes()).unwrap();
    drop(input);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn we_restore_what_ipvsadm_saves_and_change_nothing_twice() {
    let mut kernel = kernel();
    for table in some_tables(8) {
        let mut table = without_what_it_cannot_say(table);
        establish(&mut kernel, &table);
        let saved = run("ipvsadm", &["-S", "-n"]);
        let unchanged = feed(IPVSCTL, &["restore", "--replace"], &saved);
        assert_eq!(unchanged, "nothing to change\n");
        run("ipvsadm", &["-C"]);
        feed(IPVSCTL, &["restore"], &saved);
        for (id, service) in &mut table.services {
            // The form has no mask without persistence, and no thresholds.
            if service.scheduling.persistence.is_none() {
                service.scheduling.mask = ClientMask::single_client(id.family());
            }
            for server in service.servers.values_mut() {
                server.settings.upper_threshold = 0;
                server.settings.lower_threshold = 0;
            }
        }
        assert!(read(&mut kernel).same_settings(&table), "{saved}");
    }
}

#[test]
fn ipvsadm_restores_what_we_save() {
    let mut kernel = kernel();
    let mark = ServiceId::Mark {
        family: Family::Ipv6,
        mark: u32::MAX,
    };
    let mut scheduling = Scheduling::plain("mh", Family::Ipv6);
    scheduling.flags.third = true;
    let servers = [(endpoint("fd00::1", 0), settings(Forwarding::Masq))];
    let table = table_of(mark, scheduling, servers);
    let saved = save_format(&table);
    feed("ipvsadm", &["-R"], &saved);
    assert!(read(&mut kernel).same_settings(&table));
}

#[test]
fn an_ordinary_user_learns_what_is_missing() {
    let _kernel = kernel();
    // A copy: the build may stand where nobody else may look, as in a home directory.
    let directory = tempfile::tempdir().unwrap();
    std::fs::set_permissions(directory.path(), Permissions::from_mode(0o755)).unwrap();
    let ipvsctl = directory.path().join("ipvsctl");
    std::fs::copy(IPVSCTL, &ipvsctl).unwrap();
    for arguments in [
        ["list", "-n"],
        ["list", "--timeout"],
        ["list", "--daemon"],
        ["save", "-n"],
    ] {
        let refused = Command::new(&ipvsctl)
            .args(arguments)
            .uid(NOBODY)
            .gid(NOBODY)
            .output()
            .unwrap();
        assert_eq!(refused.status.code(), Some(3), "{refused:?}");
        let message = String::from_utf8(refused.stderr).unwrap();
        assert!(message.contains("needs CAP_NET_ADMIN"), "{message}");
    }
}
