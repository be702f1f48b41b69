//! What tests of those who run programs ask about processes, and what programs get of this one.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use nix::sys::prctl;
use nix::unistd::geteuid;

use super::*;

/// Long enough for a loaded machine; no test waits for it to pass.
const AMPLE: Duration = Duration::from_secs(20);

/// Whether a process of this number runs; one that only waits to be reaped does not.
pub(crate) fn runs(pid: &str) -> bool {
    let stat = fs::read_to_string(Path::new("/proc").join(pid).join("stat"));
    stat.is_ok_and(|stat| !stat.contains(") Z "))
}

fn shell(script: &str, confined: bool) -> Command {
    let mut shell = command_with("/bin/sh", confined);
    shell.args(["-c", script]);
    shell
}

async fn output(script: &str, confined: bool) -> String {
    let running = start_confined(shell(script, confined), confined)
        .await
        .unwrap();
    running.end().await.unwrap().last_line.unwrap_or_default()
}

async fn eventually(what: &str, so: impl Fn() -> bool) {
    let limit = Instant::now() + AMPLE;
    while !so() {
        assert!(Instant::now() < limit, "not within {AMPLE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_program_gets_neither_variables_nor_descriptors_of_this_process() {
    let open = tempfile::NamedTempFile::new().unwrap();
    let name = open.path().file_name().unwrap().to_string_lossy();
    // Cargo sets this for every test, as a service manager sets NOTIFY_SOCKET.
    assert!(std::env::var_os("CARGO_MANIFEST_DIR").is_some());
    assert_eq!(output("env | grep -c CARGO", true).await, "0");
    for confined in [false, true] {
        let descriptors = format!("ls -l /proc/self/fd | grep -c {name}");
        assert_eq!(output(&descriptors, confined).await, "0");
    }
}

#[tokio::test]
async fn a_confined_program_has_no_capabilities_and_gets_none() {
    if geteuid().is_root() && !confinement::can_drop_all() {
        // Nothing that this user could give up.
        return;
    }
    let sets = output("echo $(grep -E 'Cap|NoNewPrivs' /proc/self/status)", true).await;
    let none = "0000000000000000";
    let expected = match geteuid().is_root() {
        true => format!(
            "CapInh: {none} CapPrm: {none} CapEff: {none} CapBnd: {none} CapAmb: {none} NoNewPrivs: 1"
        ),
        // The bounding set of another user's process gives nothing by itself.
        false => sets.clone(),
    };
    assert_eq!(sets, expected);
    assert!(sets.contains(&format!("CapInh: {none} CapPrm: {none} CapEff: {none}")));
    // This process and its other programs keep theirs.
    if geteuid().is_root() {
        let kept = output("grep CapEff /proc/self/status", false).await;
        assert!(!kept.contains(none), "{kept}");
    }
    assert_eq!(prctl::get_no_new_privs(), Ok(false));
}

#[test]
fn memory_is_written_to_no_core_file() {
    confinement::protect_memory().unwrap();
    assert_eq!(prctl::get_dumpable(), Ok(false));
}

#[tokio::test]
async fn nothing_of_a_confined_program_outlives_it() {
    leftovers::adopt_orphans().unwrap();
    let directory = tempfile::tempdir().unwrap();
    let note = |name: &str| directory.path().join(name).display().to_string();
    let (daemon, group) = (note("daemon"), note("group"));
    let script = format!(
        "setsid sh -c 'echo $$ >{daemon}.new; mv {daemon}.new {daemon}; exec sleep 600' & \
         sleep 600 & echo $! >{group}; until test -e {daemon}; do sleep 0.01; done"
    );
    let ended = start_confined(shell(&script, true), true)
        .await
        .unwrap()
        .end()
        .await
        .unwrap();
    assert!(ended.status.success());
    let pids = [&daemon, &group].map(|path| fs::read_to_string(path).unwrap().trim().to_owned());
    let all_ended = || pids.iter().all(|pid| !runs(pid));
    eventually("the daemon and the child have ended", all_ended).await;
    // Another program that still runs is no leftover.
    let running = start_confined(shell("sleep 600", true), true)
        .await
        .unwrap();
    let pid = running.child.id().unwrap().to_string();
    output("setsid sleep 600 &", true).await;
    leftovers::sweep();
    assert!(runs(&pid));
}

/// The limit is lowered after the start, so the program waits for it.
#[tokio::test]
async fn a_program_gets_the_limit_of_open_files_from_before_it_was_raised() {
    limit_descriptors(997);
    let wait = "i=0; until [ $(ulimit -Sn) = 997 ] || [ $i = 2000 ]; do i=$((i+1)); sleep 0.01; done; ulimit -Sn";
    for confined in [false, true] {
        assert_eq!(output(wait, confined).await, "997");
    }
}
