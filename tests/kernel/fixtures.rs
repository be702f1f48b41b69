//! What the tests of this target share: a namespace of one's own, the kernel in it, tables and plans.

use std::collections::BTreeSet;
use std::process::Command;

use director_core::model::{Endpoint, Family, Forwarding, Protocol, Scheduling, ServiceId};
use director_core::plan::{Op, OpFailure, Plan, Step, plan};
use director_core::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use ipvsd::ipvs::{Kernel, NetlinkKernel, ReadScope};
use nix::sched::{CloneFlags, unshare};

/// The kernel in a fresh network namespace of the calling thread: every test has a thread of its own.
pub(crate) fn kernel() -> NetlinkKernel {
    enter_namespace();
    // Without any address in the namespace the kernel has no table of local addresses and takes no IPv4 server.
    run("ip", &["link", "set", "lo", "up"]);
    NetlinkKernel::open().expect("a kernel with IPVS")
}

/// Moves the calling thread into a fresh network namespace.
pub(crate) fn enter_namespace() {
    unshare(CloneFlags::CLONE_NEWNET).expect("a network namespace of our own needs root");
}

/// Runs a program, which has to succeed, and returns its standard output.
pub(crate) fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout).unwrap()
}

/// The virtual service of most tests.
pub(crate) const VIP: ServiceId = ServiceId::Address {
    protocol: Protocol::Tcp,
    vip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10)),
    port: 80,
};

/// A real server's identity.
pub(crate) fn endpoint(address: &str, port: u16) -> Endpoint {
    Endpoint {
        address: address.parse().unwrap(),
        port,
    }
}

/// Settings with weight 1 and no thresholds.
pub(crate) fn settings(forwarding: Forwarding) -> ServerSettings {
    ServerSettings {
        forwarding,
        weight: 1,
        upper_threshold: 0,
        lower_threshold: 0,
    }
}

/// A table of one service.
pub(crate) fn table_of(
    service: ServiceId,
    scheduling: Scheduling,
    servers: impl IntoIterator<Item = (Endpoint, ServerSettings)>,
) -> Table {
    let mut entry = ServiceEntry::new(scheduling);
    for (server, settings) in servers {
        entry.servers.insert(server, ServerEntry::new(settings));
    }
    let mut table = Table::default();
    table.services.insert(service, entry);
    table
}

/// The plan from one table to another, for all services of both.
pub(crate) fn plan_between(observed: &Table, desired: &Table) -> Plan {
    let services = observed.services.keys().chain(desired.services.keys());
    let owned: BTreeSet<ServiceId> = services.copied().collect();
    plan(observed, desired, &owned, |_, _| String::new())
}

/// A plan of these operations as they stand.
pub(crate) fn plan_of(ops: impl IntoIterator<Item = Op>) -> Plan {
    let steps = ops
        .into_iter()
        .map(|op| Step {
            op,
            reason: String::new(),
        })
        .collect();
    Plan { steps }
}

/// Adds a service.
pub(crate) fn add_service(service: ServiceId, scheduling: Scheduling) -> Op {
    Op::AddService {
        service,
        scheduling,
    }
}

/// Adds a server.
pub(crate) fn add_server(service: ServiceId, server: Endpoint, settings: ServerSettings) -> Op {
    Op::AddServer {
        service,
        server,
        settings,
    }
}

/// Changes a server; the kernel does not look at what it was.
pub(crate) fn edit_server(service: ServiceId, server: Endpoint, to: ServerSettings) -> Op {
    Op::EditServer {
        service,
        server,
        from: to,
        to,
    }
}

/// Carries out one operation that the kernel has to refuse.
pub(crate) fn refusal(kernel: &mut impl Kernel, op: Op) -> OpFailure {
    let applied = kernel.apply(&plan_of([op]));
    assert!(applied.interrupted.is_none(), "{applied:?}");
    assert_eq!(applied.failures.len(), 1, "{applied:?}");
    applied.failures.into_iter().next().unwrap()
}

/// Carries out one operation that the kernel has to take.
pub(crate) fn accept(kernel: &mut impl Kernel, op: Op) {
    let applied = kernel.apply(&plan_of([op]));
    assert!(applied.is_complete(), "{applied:?}");
}

/// The whole table.
pub(crate) fn read(kernel: &mut impl Kernel) -> Table {
    kernel.read_table(ReadScope::All).unwrap()
}

/// Brings the kernel to `desired`, and shows that it then has it, that nothing is left to plan, and that asking for
/// single services gives the same.
pub(crate) fn establish(kernel: &mut impl Kernel, desired: &Table) {
    let before = read(kernel);
    let applied = kernel.apply(&plan_between(&before, desired));
    assert!(applied.is_complete(), "{desired:#?}\n{applied:#?}");
    let after = read(kernel);
    assert_eq!(plan_between(&after, desired), Plan::default());
    assert!(after.same_settings(desired), "{after:#?}\n{desired:#?}");
    let ids: Vec<ServiceId> = desired.services.keys().copied().collect();
    let single = kernel.read_table(ReadScope::Services(&ids)).unwrap();
    assert!(single.same_settings(desired), "{single:#?}\n{desired:#?}");
}

/// The family's plain service of most tests: an address, or a mark.
pub(crate) fn services_of(family: Family) -> [ServiceId; 4] {
    let vip = match family {
        Family::Ipv4 => "192.0.2.20",
        Family::Ipv6 => "2001:db8::20",
    }
    .parse()
    .unwrap();
    let address = |protocol| ServiceId::Address {
        protocol,
        vip,
        port: 8080,
    };
    [
        address(Protocol::Tcp),
        address(Protocol::Udp),
        address(Protocol::Sctp),
        ServiceId::Mark {
            family,
            mark: 4_000_000_000,
        },
    ]
}

/// Two real servers of a family.
pub(crate) fn servers_of(family: Family) -> [Endpoint; 2] {
    match family {
        Family::Ipv4 => [endpoint("10.0.0.1", 8080), endpoint("10.0.0.2", 65535)],
        Family::Ipv6 => [endpoint("fd00::1", 8080), endpoint("fd00::2", 65535)],
    }
}
