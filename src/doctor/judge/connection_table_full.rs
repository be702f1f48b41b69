//! The connection table holds nearly as many entries as it has buckets, or as it may.

use crate::doctor::{Finding, HostFacts};

/// The part of the buckets, in percent, from which on it is told.
const NEAR: u64 = 80;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let connections = u64::try_from(facts.connections).unwrap_or(u64::MAX);
    let limit = facts
        .setting("net.ipv4.vs.conn_max")
        .and_then(|limit| u64::try_from(limit).ok());
    let (size, what, fix) = match limit {
        Some(limit) => (
            limit,
            "may hold",
            format!("sysctl -w net.ipv4.vs.conn_max={}", limit.saturating_mul(2)),
        ),
        None => {
            let bits = facts.connection_buckets.max(1).ilog2() + 2;
            (
                u64::from(facts.connection_buckets),
                "has buckets for",
                format!(
                    "echo options ip_vs conn_tab_bits={bits} >/etc/modprobe.d/ip_vs.conf, then load the module again (rmmod ip_vs with all its schedulers, which ends the service, or restart the machine)"
                ),
            )
        }
    };
    if size == 0 || connections.saturating_mul(100) < size.saturating_mul(NEAR) {
        return Vec::new();
    }
    vec![Finding {
        fault: "connection-table-full",
        subject: "connection table".to_owned(),
        observed: format!("it holds {connections} connections and {what} {size}"),
        why: match limit {
            Some(_) => "when it is full, IPVS refuses new connections".to_owned(),
            None => "entries share buckets, so the lookup for each packet takes longer".to_owned(),
        },
        fix,
    }]
}
