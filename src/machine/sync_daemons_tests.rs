//! Which sync daemons are started, kept, replaced and ended, in a kernel in memory. The interface is the loopback.

use std::sync::{Arc, Mutex};

use director_core::director::{Finishing, HostOutcome, HostRequest, HostResult, Unwanted};
use director_core::model::{SyncFollower, SyncRole};

use super::*;
use crate::ipvs::{KernelError, MemoryKernel};
use crate::machine::apply::Machine;
use crate::machine::director::Keeper;

/// A kernel that outlives the connections to it, and counts what it is made to do.
#[derive(Clone)]
struct Shared(Arc<Mutex<(MemoryKernel, Vec<String>)>>);

impl Shared {
    fn note(&self, what: &str, role: SyncRole) {
        let mut shared = self.0.lock().unwrap();
        shared.1.push(format!("{what} {}", role.name()));
    }

    /// What was done since the last call.
    fn done(&self) -> Vec<String> {
        std::mem::take(&mut self.0.lock().unwrap().1)
    }
}

impl SyncKernel for Shared {
    fn sync_daemons(&mut self) -> Result<Vec<SyncDaemon>, KernelError> {
        self.0.lock().unwrap().0.sync_daemons()
    }

    fn start_sync_daemon(&mut self, daemon: &SyncDaemon) -> Result<(), KernelError> {
        self.note("start", daemon.role);
        self.0.lock().unwrap().0.start_sync_daemon(daemon)
    }

    fn stop_sync_daemon(&mut self, role: SyncRole) -> Result<(), KernelError> {
        self.note("stop", role);
        self.0.lock().unwrap().0.stop_sync_daemon(role)
    }
}

struct Host {
    kernel: Shared,
    directory: tempfile::TempDir,
}

impl Host {
    fn new() -> Self {
        Self::of(MemoryKernel::new())
    }

    fn of(kernel: MemoryKernel) -> Self {
        Self {
            kernel: Shared(Arc::new(Mutex::new((kernel, Vec::new())))),
            directory: tempfile::tempdir().unwrap(),
        }
    }

    /// A director that begins just now, as after a kill; gives what it says of each daemon.
    fn reconcile(&self, wanted: &[SyncDaemon]) -> Vec<HostResult> {
        self.request(wanted, &[], Finishing::default())
    }

    fn take(&self, wanted: &[HostChange]) -> Vec<HostResult> {
        self.send(&HostRequest {
            wanted: wanted.to_vec(),
            kept: Vec::new(),
            withdrawn: Vec::new(),
            finishing: Finishing::default(),
            unwanted: Unwanted::Undo,
        })
    }

    fn request(
        &self,
        wanted: &[SyncDaemon],
        kept: &[SyncDaemon],
        finishing: Finishing,
    ) -> Vec<HostResult> {
        let changes = |daemons: &[SyncDaemon]| {
            let all = daemons.iter().cloned();
            all.map(HostChange::SyncDaemon).collect::<Vec<_>>()
        };
        self.send(&HostRequest {
            wanted: changes(wanted),
            kept: changes(kept),
            withdrawn: Vec::new(),
            finishing,
            unwanted: Unwanted::Undo,
        })
    }

    fn send(&self, request: &HostRequest) -> Vec<HostResult> {
        let daemons = SyncDaemons::of(Box::new(self.kernel.clone()));
        let mut machine = Machine::with_sync_daemons(daemons);
        let mut keeper = Keeper::new(self.directory.path().join("journal"));
        let outcomes = keeper.reconcile_on(&mut machine, request, |_| unreachable!(), &|| false);
        let result = |outcome: HostOutcome| outcome.result;
        outcomes.into_iter().map(result).collect()
    }

    fn running(&self) -> Vec<SyncDaemon> {
        self.kernel.clone().sync_daemons().unwrap()
    }
}

fn daemon(role: SyncRole, sync_id: u32) -> SyncDaemon {
    SyncDaemon {
        role,
        interface: "lo".to_owned(),
        sync_id,
        max_length: 0,
        group: Some([224, 0, 0, 81].into()),
        port: 8848,
        ttl: 1,
    }
}

fn both(sync_id: u32) -> [SyncDaemon; 2] {
    [SyncRole::Master, SyncRole::Backup].map(|role| daemon(role, sync_id))
}

fn ids(running: &[SyncDaemon]) -> Vec<(SyncRole, u32)> {
    let all = running.iter();
    all.map(|daemon| (daemon.role, daemon.sync_id)).collect()
}

#[test]
fn daemons_are_started_kept_and_ended() {
    let host = Host::new();
    assert_eq!(
        host.reconcile(&both(7)),
        [HostResult::Made(None), HostResult::Made(None)]
    );
    assert_eq!(host.kernel.done(), ["start master", "start backup"]);

    assert_eq!(
        host.reconcile(&both(7)),
        [HostResult::Unchanged, HostResult::Unchanged]
    );
    assert_eq!(host.request(&[], &both(7), Finishing::default()), []);
    assert_eq!(host.kernel.done(), [""; 0]);
    assert_eq!(host.running().len(), 2);

    // Also while servers drain: no other director goes on with their connections.
    let draining = Finishing {
        servers: true,
        ..Finishing::default()
    };
    let undone = host.request(&[], &[], draining);
    assert_eq!(undone, [HostResult::Undone(None), HostResult::Undone(None)]);
    assert_eq!(host.kernel.done(), ["stop backup", "stop master"]);
    assert!(!host.directory.path().join("journal").exists());
}

