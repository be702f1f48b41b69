//! The kernel's rules in memory, and what each refusal says.

use director_core::model::{Family, Protocol, TunnelChecksum};
use director_core::plan::Step;

use super::*;

const VIP: ServiceId = ServiceId::Address {
    protocol: Protocol::Tcp,
    vip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10)),
    port: 80,
};

fn add_service(scheduler: &str) -> Op {
    Op::AddService {
        service: VIP,
        scheduling: Scheduling::plain(scheduler, Family::Ipv4),
    }
}

fn settings(forwarding: Forwarding) -> ServerSettings {
    ServerSettings {
        forwarding,
        weight: 1,
        upper_threshold: 0,
        lower_threshold: 0,
    }
}

fn add_server(address: &str, settings: ServerSettings) -> Op {
    Op::AddServer {
        service: VIP,
        server: Endpoint {
            address: address.parse().unwrap(),
            port: 80,
        },
        settings,
    }
}

fn apply(kernel: &mut MemoryKernel, op: Op) -> Applied {
    kernel.apply(&Plan {
        steps: vec![Step {
            op,
            reason: String::new(),
        }],
    })
}

fn refused(kernel: &mut MemoryKernel, op: Op) -> (Errno, String) {
    let applied = apply(kernel, op);
    let [failure] = applied.failures.as_slice() else {
        panic!("not refused: {applied:?}");
    };
    (Errno::from_raw(failure.errno), failure.message.clone())
}

fn with_service() -> MemoryKernel {
    let mut kernel = MemoryKernel::new();
    assert!(apply(&mut kernel, add_service("wrr")).is_complete());
    kernel
}

#[test]
fn the_same_service_or_server_twice_is_refused() {
    let mut kernel = with_service();
    let server = add_server("10.0.0.1", settings(Forwarding::Masq));
    assert!(apply(&mut kernel, server.clone()).is_complete());
    for op in [add_service("wrr"), server] {
        let (errno, message) = refused(&mut kernel, op);
        assert_eq!(errno, Errno::EEXIST);
        assert!(message.contains("it already exists"), "{message}");
    }
}

#[test]
fn an_unknown_scheduler_is_named_with_its_module() {
    let (errno, message) = refused(&mut MemoryKernel::new(), add_service("wrrr"));
    assert_eq!(errno, Errno::ENOENT);
    assert!(message.contains("module ip_vs_wrrr"), "{message}");
    let mut lacking = MemoryKernel::new().without_scheduler("twos");
    assert_eq!(refused(&mut lacking, add_service("twos")).0, Errno::ENOENT);
}

#[test]
fn nothing_can_be_done_to_a_service_that_is_not_there() {
    let mut kernel = MemoryKernel::new();
    for op in [
        Op::DeleteService { service: VIP },
        add_server("10.0.0.1", settings(Forwarding::Masq)),
    ] {
        let (errno, message) = refused(&mut kernel, op);
        assert_eq!(errno, Errno::ESRCH);
        assert!(message.contains("does not exist"), "{message}");
    }
}

#[test]
fn addresses_that_are_not_one_host_are_refused() {
    let mut kernel = with_service();
    for address in ["0.0.0.0", "224.0.0.1", "255.255.255.255"] {
        let op = add_server(address, settings(Forwarding::Masq));
        let (errno, message) = refused(&mut kernel, op);
        assert_eq!(errno, Errno::EINVAL);
        assert!(message.contains("unicast"), "{message}");
    }
    let link_local = add_server("fe80::1", settings(Forwarding::Tunnel(Tunnel::Ipip)));
    assert_eq!(refused(&mut kernel, link_local).0, Errno::EINVAL);
}

