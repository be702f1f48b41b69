//! Every error that the kernel can be made to give, and what it says to the operator.

use director_core::model::{
    ClientMask, Family, Forwarding, Persistence, Scheduling, ServiceId, Tunnel, TunnelChecksum,
};
use director_core::plan::Op;
use director_core::table::ServerSettings;
use ipvsd::ipvs::{Kernel, ReadScope, SyncKernel};
use nix::errno::Errno;

use crate::fixtures::{
    VIP, accept, add_server, add_service, edit_server, endpoint, kernel, plan_of, read, refusal,
    run, servers_of, services_of, settings,
};

const V4: Family = Family::Ipv4;

/// Carries out what has to be refused with this error and these words.
fn expect(kernel: &mut impl Kernel, op: Op, errno: Errno, words: &str) {
    let failure = refusal(kernel, op.clone());
    assert_eq!(Errno::from_raw(failure.errno), errno, "{failure}");
    assert!(failure.message.contains(words), "{failure} lacks '{words}'");
    assert!(
        failure.message.ends_with(&format!("({errno:?})")),
        "{failure}"
    );
    assert_eq!(failure.op, op);
}

#[test]
fn exists_already() {
    let mut kernel = kernel();
    let service = add_service(VIP, Scheduling::plain("rr", V4));
    let server = add_server(VIP, servers_of(V4)[0], settings(Forwarding::Masq));
    accept(&mut kernel, service.clone());
    accept(&mut kernel, server.clone());
    for op in [service, server] {
        expect(&mut kernel, op, Errno::EEXIST, "another program added it");
    }
}

#[test]
fn service_not_there() {
    let mut kernel = kernel();
    let scheduling = Scheduling::plain("rr", V4);
    let server = servers_of(V4)[0];
    for op in [
        Op::DeleteService { service: VIP },
        Op::EditService {
            service: VIP,
            from: scheduling.clone(),
            to: scheduling,
        },
        add_server(VIP, server, settings(Forwarding::Masq)),
        edit_server(VIP, server, settings(Forwarding::Masq)),
        Op::DeleteServer {
            service: VIP,
            server,
            settings: settings(Forwarding::Masq),
        },
    ] {
        expect(
            &mut kernel,
            op,
            Errno::ESRCH,
            "the virtual service does not exist",
        );
    }
    let table = kernel.read_table(ReadScope::Services(&[VIP])).unwrap();
    assert!(table.services.is_empty());
}

#[test]
fn server_not_there() {
    let mut kernel = kernel();
    accept(&mut kernel, add_service(VIP, Scheduling::plain("rr", V4)));
    let server = servers_of(V4)[0];
    for op in [
        edit_server(VIP, server, settings(Forwarding::Masq)),
        Op::DeleteServer {
            service: VIP,
            server,
            settings: settings(Forwarding::Masq),
        },
    ] {
        expect(&mut kernel, op, Errno::ENOENT, "real server does not exist");
    }
}

#[test]
fn no_such_scheduler_or_engine() {
    let mut kernel = kernel();
    let unknown = Scheduling::plain("nonesuch", V4);
    expect(
        &mut kernel,
        add_service(VIP, unknown.clone()),
        Errno::ENOENT,
        "no scheduler \"nonesuch\" and no module ip_vs_nonesuch",
    );
    let plain = Scheduling::plain("rr", V4);
    let engine = Scheduling {
        persistence: Some(Persistence {
            timeout_seconds: 60,
            engine: Some("nonesuch".to_owned()),
        }),
        ..plain.clone()
    };
    expect(
        &mut kernel,
        add_service(VIP, engine),
        Errno::ENOENT,
        "ip_vs_pe_nonesuch",
    );
    accept(&mut kernel, add_service(VIP, plain.clone()));
    let edit = Op::EditService {
        service: VIP,
        from: plain,
        to: unknown,
    };
    expect(&mut kernel, edit, Errno::ENOENT, "\"nonesuch\"");
}

