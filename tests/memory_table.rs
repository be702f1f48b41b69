//! `ipvsd --kernel memory`: real checks and a table in memory, on a machine without IPVS and without root.

#![cfg(test)]

use std::fs;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

const PATIENCE: Duration = Duration::from_secs(30);

/// A daemon that ends with the test, however that ends.
struct Daemon(Child);

impl Drop for Daemon {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn start(directory: &Path) -> Daemon {
    let child = Command::new(env!("CARGO_BIN_EXE_ipvsd"))
        .args(["--kernel", "memory", "--socket"])
        .arg(directory.join("ipvsd.sock"))
        .arg("--config")
        .arg(directory.join("ipvsd.yaml"))
        .env_remove("IPVSD_STATE")
        .stderr(fs::File::create(directory.join("log")).unwrap())
        .spawn();
    Daemon(child.unwrap())
}

fn status(directory: &Path) -> Output {
    let socket = directory.join("ipvsd.sock");
    let mut ipvsctl = Command::new(env!("CARGO_BIN_EXE_ipvsctl"));
    ipvsctl.args(["status", "web", "--socket"]).arg(socket);
    ipvsctl.stderr(Stdio::null()).output().unwrap()
}

fn eventually_says(directory: &Path, words: &str) {
    let began = Instant::now();
    loop {
        let said = String::from_utf8(status(directory).stdout).unwrap();
        if said.contains(words) {
            return;
        }
        let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
        assert!(
            began.elapsed() < PATIENCE,
            "no {words:?}: {said}\n{}",
            log()
        );
        std::thread::yield_now();
    }
}

#[test]
fn a_configuration_is_tried_with_real_checks_and_nothing_else_changes() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let definition = format!(
        "director: {{profile: dr}}\n\
         services:\n  - name: web\n    listen: tcp://192.0.2.10:{port}\n    vip: {{interface: lo}}\n    forwarding: dr\n    \
         check: {{tcp: {{}}, every: 100ms, fall: 1}}\n    on_failure: quiesce\n    publish: {}\n    real_servers: [127.0.0.1]\n",
        directory.join("web").display()
    );
    fs::write(directory.join("ipvsd.yaml"), definition).unwrap();
    let setting = || fs::read_to_string("/proc/sys/net/ipv4/conf/all/rp_filter").unwrap();
    let before = setting();
    let mut daemon = start(directory);
    eventually_says(directory, "up, 1 of 1 up");
    assert_eq!(status(directory).status.code(), Some(0));
    drop(server);
    eventually_says(directory, "DOWN, 0 of 1 up");
    assert_eq!(setting(), before);
    let left: Vec<_> = fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(
        left.len(),
        3,
        "no state, no journal and no number: {left:?}"
    );
    let pid = nix::unistd::Pid::from_raw(daemon.0.id().try_into().unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGTERM).unwrap();
    assert!(daemon.0.wait().unwrap().success());
    let log = fs::read_to_string(directory.join("log")).unwrap();
    assert!(
        log.contains("the table is in memory: IPVS and this machine are not changed"),
        "{log}"
    );
    assert!(!log.contains("ERROR"), "{log}");
}

/// The events of `ipvsctl events --json` that say this of the server.
fn server_events(lines: &str, to: &str) -> Vec<u64> {
    let events = lines
        .lines()
        .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    let wanted = events.filter(|event| {
        event["kind"] == "server_health" && event["service"] == "web" && event["to"] == to
    });
    wanted.filter_map(|event| event["id"].as_u64()).collect()
}

#[test]
fn events_are_followed_over_a_restart_and_each_comes_once() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let server = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = server.local_addr().unwrap().port();
    let definition = format!(
        "services:\n  - {{name: web, listen: 'tcp://192.0.2.10:{port}', forwarding: dr, check: {{tcp: {{}}, every: 100ms, fall: 1}}, \
         real_servers: [127.0.0.1]}}\n"
    );
    fs::write(directory.join("ipvsd.yaml"), definition).unwrap();
    let mut daemon = start(directory);
    eventually_says(directory, "up, 1 of 1 up");
    let followed = directory.join("followed");
    let follower = Command::new(env!("CARGO_BIN_EXE_ipvsctl"))
        .args(["events", "web", "--follow", "--json", "--socket"])
        .arg(directory.join("ipvsd.sock"))
        .stdout(fs::File::create(&followed).unwrap())
        .stderr(fs::File::create(directory.join("follower.log")).unwrap())
        .spawn();
    let _follower = Daemon(follower.unwrap());
    let events = |to: &str| server_events(&fs::read_to_string(&followed).unwrap(), to);
    let eventually = |to: &str, count: usize| {
        let began = Instant::now();
        while events(to).len() != count {
            assert!(began.elapsed() < PATIENCE, "{to} {:?}", events(to));
            std::thread::yield_now();
        }
    };
    eventually("up", 1);
    let began = Instant::now();
    let change = r#""kind":"table_change","level":"info","service":"web""#;
    while !fs::read_to_string(&followed).unwrap().contains(change) {
        assert!(began.elapsed() < PATIENCE, "no change of the table");
        std::thread::yield_now();
    }
    drop(server);
    eventually("down", 1);
    daemon.0.kill().unwrap();
    daemon.0.wait().unwrap();
    let server = TcpListener::bind(("127.0.0.1", port)).unwrap();
    let _daemon = start(directory);
    eventually("up", 2);
    drop(server);
    eventually("down", 2);
    let mut ids: Vec<u64> = [events("up"), events("down")].concat();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), 4, "each has a number of its own");
    let told = fs::read_to_string(directory.join("follower.log")).unwrap();
    assert!(told.contains("ipvsd has started again"), "{told}");
}

#[test]
fn a_hangup_during_the_start_is_a_reload_and_no_end() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    let services = (1..=250).map(|last| {
        format!(
            "  - {{name: web, listen: 'tcp://192.0.2.{last}:80', forwarding: nat, check: none, real_servers: [10.0.0.1]}}\n"
        )
    });
    let definition: String = std::iter::once("services:\n".to_owned())
        .chain(services)
        .collect();
    fs::write(directory.join("ipvsd.yaml"), definition).unwrap();
    let daemon = start(directory);
    let pid = nix::unistd::Pid::from_raw(daemon.0.id().try_into().unwrap());
    let log = || fs::read_to_string(directory.join("log")).unwrap_or_default();
    let began = Instant::now();
    while log().is_empty() && began.elapsed() < PATIENCE {
        std::thread::yield_now();
    }
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGHUP).unwrap();
    eventually_says(directory, "up, 1 of 1 up");
    let began = Instant::now();
    while !log().contains("reloading the configuration") {
        assert!(began.elapsed() < PATIENCE, "{}", log());
        std::thread::yield_now();
    }
}

#[test]
fn a_table_in_memory_needs_a_socket_of_its_own() {
    let mut ipvsd = Command::new(env!("CARGO_BIN_EXE_ipvsd"));
    let refused = ipvsd.args(["--kernel", "memory"]).output().unwrap();
    let said = String::from_utf8(refused.stderr).unwrap();
    assert!(
        refused.status.code() == Some(2) && said.contains("--socket <PATH>"),
        "{said}"
    );
}
