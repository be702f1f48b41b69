//! The planner's laws, as properties over random tables, with the independent judge as oracle; and the judge itself,
//! which must find the faults of plans that were spoiled on purpose.

use std::collections::BTreeSet;
use std::net::{IpAddr, Ipv4Addr};

use director_core::model::{Endpoint, Family, Forwarding, Protocol, Scheduling, ServiceId};
use director_core::plan::{Op, Plan, check, plan};
use director_core::table::{ServerEntry, ServerSettings, ServiceEntry, Table};
use proptest::prelude::*;

fn service_id() -> impl Strategy<Value = ServiceId> {
    prop_oneof![
        (0_u8..4).prop_map(|n| ServiceId::Address {
            protocol: Protocol::Tcp,
            vip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, n)),
            port: 80,
        }),
        (1_u32..3).prop_map(|mark| ServiceId::Mark {
            family: Family::Ipv4,
            mark
        }),
    ]
}

fn endpoint() -> impl Strategy<Value = Endpoint> {
    (1_u8..6).prop_map(|n| Endpoint {
        address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, n)),
        port: 80,
    })
}

fn settings() -> impl Strategy<Value = ServerSettings> {
    (0_u32..4, 0_u32..3, any::<bool>()).prop_map(|(weight, upper_threshold, masq)| ServerSettings {
        forwarding: if masq {
            Forwarding::Masq
        } else {
            Forwarding::Direct
        },
        weight,
        upper_threshold,
        lower_threshold: 0,
    })
}

fn service() -> impl Strategy<Value = ServiceEntry> {
    let scheduler = prop_oneof![Just("rr"), Just("wrr"), Just("sh")];
    let servers =
        proptest::collection::btree_map(endpoint(), settings().prop_map(ServerEntry::new), 0..5);
    (scheduler, servers).prop_map(|(scheduler, servers)| {
        let mut entry = ServiceEntry::new(Scheduling::plain(scheduler, Family::Ipv4));
        entry.servers = servers;
        entry
    })
}

fn table() -> impl Strategy<Value = Table> {
    proptest::collection::btree_map(service_id(), service(), 0..5)
        .prop_map(|services| Table { services })
}

fn owned() -> impl Strategy<Value = BTreeSet<ServiceId>> {
    proptest::collection::btree_set(service_id(), 0..6)
}

fn find(observed: &Table, desired: &Table, owned: &BTreeSet<ServiceId>) -> Plan {
    plan(observed, desired, owned, |_, _| String::new())
}

fn applied(plan: &Plan, table: &Table) -> Table {
    let mut table = table.clone();
    for step in &plan.steps {
        step.op.apply_to(&mut table);
    }
    table
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_judge_finds_no_fault(observed in table(), desired in table(), owned in owned()) {
        let plan = find(&observed, &desired, &owned);
        prop_assert_eq!(check::faults(&plan, &observed, &desired, &owned), vec![]);
    }

    #[test]
    fn applying_gives_the_desired_table_and_leaves_foreign_services(
        observed in table(), desired in table(), owned in owned()
    ) {
        let end = applied(&find(&observed, &desired, &owned), &observed);
        for id in observed.services.keys().chain(desired.services.keys()) {
            let expected = if owned.contains(id) { &desired } else { &observed };
            let of = |table: &Table| table.services.get(id).map(|entry| {
                let servers: Vec<_> = entry.servers.iter().map(|(server, entry)| (*server, entry.settings)).collect();
                (entry.scheduling.clone(), servers)
            });
            prop_assert_eq!(of(&end), of(expected), "{}", id);
        }
    }

    #[test]
    fn planning_twice_gives_nothing_the_second_time(observed in table(), desired in table(), owned in owned()) {
        let end = applied(&find(&observed, &desired, &owned), &observed);
        prop_assert!(find(&end, &desired, &owned).is_empty());
    }

    #[test]
    fn the_same_identity_is_edited_and_never_made_again(observed in table(), desired in table(), owned in owned()) {
        let plan = find(&observed, &desired, &owned);
        let mut subjects = BTreeSet::new();
        for step in &plan.steps {
            prop_assert!(subjects.insert((step.op.service(), step.op.server())), "two operations on one subject");
        }
    }

    #[test]
    fn the_same_input_gives_the_same_order(observed in table(), desired in table(), owned in owned()) {
        let plan = find(&observed, &desired, &owned);
        prop_assert_eq!(&plan, &find(&observed, &desired, &owned));
        prop_assert!(plan.steps.is_sorted_by_key(|step| step.op.stage()));
    }

    #[test]
    fn the_judge_sees_a_missing_step(
        observed in table(), desired in table(), owned in owned(), which in any::<prop::sample::Index>()
    ) {
        let mut plan = find(&observed, &desired, &owned);
        if plan.is_empty() {
            return Ok(());
        }
        plan.steps.remove(which.index(plan.steps.len()));
        prop_assert!(!check::faults(&plan, &observed, &desired, &owned).is_empty());
    }
}

fn web() -> ServiceId {
    ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: IpAddr::V4(Ipv4Addr::new(192, 0, 2, 1)),
        port: 80,
    }
}

fn with_servers(servers: &[(u8, u32)]) -> Table {
    let mut entry = ServiceEntry::new(Scheduling::plain("rr", Family::Ipv4));
    for (last, weight) in servers {
        let endpoint = Endpoint {
            address: IpAddr::V4(Ipv4Addr::new(10, 0, 0, *last)),
            port: 80,
        };
        let settings = ServerSettings {
            forwarding: Forwarding::Masq,
            weight: *weight,
            upper_threshold: 0,
            lower_threshold: 0,
        };
        entry.servers.insert(endpoint, ServerEntry::new(settings));
    }
    Table {
        services: [(web(), entry)].into(),
    }
}

#[test]
fn the_judge_sees_a_gap_in_service() {
    let (observed, desired) = (with_servers(&[(1, 1)]), with_servers(&[(2, 1)]));
    let owned = BTreeSet::from([web()]);
    let mut plan = find(&observed, &desired, &owned);
    assert_eq!(check::faults(&plan, &observed, &desired, &owned), vec![]);
    plan.steps.reverse();
    assert_eq!(
        check::faults(&plan, &observed, &desired, &owned),
        vec![check::Fault::Gap {
            step: 0,
            service: web()
        }]
    );
}

#[test]
fn the_judge_sees_a_foreign_service() {
    let (observed, desired) = (Table::default(), with_servers(&[]));
    let plan = find(&observed, &desired, &BTreeSet::from([web()]));
    assert!(
        check::faults(&plan, &observed, &desired, &BTreeSet::new())
            .contains(&check::Fault::Foreign(web()))
    );
}

#[test]
fn operations_print_as_an_operator_reads_them() {
    let plan = find(
        &with_servers(&[(1, 1), (2, 1)]),
        &with_servers(&[(1, 0), (3, 4)]),
        &BTreeSet::from([web()]),
    );
    let lines: Vec<String> = plan.steps.iter().map(|step| step.op.to_string()).collect();
    assert_eq!(
        lines,
        [
            "add     tcp 192.0.2.1:80  10.0.0.3:80  masq weight 4",
            "edit    tcp 192.0.2.1:80  10.0.0.1:80  weight 1 -> 0",
            "delete  tcp 192.0.2.1:80  10.0.0.2:80  (had weight 1)",
        ]
    );
    assert!(matches!(plan.steps[0].op, Op::AddServer { .. }));
}