#[test]
fn only_what_differs_is_replaced() {
    let host = Host::new();
    host.reconcile(&both(7));
    host.kernel.done();
    let other = [daemon(SyncRole::Master, 8), daemon(SyncRole::Backup, 7)];
    let replaces =
        "it replaces the master sync daemon on lo, id 7, group 224.0.0.81, port 8848, ttl 1";
    assert_eq!(
        host.reconcile(&other),
        [
            HostResult::Made(Some(replaces.to_owned())),
            HostResult::Unchanged
        ]
    );
    assert_eq!(host.kernel.done(), ["stop master", "start master"]);
    host.reconcile(&other[1..]);
    assert_eq!(host.kernel.done(), ["stop master"]);
    assert_eq!(ids(&host.running()), [(SyncRole::Backup, 7)]);
}

#[test]
fn one_that_another_program_has_stopped_starts_again() {
    let host = Host::new();
    host.reconcile(&both(7));
    host.kernel
        .clone()
        .stop_sync_daemon(SyncRole::Backup)
        .unwrap();
    let again = HostResult::Made(Some("another program had stopped it".to_owned()));
    assert_eq!(host.reconcile(&both(7)), [HostResult::Unchanged, again]);
    assert_eq!(host.running().len(), 2);
}

#[test]
fn daemons_of_other_programs_are_left_alone() {
    let host = Host::new();
    let mut kernel = host.kernel.clone();
    let foreign = daemon(SyncRole::Master, 3);
    kernel.start_sync_daemon(&foreign).unwrap();
    host.kernel.done();

    let failed = host.reconcile(&both(7));
    let HostResult::Failed(why) = &failed[0] else {
        panic!("{failed:?}");
    };
    assert!(
        why.contains("another program runs the master sync daemon on lo, id 3"),
        "{why}"
    );
    assert_eq!(failed[1], HostResult::Made(None));
    host.reconcile(&[]);
    assert_eq!(host.kernel.done(), ["start backup", "stop backup"]);
    assert_eq!(ids(&host.running()), [(SyncRole::Master, 3)]);

    // One with the wanted settings is as good as ours, and still not ours to end.
    assert_eq!(host.reconcile(&[foreign]), [HostResult::Unchanged]);
    host.reconcile(&[]);
    assert_eq!(ids(&host.running()), [(SyncRole::Master, 3)]);

    // One that took the place of ours.
    kernel.stop_sync_daemon(SyncRole::Master).unwrap();
    host.reconcile(&both(7));
    kernel.stop_sync_daemon(SyncRole::Master).unwrap();
    kernel
        .start_sync_daemon(&daemon(SyncRole::Master, 9))
        .unwrap();
    host.reconcile(&[]);
    assert_eq!(ids(&host.running()), [(SyncRole::Master, 9)]);
}

#[test]
fn an_interface_that_is_missing_is_waited_for_and_keeps_what_runs() {
    let host = Host::new();
    host.reconcile(&both(7));
    let elsewhere = both(7).map(|daemon| SyncDaemon {
        interface: "none0".to_owned(),
        ..daemon
    });
    let why = "no interface none0; `ip link` lists them";
    let waits = HostResult::Waits(why.to_owned());
    assert_eq!(host.reconcile(&elsewhere), [waits.clone(), waits]);
    assert_eq!(host.running().len(), 2);
}

#[test]
fn a_vip_on_the_loopback_makes_no_master() {
    for vip in ["127.0.0.1", "192.0.2.10"] {
        let role = role_at(vip.parse().unwrap()).unwrap();
        assert_eq!(role, SyncRole::Backup, "{vip}");
    }
}

#[test]
fn one_that_follows_a_vip_is_started_in_the_role_of_the_moment() {
    let host = Host::new();
    let follower = SyncFollower {
        vip: [192, 0, 2, 10].into(),
        backup: daemon(SyncRole::Backup, 7),
    };
    // As it was while clients reached the VIP here.
    host.reconcile(&[follower.daemon(SyncRole::Master)]);
    host.kernel.done();
    let results = host.take(&[HostChange::SyncFollower(follower)]);
    assert_eq!(results, [HostResult::Undone(None), HostResult::Made(None)]);
    assert_eq!(host.kernel.done(), ["stop master", "start backup"]);
}

#[test]
fn a_refusal_names_the_operation_and_the_error() {
    let host = Host::of(MemoryKernel::new().without_interface("lo"));
    let failed = host.reconcile(&both(7));
    let why = "the kernel refused to start the master sync daemon: No such device (ENODEV)";
    assert_eq!(failed[0], HostResult::Failed(why.to_owned()));
    assert!(!host.directory.path().join("journal").exists());
}

#[test]
fn a_daemon_whose_interface_was_replaced_starts_again() {
    let host = Host::new();
    host.reconcile(&both(7));
    let path = host.directory.path().join("journal");
    let journal = std::fs::read_to_string(&path).unwrap();
    let replaced = journal.replacen("\"interface\": 1\n", "\"interface\": 4711\n", 1);
    assert_ne!(journal, replaced);
    crate::trusted_file::replace(&path, replaced.as_bytes()).unwrap();
    host.kernel.done();
    let again = HostResult::Made(Some("there is a new interface lo".to_owned()));
    assert_eq!(host.reconcile(&both(7)), [again, HostResult::Unchanged]);
    assert_eq!(host.kernel.done(), ["stop master", "start master"]);
}
