//! Programs that judge: exit status, output, signals, time limit with children, and the user.

use super::*;
use crate::program::tests::runs;
use director_core::model::CommandProbe;
use tokio::time::{Instant, sleep};

fn shell(script: &str) -> CommandProbe {
    CommandProbe {
        argv: ["/bin/sh", "-c", script].map(str::to_owned).to_vec(),
        user: None,
    }
}

async fn command(question: CommandProbe, limit: Duration) -> Report {
    let nowhere = "127.0.0.1:0".parse().unwrap();
    let probe = probe(nowhere, ProbeKind::Command(question), limit);
    run(&probe, &ProbeSettings::new()).await
}

async fn words_of(question: CommandProbe) -> String {
    command(question, AMPLE).await.outcome.words().to_owned()
}

#[tokio::test]
async fn the_exit_status_decides_and_the_last_line_is_its_detail() {
    let report = command(shell("echo one; echo; echo two"), AMPLE).await;
    assert_eq!(
        report.outcome,
        Outcome::Good {
            detail: "exit status 0: two".to_owned()
        }
    );
    let report = command(shell("echo 'disk full' >&2; exit 3"), AMPLE).await;
    assert_eq!(failed(report), "exit status 3: disk full");
}

#[tokio::test]
async fn death_by_a_signal_is_a_failure() {
    let report = command(shell("kill -SEGV $$"), AMPLE).await;
    assert_eq!(failed(report), "killed by SIGSEGV");
}

/// As the kernel does when memory is short.
#[tokio::test]
async fn death_by_a_signal_of_this_host_says_nothing_about_the_server() {
    let report = command(shell("kill -9 $$"), AMPLE).await;
    let reason = "local error: killed by SIGKILL".to_owned();
    assert_eq!(report.outcome, Outcome::LocalError { reason });
}

#[tokio::test]
async fn what_cannot_be_run_is_a_local_error_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let orphan = executable(&folder, "orphan", b"#!/no/such/interpreter\n");
    let foreign = executable(&folder, "foreign", b"\x7fELF of another machine");
    let named = executable(&folder, "named", b"#!/usr/bin/env no-such-interpreter\n");
    let cases = [
        (
            "/nonexistent/check",
            "cannot run /nonexistent/check: no such file or directory".to_owned(),
        ),
        ("/etc", "cannot run /etc: permission denied".to_owned()),
        (
            &orphan,
            format!("cannot run {orphan}: the interpreter of its first line does not exist"),
        ),
        (&foreign, format!("cannot run {foreign}: exec format error")),
    ];
    for (program, expected) in cases {
        let reason = format!("local error: {expected}");
        let report = command(only(program), AMPLE).await;
        assert_eq!(
            (report.outcome, report.contact),
            (Outcome::LocalError { reason }, Contact::NotAsked)
        );
    }
    let unfound = command(only(&named), AMPLE).await.outcome;
    assert!(matches!(unfound, Outcome::LocalError { .. }), "{unfound:?}");
    assert!(unfound.words().contains("exit status 127"), "{unfound}");
}

/// An upgrade takes it away at the moment in which its interpreter was to open it: dash ends with status 2 then.
#[tokio::test]
async fn a_script_that_is_removed_while_it_runs_says_nothing_about_the_server() {
    let folder = tempfile::tempdir().unwrap();
    let script = executable(&folder, "removed", b"#!/bin/sh\nrm \"$0\"; exit 2\n");
    let reason = format!("local error: cannot run {script}: no such file or directory");
    let report = command(only(&script), AMPLE).await;
    assert_eq!(report.outcome, Outcome::LocalError { reason });
}

#[tokio::test]
async fn a_script_without_a_first_line_runs_in_the_shell() {
    let folder = tempfile::tempdir().unwrap();
    let script = executable(&folder, "check", b"echo ran $1; exit $2\n");
    let argv = |status: &str| [&script, "it", status].map(str::to_owned).to_vec();
    let question = |status| CommandProbe {
        argv: argv(status),
        user: None,
    };
    assert_eq!(words_of(question("0")).await, "exit status 0: ran it");
    assert_eq!(
        failed(command(question("1"), AMPLE).await),
        "exit status 1: ran it"
    );
}

