//! The sync daemons of the kernel in memory follow the rules of the real ones.

use director_core::model::{
    Endpoint, Family, Forwarding, Scheduling, ServiceId, SyncDaemon, SyncRole, Tunnel,
};
use director_core::plan::Op;
use director_core::table::{ServerSettings, Table};
use ipvsd::ipvs::{Kernel, KernelError, MemoryKernel, SyncKernel};

use crate::fixtures::{establish, kernel, plan_of};

/// On the loopback, which is up in every namespace of these tests.
fn daemon(role: SyncRole) -> SyncDaemon {
    SyncDaemon {
        role,
        interface: "lo".to_owned(),
        sync_id: 7,
        max_length: 1400,
        group: Some([224, 0, 0, 81].into()),
        port: 8848,
        ttl: 1,
    }
}

fn words(result: Result<(), KernelError>) -> String {
    result
        .err()
        .map(|error| error.to_string())
        .unwrap_or_default()
}

/// The same requests to a kernel, and what came of each.
fn story(kernel: &mut (impl SyncKernel + Kernel)) -> Vec<String> {
    let backup = daemon(SyncRole::Backup);
    let mut said = Vec::new();
    let mut start = |kernel: &mut dyn SyncKernel, daemon: &SyncDaemon| {
        said.push(words(kernel.start_sync_daemon(daemon)));
        said.push(format!("{:?}", kernel.sync_daemons().unwrap()));
    };
    start(kernel, &backup);
    start(kernel, &backup);
    kernel.stop_sync_daemon(SyncRole::Backup).unwrap();
    kernel.stop_sync_daemon(SyncRole::Backup).unwrap();
    let changes: [fn(&mut SyncDaemon); 4] = [
        |daemon| daemon.interface = "none0".to_owned(),
        |daemon| daemon.group = Some([192, 0, 2, 1].into()),
        |daemon| daemon.max_length = 500,
        |daemon| (daemon.sync_id, daemon.port, daemon.ttl) = (255, 65535, 255),
    ];
    for change in changes {
        let mut other = backup.clone();
        change(&mut other);
        start(kernel, &other);
        kernel.stop_sync_daemon(SyncRole::Backup).unwrap();
    }

    let service = ServiceId::Mark {
        family: Family::Ipv4,
        mark: 5,
    };
    let server = Op::AddServer {
        service,
        server: Endpoint {
            address: "2001:db8::1".parse().unwrap(),
            port: 80,
        },
        settings: ServerSettings {
            forwarding: Forwarding::Tunnel(Tunnel::Ipip),
            weight: 1,
            upper_threshold: 0,
            lower_threshold: 0,
        },
    };
    let add = Op::AddService {
        service,
        scheduling: Scheduling::plain("rr", Family::Ipv4),
    };
    start(kernel, &backup);
    said.push(format!("{:?}", kernel.apply(&plan_of([add]))));
    said.push(format!("{:?}", kernel.apply(&plan_of([server.clone()]))));
    kernel.stop_sync_daemon(SyncRole::Backup).unwrap();
    said.push(format!("{:?}", kernel.apply(&plan_of([server]))));
    said.push(words(kernel.start_sync_daemon(&backup)));
    said
}

#[test]
fn both_refuse_the_same_sync_daemons_with_the_same_words() {
    let mut real = kernel();
    establish(&mut real, &Table::default());
    let mut memory = MemoryKernel::new().without_interface("none0");
    assert_eq!(story(&mut real), story(&mut memory));
    establish(&mut real, &Table::default());
}