#[test]
fn names_too_long() {
    let mut kernel = kernel();
    let sixteen = "a".repeat(16);
    expect(
        &mut kernel,
        add_service(VIP, Scheduling::plain(&sixteen, V4)),
        Errno::EINVAL,
        "longer than 15 characters",
    );
    let engine = Scheduling {
        persistence: Some(Persistence {
            timeout_seconds: 60,
            engine: Some("a".repeat(17)),
        }),
        ..Scheduling::plain("rr", V4)
    };
    expect(
        &mut kernel,
        add_service(VIP, engine),
        Errno::EINVAL,
        "name of the persistence engine is longer than 16",
    );
}

#[test]
fn ipv6_masks_out_of_range() {
    let mut kernel = kernel();
    for prefix in [0, 129, 255] {
        let scheduling = Scheduling {
            mask: ClientMask::V6(prefix),
            ..Scheduling::plain("rr", Family::Ipv6)
        };
        for service in services_of(Family::Ipv6) {
            expect(
                &mut kernel,
                add_service(service, scheduling.clone()),
                Errno::EINVAL,
                &format!("mask of {prefix} bits"),
            );
        }
    }
}

#[test]
fn addresses_of_no_single_host() {
    let mut kernel = kernel();
    run(
        "ip",
        &[
            "address",
            "add",
            "10.9.0.1/24",
            "dev",
            "lo",
            "broadcast",
            "10.9.0.255",
        ],
    );
    for service in [services_of(V4)[0], services_of(Family::Ipv6)[0]] {
        let scheduling = Scheduling::plain("rr", service.family());
        accept(&mut kernel, add_service(service, scheduling));
    }
    for address in [
        "0.0.0.0",
        "224.0.0.1",
        "255.255.255.255",
        "::",
        "ff02::1",
        "fe80::1",
        "::ffff:10.0.0.1",
    ] {
        let server = endpoint(address, 80);
        let service = services_of(Family::of(server.address))[0];
        let op = add_server(service, server, settings(Forwarding::Masq));
        expect(&mut kernel, op, Errno::EINVAL, "use a unicast address");
    }
    let broadcast = add_server(
        services_of(V4)[0],
        endpoint("10.9.0.255", 80),
        settings(Forwarding::Masq),
    );
    expect(
        &mut kernel,
        broadcast,
        Errno::EINVAL,
        "broadcast address here",
    );
}

#[test]
fn no_address_in_the_namespace() {
    crate::fixtures::enter_namespace();
    let mut kernel = ipvsd::ipvs::NetlinkKernel::open().unwrap();
    accept(&mut kernel, add_service(VIP, Scheduling::plain("rr", V4)));
    let op = add_server(VIP, servers_of(V4)[0], settings(Forwarding::Masq));
    expect(&mut kernel, op, Errno::EINVAL, "`ip link set lo up`");
}

#[test]
fn other_family_without_a_tunnel_and_beside_a_sync_daemon() {
    let mut kernel = kernel();
    for family in [V4, Family::Ipv6] {
        let other = if family == V4 { Family::Ipv6 } else { V4 };
        let (service, server) = (services_of(family)[0], servers_of(other)[0]);
        accept(
            &mut kernel,
            add_service(service, Scheduling::plain("rr", family)),
        );
        for method in [Forwarding::Masq, Forwarding::Direct, Forwarding::Local] {
            let op = add_server(service, server, settings(method));
            expect(&mut kernel, op, Errno::EINVAL, "needs a tunnel");
        }
    }
    run("ip", &["link", "add", "d0", "type", "dummy"]);
    run("ip", &["link", "set", "d0", "up"]);
    run(
        "ipvsadm",
        &["--start-daemon", "master", "--mcast-interface", "d0"],
    );
    let tunnel = settings(Forwarding::Tunnel(Tunnel::Ipip));
    let op = add_server(services_of(V4)[0], servers_of(Family::Ipv6)[0], tunnel);
    expect(&mut kernel, op, Errno::EINVAL, "while a sync daemon runs");
    let daemons = kernel.sync_daemons().unwrap();
    assert_eq!(daemons.len(), 1);
    assert_eq!(daemons[0].interface, "d0");
    run("ipvsadm", &["--stop-daemon", "master"]);
    assert_eq!(kernel.sync_daemons().unwrap(), []);
}