fn only(program: &str) -> CommandProbe {
    CommandProbe {
        argv: vec![program.to_owned()],
        user: None,
    }
}

/// An executable file; it is written by another process, since a file that is open for writing anywhere cannot be run.
fn executable(folder: &tempfile::TempDir, name: &str, text: &[u8]) -> String {
    let (plain, path) = (folder.path().join("plain"), folder.path().join(name));
    std::fs::write(&plain, text).unwrap();
    let install = std::process::Command::new("install")
        .args(["-m", "755"])
        .args([&plain, &path])
        .status();
    assert!(install.unwrap().success());
    path.to_str().unwrap().to_owned()
}

#[tokio::test]
async fn arguments_are_passed_as_they_are_and_no_shell_reads_them() {
    let question = CommandProbe {
        argv: ["/bin/echo", "$HOME", "a  b;c", "*"]
            .map(str::to_owned)
            .to_vec(),
        user: None,
    };
    assert_eq!(words_of(question).await, "exit status 0: $HOME a  b;c *");
}

#[tokio::test]
async fn endless_output_neither_blocks_nor_fills_memory() {
    let flood = shell("yes | head -c 20000000; echo done");
    assert_eq!(words_of(flood).await, "exit status 0: done");
}

#[tokio::test]
async fn a_child_that_keeps_the_pipe_open_does_not_delay_the_result() {
    let report = command(shell("sleep 60 & echo $!"), AMPLE).await;
    let words = report.outcome.words();
    let pid: i32 = words.rsplit(' ').next().unwrap().parse().unwrap();
    assert!(report.took < AMPLE, "{report:?}");
    // It is this test's own process.
    nix::sys::signal::kill(
        nix::unistd::Pid::from_raw(pid),
        nix::sys::signal::Signal::SIGKILL,
    )
    .unwrap();
}

#[tokio::test]
async fn the_time_limit_ends_the_program_and_its_children() {
    let notes = tempfile::tempdir().unwrap();
    let note = notes.path().join("pids");
    let script = format!(
        "trap '' TERM; sleep 60 & echo $$ $! >'{0}.new'; mv '{0}.new' '{0}'; wait",
        note.display()
    );
    let limit = Duration::from_secs(2);
    let report = command(shell(&script), limit).await;
    assert_eq!(failed(report), "no answer within 2 s");
    let pids = std::fs::read_to_string(&note).unwrap();
    let patience = Instant::now() + AMPLE;
    while pids.split_whitespace().any(runs) {
        assert!(Instant::now() < patience, "still running: {pids}");
        sleep(Duration::from_millis(10)).await;
    }
}

#[tokio::test]
async fn a_user_is_taken_on_with_its_groups_and_environment() {
    let as_nobody = CommandProbe {
        user: Some("nobody".to_owned()),
        ..shell("echo $(id -un) $(id -G) $LOGNAME")
    };
    let outcome = command(as_nobody, AMPLE).await.outcome;
    if nix::unistd::geteuid().is_root() {
        let groups = nix::unistd::User::from_name("nobody").unwrap().unwrap().gid;
        assert_eq!(
            outcome.words(),
            format!("exit status 0: nobody {groups} nobody")
        );
    } else {
        let refused = "local error: cannot run a check as nobody: operation not permitted; ipvsd needs CAP_SETUID and \
            CAP_SETGID for this";
        assert_eq!(outcome.words(), refused);
    }
}

#[tokio::test]
async fn an_unknown_user_is_the_directors_fault() {
    let question = CommandProbe {
        user: Some("no such user".to_owned()),
        ..shell("true")
    };
    let outcome = command(question, AMPLE).await.outcome;
    assert_eq!(
        outcome,
        Outcome::LocalError {
            reason: "local error: no user no such user".to_owned()
        }
    );
}
