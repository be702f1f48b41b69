//! Programming 1,000 virtual services with 10 real servers each and reading them back, beside ipvsadm doing the same, in turns
//! and in one run, so that only ratios are claimed.
//!
//! Changes the IPVS table of a fresh network namespace: needs root and a kernel with IPVS, which `make bench` gives it in the
//! lab. In user-mode-linux a system call costs a hundred times what it does on a machine, which flatters whoever makes few.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use director_core::model::{Endpoint, Family, Forwarding, Protocol, Scheduling, ServiceId};
use director_core::plan::plan;
use director_core::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use ipvsd::cli::list::save_format;
use ipvsd::ipvs::{Kernel, NetlinkKernel, ReadScope};
use nix::sched::{CloneFlags, unshare};

const SERVICES: u8 = 100;
const PORTS_EACH: u16 = 10;
const SERVERS_EACH: u8 = 10;
const TURNS: usize = 5;
/// With this argument the program does our half once, so that its start counts as ipvsadm's does.
const PROGRAM_ONCE: &str = "--program-once";
/// The same for reading.
const READ_ONCE: &str = "--read-once";

fn main() -> Result<()> {
    match std::env::args().nth(1).as_deref() {
        Some(PROGRAM_ONCE) => program(&table()),
        Some(READ_ONCE) => read(&table()),
        _ => compare(),
    }
}

fn compare() -> Result<()> {
    unshare(CloneFlags::CLONE_NEWNET).context("a network namespace of our own needs root")?;
    finish(Command::new("ip").args(["link", "set", "lo", "up"]))?;
    let table = table();
    let saved = save_format(&table);
    let ours = std::env::current_exe()?;
    let mut times: [Vec<Duration>; 6] = Default::default();
    for _ in 0..TURNS {
        times[0].push(cleared(|| restore(&saved))?);
        times[1].push(cleared(|| finish(Command::new(&ours).arg(PROGRAM_ONCE)))?);
        times[2].push(cleared(|| program(&table))?);
        times[3].push(timed(|| {
            finish(Command::new("ipvsadm").args(["-L", "-n"]))
        })?);
        times[4].push(timed(|| finish(Command::new(&ours).arg(READ_ONCE)))?);
        times[5].push(timed(|| read(&table))?);
    }
    report(times.map(median))
}

fn report(times: [Duration; 6]) -> Result<()> {
    let names = [
        "program: ipvsadm -R",
        "program: ipvsd, a process for it",
        "program: ipvsd, in the daemon",
        "read:    ipvsadm -L -n",
        "read:    ipvsd, a process for it",
        "read:    ipvsd, in the daemon",
    ];
    let mut out = io::stdout();
    writeln!(
        out,
        "1,000 services with 10 real servers each, medians of {TURNS} turns"
    )?;
    for (index, (name, time)) in names.iter().zip(times).enumerate() {
        let peer = times[index / 3 * 3];
        let ratio = peer.as_secs_f64() / time.as_secs_f64();
        let milliseconds = time.as_secs_f64() * 1e3;
        writeln!(
            out,
            "{name:<34} {milliseconds:>8.1} ms {ratio:>6.1} times as fast"
        )?;
    }
    Ok(())
}

/// A thousand services on a hundred addresses.
fn table() -> Table {
    let mut table = Table::default();
    for last in 1..=SERVICES {
        for port in 8001..=8000 + PORTS_EACH {
            let id = ServiceId::Address {
                protocol: Protocol::Tcp,
                vip: [192, 0, 2, last].into(),
                port,
            };
            let mut entry = ServiceEntry::new(Scheduling::plain("wlc", Family::Ipv4));
            for server in 1..=SERVERS_EACH {
                let endpoint = Endpoint {
                    address: [10, 0, last, server].into(),
                    port,
                };
                let settings = ServerSettings {
                    forwarding: Forwarding::Masq,
                    weight: 1,
                    upper_threshold: 0,
                    lower_threshold: 0,
                };
                entry.servers.insert(endpoint, ServerEntry::new(settings));
            }
            table.services.insert(id, entry);
        }
    }
    table
}

fn program(table: &Table) -> Result<()> {
    let mut kernel = NetlinkKernel::open()?;
    let owned: BTreeSet<ServiceId> = table.services.keys().copied().collect();
    let plan = plan(&Table::default(), table, &owned, |_, _| String::new());
    let applied = kernel.apply(&plan);
    ensure!(applied.is_complete(), "not all was applied: {applied:?}");
    Ok(())
}

fn read(expected: &Table) -> Result<()> {
    let found = NetlinkKernel::open()?.read_table(ReadScope::All)?;
    ensure!(
        found.same_settings(expected),
        "the kernel has another table"
    );
    Ok(())
}

fn restore(saved: &str) -> Result<()> {
    let mut child = Command::new("ipvsadm")
        .arg("-R")
        .stdin(Stdio::piped())
        .spawn()?;
    if let Some(mut input) = child.stdin.take() {
        input.write_all(saved.as_bytes())?;
    }
    ensure!(child.wait()?.success(), "ipvsadm -R failed");
    Ok(())
}

fn finish(command: &mut Command) -> Result<()> {
    let output = command.output()?;
    ensure!(output.status.success(), "{command:?} failed: {output:?}");
    Ok(())
}

/// The time that `work` takes on an empty table.
fn cleared(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    finish(Command::new("ipvsadm").arg("-C"))?;
    timed(work)
}

fn timed(work: impl FnOnce() -> Result<()>) -> Result<Duration> {
    let begin = Instant::now();
    work()?;
    Ok(begin.elapsed())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times.get(times.len() / 2).copied().unwrap_or_default()
}