#[test]
fn another_family_needs_a_tunnel() {
    let mut kernel = with_service();
    let (errno, message) = refused(
        &mut kernel,
        add_server("fd00::1", settings(Forwarding::Masq)),
    );
    assert_eq!(errno, Errno::EINVAL);
    assert_eq!(
        message,
        "an IPv6 real server of an IPv4 service needs a tunnel; use forwarding by tunnel, or an IPv4 address (EINVAL)"
    );
    let tunnel = settings(Forwarding::Tunnel(Tunnel::Ipip));
    assert!(apply(&mut kernel, add_server("fd00::1", tunnel)).is_complete());
}

#[test]
fn numbers_out_of_range_are_named() {
    let mut kernel = with_service();
    let heavy = ServerSettings {
        weight: 1 << 31,
        ..settings(Forwarding::Masq)
    };
    let (errno, message) = refused(&mut kernel, add_server("10.0.0.1", heavy));
    assert_eq!(errno, Errno::ERANGE);
    assert!(message.contains("the weight 2147483648"), "{message}");
    let crossed = ServerSettings {
        upper_threshold: 5,
        lower_threshold: 6,
        ..settings(Forwarding::Masq)
    };
    let (errno, message) = refused(&mut kernel, add_server("10.0.0.1", crossed));
    assert_eq!(errno, Errno::ERANGE);
    assert!(message.contains("lower threshold 6"), "{message}");
    let gue = settings(Forwarding::Tunnel(Tunnel::Gue {
        port: 0,
        checksum: TunnelChecksum::Off,
    }));
    let (errno, message) = refused(&mut kernel, add_server("10.0.0.1", gue));
    assert_eq!(errno, Errno::EINVAL);
    assert!(message.contains("UDP port"), "{message}");
}

#[test]
fn reading_some_services_leaves_out_the_others() {
    let mut kernel = with_service();
    let other = ServiceId::Mark {
        family: Family::Ipv6,
        mark: 7,
    };
    let table = kernel
        .read_table(ReadScope::Services(&[VIP, other]))
        .unwrap();
    assert_eq!(table.services.keys().collect::<Vec<_>>(), [&VIP]);
    let none = kernel.read_table(ReadScope::Services(&[other])).unwrap();
    assert_eq!(none, Table::default());
}

#[test]
fn a_sync_daemon_and_servers_of_another_family_exclude_each_other() {
    use director_core::model::{SyncDaemon, SyncRole};

    use super::super::SyncKernel;
    let daemon = SyncDaemon {
        role: SyncRole::Backup,
        interface: "eth1".to_owned(),
        sync_id: 7,
        max_length: 500,
        group: Some([224, 0, 0, 81].into()),
        port: 8848,
        ttl: 1,
    };
    let mut kernel = MemoryKernel::new();
    kernel.start_sync_daemon(&daemon).unwrap();
    assert_eq!(kernel.sync_daemons().unwrap()[0].max_length, 1024);
    let why = kernel.start_sync_daemon(&daemon).unwrap_err().to_string();
    assert!(why.ends_with("File exists (EEXIST)"), "{why}");

    let service = ServiceId::Mark {
        family: Family::Ipv4,
        mark: 5,
    };
    let add_service = Op::AddService {
        service,
        scheduling: Scheduling::plain("rr", Family::Ipv4),
    };
    let add_server = Op::AddServer {
        service,
        server: Endpoint {
            address: "fd00::1".parse().unwrap(),
            port: 80,
        },
        settings: ServerSettings {
            forwarding: Forwarding::Tunnel(Tunnel::Ipip),
            weight: 1,
            upper_threshold: 0,
            lower_threshold: 0,
        },
    };
    kernel.execute(&add_service).unwrap();
    assert_eq!(kernel.execute(&add_server), Err(Errno::EINVAL));
    kernel.stop_sync_daemon(SyncRole::Backup).unwrap();
    kernel.execute(&add_server).unwrap();
    let why = kernel.start_sync_daemon(&daemon).unwrap_err().to_string();
    assert!(why.ends_with("Invalid argument (EINVAL)"), "{why}");
}
