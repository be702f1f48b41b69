//! Faults of sync daemons: which finding there is, and where there is none.

use director_core::model::{SyncDaemon, SyncRole};

use super::cases::{faults, ip, set, with};
use crate::doctor::HostFacts;

const BACKUP_ONLY: &str = "net.ipv4.vs.backup_only";

fn daemon(role: SyncRole) -> SyncDaemon {
    SyncDaemon {
        role,
        interface: "front".to_owned(),
        sync_id: 7,
        max_length: 1472,
        group: Some(ip("224.0.0.81")),
        port: 8848,
        ttl: 1,
    }
}

fn both() -> Vec<SyncDaemon> {
    vec![daemon(SyncRole::Master), daemon(SyncRole::Backup)]
}

fn found(change: impl Fn(&mut HostFacts)) -> Vec<&'static str> {
    faults(&with(|facts| {
        facts.sync_daemons = both();
        change(facts);
    }))
}

/// The VIP is where a real server has it.
fn to_the_loopback(facts: &mut HostFacts) {
    facts.addresses[0].interface = 1;
}

#[test]
fn two_daemons_of_one_director_are_no_fault() {
    assert_eq!(found(|_| {}), [""; 0]);
    // With the profile they are as ipvsd has them.
    let with_profile = found(|facts| {
        facts.profile = Some(director_core::model::Profile::Dr);
        set(facts, "net.ipv4.vs.conn_reuse_mode", "3");
        set(facts, "net.ipv4.vs.expire_nodest_conn", "1");
    });
    assert_eq!(with_profile, [""; 0]);
}

#[test]
fn a_backup_that_balances_can_loop() {
    let alone = |facts: &mut HostFacts| {
        to_the_loopback(facts);
        facts.sync_daemons = vec![daemon(SyncRole::Backup)];
    };
    assert_eq!(found(alone), ["backup-balances"]);
    let active = found(|facts| facts.sync_daemons = vec![daemon(SyncRole::Backup)]);
    assert_eq!(active, [""; 0]);
    // The configuration has it run also while this director is active.
    let meant = found(|facts| {
        alone(facts);
        facts.wanted_sync_daemons = facts.sync_daemons.clone();
    });
    assert_eq!(meant, [""; 0]);
}

#[test]
fn a_director_with_the_vip_balances_nothing_as_a_backup_only() {
    let set_only = |facts: &mut HostFacts| set(facts, BACKUP_ONLY, "1");
    assert_eq!(found(set_only), ["backup-stops-balancing"]);
    let master = found(|facts| {
        set_only(facts);
        facts.sync_daemons.pop();
    });
    assert_eq!(master, [""; 0]);
    let standby = found(|facts| {
        set_only(facts);
        to_the_loopback(facts);
    });
    assert_eq!(standby, [""; 0]);
}

#[test]
fn daemons_need_their_interface() {
    let down = |facts: &mut HostFacts| facts.interfaces[1].up = false;
    assert_eq!(found(down), ["sync-interface-down"]);
    let missing = found(|facts| {
        facts.sync_daemons.clear();
        facts.wanted_sync_daemons = vec![SyncDaemon {
            interface: "eth7".to_owned(),
            ..daemon(SyncRole::Master)
        }];
    });
    assert_eq!(missing, ["sync-interface-down"]);
}

#[test]
fn the_two_of_one_director_need_one_id() {
    let other = |id: u32| found(|facts| facts.sync_daemons[1].sync_id = id);
    assert_eq!(other(8), ["sync-ids-differ"]);
    // A backup daemon with 0 takes all.
    assert_eq!(other(0), [""; 0]);
}

#[test]
fn the_interface_must_send_to_the_group() {
    let without = |facts: &mut HostFacts| facts.interfaces[1].multicast = false;
    assert_eq!(found(without), ["sync-group-unreachable"]);
    let of_ipv6 = |facts: &mut HostFacts| {
        for daemon in &mut facts.sync_daemons {
            daemon.group = Some(ip("ff02::81"));
        }
    };
    assert_eq!(found(of_ipv6), ["sync-group-unreachable"]);
    let with_address = found(|facts| {
        of_ipv6(facts);
        let mut address = facts.addresses[0].clone();
        address.address = ip("fe80::1");
        facts.addresses.push(address);
    });
    assert_eq!(with_address, [""; 0]);
}