#[test]
fn gue_without_a_port() {
    let mut kernel = kernel();
    accept(&mut kernel, add_service(VIP, Scheduling::plain("rr", V4)));
    let checksum = TunnelChecksum::Off;
    let gue = |port| settings(Forwarding::Tunnel(Tunnel::Gue { port, checksum }));
    let server = servers_of(V4)[0];
    let words = "needs the UDP port";
    expect(
        &mut kernel,
        add_server(VIP, server, gue(0)),
        Errno::EINVAL,
        words,
    );
    accept(&mut kernel, add_server(VIP, server, gue(6080)));
    expect(
        &mut kernel,
        edit_server(VIP, server, gue(0)),
        Errno::EINVAL,
        words,
    );
}

#[test]
fn numbers_out_of_range() {
    let mut kernel = kernel();
    accept(&mut kernel, add_service(VIP, Scheduling::plain("rr", V4)));
    let server = servers_of(V4)[0];
    let good = settings(Forwarding::Masq);
    let heavy = ServerSettings {
        weight: 1 << 31,
        ..good
    };
    let crossed = ServerSettings {
        upper_threshold: 5,
        lower_threshold: 6,
        ..good
    };
    let faults = [
        (heavy, "the weight 2147483648 is above 2147483647"),
        (crossed, "the lower threshold 6 is above the upper one, 5"),
    ];
    for (settings, words) in faults {
        let op = add_server(VIP, server, settings);
        expect(&mut kernel, op, Errno::ERANGE, words);
    }
    accept(&mut kernel, add_server(VIP, server, good));
    for (settings, words) in faults {
        let op = edit_server(VIP, server, settings);
        expect(&mut kernel, op, Errno::ERANGE, words);
    }
}

#[test]
fn a_failed_add_keeps_the_old_server_and_other_services_go_on() {
    let mut kernel = kernel();
    let mark = ServiceId::Mark {
        family: V4,
        mark: 5,
    };
    let [old, new] = servers_of(V4);
    let good = settings(Forwarding::Masq);
    for service in [VIP, mark] {
        accept(
            &mut kernel,
            add_service(service, Scheduling::plain("rr", V4)),
        );
        accept(&mut kernel, add_server(service, old, good));
    }
    let remove = |service| Op::DeleteServer {
        service,
        server: old,
        settings: good,
    };
    let applied = kernel.apply(&plan_of([
        add_server(VIP, endpoint("224.0.0.1", 80), good),
        add_server(mark, new, good),
        remove(VIP),
        remove(mark),
    ]));
    assert_eq!(applied.failures.len(), 1, "{applied:?}");
    assert_eq!(applied.failures[0].service(), VIP);
    assert_eq!(applied.skipped, [remove(VIP)]);
    let table = read(&mut kernel);
    let servers = |id| {
        table.services[&id]
            .servers
            .keys()
            .copied()
            .collect::<Vec<_>>()
    };
    assert_eq!(servers(VIP), [old]);
    assert_eq!(servers(mark), [new]);
}

#[test]
fn three_thousand_refusals_all_come_back() {
    let mut kernel = kernel();
    let ops = (1..=3000).map(|mark| Op::DeleteService {
        service: ServiceId::Mark { family: V4, mark },
    });
    let plan = plan_of(ops);
    let applied = kernel.apply(&plan);
    assert!(applied.interrupted.is_none(), "{:?}", applied.interrupted);
    assert_eq!(applied.failures.len(), 3000);
    for (failure, step) in applied.failures.iter().zip(&plan.steps) {
        assert_eq!(failure.op, step.op);
        assert_eq!(Errno::from_raw(failure.errno), Errno::ESRCH);
    }
}
