//! The reverse path filter drops packets while we look.

use crate::doctor::{Finding, HostFacts};

/// Strict: a packet must come in where its answer would go out (RFC 3704).
const STRICT: i64 = 1;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    if facts.filtered == 0 {
        return Vec::new();
    }
    let all = facts.setting("net.ipv4.conf.all.rp_filter").unwrap_or(0);
    let strict: Vec<&str> = facts
        .interfaces
        .iter()
        .filter(|one| one.up && !one.loopback)
        .filter(|one| {
            let name = format!("net.ipv4.conf.{}.rp_filter", one.name.replace('.', "/"));
            facts.setting(&name).unwrap_or(0).max(all) == STRICT
        })
        .map(|one| one.name.as_str())
        .collect();
    let Some(first) = strict.first() else {
        return Vec::new();
    };
    let dropped = match facts.filtered {
        1 => "1 packet was".to_owned(),
        many => format!("{many} packets were"),
    };
    vec![Finding {
        fault: "reverse-path-drops",
        subject: format!("rp_filter on {}", strict.join(", ")),
        observed: format!(
            "{dropped} dropped by the reverse path filter while the doctor looked (IPReversePathFilter of /proc/net/netstat)"
        ),
        why: "packets that come in by another interface than answers to them would take are thrown away: clients of that network get no answer".to_owned(),
        fix: format!(
            "sysctl -w net.ipv4.conf.{}.rp_filter=2; or fix the route to those clients",
            first.replace('.', "/")
        ),
    }]
}
