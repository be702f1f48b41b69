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
        1 => "1 packet".to_owned(),
        many => format!("{many} packets"),
    };
    vec![Finding {
        fault: "reverse-path-drops",
        subject: format!("rp_filter on {}", strict.join(", ")),
        observed: format!(
            "the reverse path filter dropped {dropped} during this run (IPReversePathFilter in /proc/net/netstat)"
        ),
        why: "the kernel drops packets that arrive on another interface than the one that leads back to their \
            sender: those clients get no answer".to_owned(),
        fix: format!(
            "sysctl -w net.ipv4.conf.{}.rp_filter=2; or fix the route to those clients",
            first.replace('.', "/")
        ),
    }]
}
