//! A real server that answers for the VIP: by ARP though it stands quietly, or since it stands on an Ethernet as well.

use director_core::model::sysctl::{arp_announce_is_silent, arp_ignore_is_silent};

use crate::doctor::{Finding, HostFacts};
use crate::net::Address;

const MATTERS: &str =
    "this machine answers ARP requests for the VIP, so clients bypass the director";

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let mut findings = in_the_open(facts);
    findings.extend(by_arp(facts));
    findings
}

/// VIPs that this machine serves and that also stand where neighbours ask.
fn in_the_open(facts: &HostFacts) -> Vec<Finding> {
    // A director has it there for the clients, also when it is one of the real servers.
    if facts.is_director() {
        return Vec::new();
    }
    let served = |address: &&Address| facts.serves.iter().any(|one| one.vip == address.address);
    let mut findings = Vec::new();
    for address in facts.addresses.iter().filter(served) {
        let mut places = facts.interfaces.iter();
        let Some(place) = places.find(|one| one.index == address.interface) else {
            continue;
        };
        if !place.answers() {
            continue;
        }
        findings.push(Finding {
            fault: "arp-answers",
            subject: address.address.to_string(),
            observed: format!(
                "the VIP is also on {}, where neighbours can see it",
                place.name
            ),
            why: MATTERS.to_owned(),
            fix: format!(
                "ip address del {}/{} dev {}",
                address.address, address.prefix, place.name
            ),
        });
    }
    findings
}

fn by_arp(facts: &HostFacts) -> Vec<Finding> {
    // One that was set up by us is judged by its pieces.
    if !facts.is_real_server() || !facts.serves.is_empty() {
        return Vec::new();
    }
    let all = |name: &str| {
        facts
            .setting(&format!("net.ipv4.conf.all.{name}"))
            .unwrap_or(0)
    };
    let of = |interface: &str, name: &str| {
        let own = format!("net.ipv4.conf.{}.{name}", interface.replace('.', "/"));
        facts.setting(&own).unwrap_or(0).max(all(name))
    };
    let mut findings = Vec::new();
    for (vip, _) in facts.quiet_vips().filter(|(vip, _)| vip.address.is_ipv4()) {
        let vip = vip.address;
        let loud = facts
            .interfaces
            .iter()
            .filter(|one| one.up && !one.loopback && one.resolves && one.mac.is_some())
            .find(|one| {
                !arp_ignore_is_silent(of(&one.name, "arp_ignore"))
                    || !arp_announce_is_silent(of(&one.name, "arp_announce"))
            });
        let Some(loud) = loud else { continue };
        findings.push(Finding {
            fault: "arp-answers",
            subject: vip.to_string(),
            observed: format!(
                "arp_ignore={} and arp_announce={} on {}",
                of(&loud.name, "arp_ignore"),
                of(&loud.name, "arp_announce"),
                loud.name
            ),
            why: MATTERS.to_owned(),
            fix: "sysctl -w net.ipv4.conf.all.arp_ignore=1 net.ipv4.conf.all.arp_announce=2; or ipvsctl realserver \
                up, which can also restore it".to_owned(),
        });
    }
    findings
}
