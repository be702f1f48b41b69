//! Lints about the path that packets take: what addresses alone show. What only the machine knows (routes,
//! interfaces, sysctls) is `ipvsctl doctor`'s to find.

use std::net::IpAddr;

use super::Findings;
use crate::definitions::{Host, ListenDefinition, ServiceDefinition};
use crate::model::{Forwarding, Protocol, VirtualService};

/// Networks that a VIP is taken to be in, by prefix length: the sizes that segments nearly always have.
const SEGMENT4: u32 = 24;
const SEGMENT6: u32 = 64;

/// Everything worth a warning about the forwarding paths of a valid service.
pub(super) fn lint(written: &ServiceDefinition, service: &VirtualService, findings: &mut Findings) {
    nat_beside_the_clients(written, service, findings);
    engine_of_another_protocol(written, findings);
    mark_beyond_ipvsadm(written, findings);
}

/// ipvsadm prints marks as signed numbers of 32 bits, and `ipvsadm -R` refuses what `ipvsadm -S` printed of a larger one.
fn mark_beyond_ipvsadm(written: &ServiceDefinition, findings: &mut Findings) {
    let ListenDefinition::Mark { mark, .. } = written.listen.value else {
        return;
    };
    if mark > u64::from(i32::MAX.unsigned_abs()) {
        findings.warning(
            &written.listen.place,
            format!("ipvsadm prints firewall mark {mark} as a negative number and cannot restore a table saved with \
                it"),
            format!("write a mark of at most {}", i32::MAX),
        );
    }
}

/// A server in the VIP's own segment answers clients of that segment directly, with its own address, and they drop that.
fn nat_beside_the_clients(
    written: &ServiceDefinition,
    service: &VirtualService,
    findings: &mut Findings,
) {
    let ListenDefinition::Address {
        host: Host::Address(vip),
        ..
    } = &written.listen.value
    else {
        return;
    };
    for entry in &written.real_servers {
        let Host::Address(rip) = &entry.host.value else {
            continue;
        };
        let by_nat = service
            .real_servers
            .iter()
            .any(|server| server.endpoint.address == *rip && server.forwarding == Forwarding::Masq);
        if by_nat && rip != vip && !vip.is_loopback() && in_one_segment(*vip, *rip) {
            findings.warning(
                &entry.host.place,
                format!("this NAT server is in the network of the VIP {vip}: it replies directly to clients there, \
                    and they drop the replies"),
                "move the server to a network behind the director, or use direct routing (dr)",
            );
        }
    }
}

fn in_one_segment(left: IpAddr, right: IpAddr) -> bool {
    match (left, right) {
        (IpAddr::V4(left), IpAddr::V4(right)) => {
            (left.to_bits() ^ right.to_bits()) >> (u32::BITS - SEGMENT4) == 0
        }
        (IpAddr::V6(left), IpAddr::V6(right)) => {
            (left.to_bits() ^ right.to_bits()) >> (u128::BITS - SEGMENT6) == 0
        }
        _ => false,
    }
}

/// The kernel's only engine reads SIP in UDP packets and leaves everything else to the client's address
/// (net/netfilter/ipvs/ip_vs_pe_sip.c, ip_vs_sip_fill_param).
fn engine_of_another_protocol(written: &ServiceDefinition, findings: &mut Findings) {
    let Some(engine) = &written.persistence_engine else {
        return;
    };
    let other = match &written.listen.value {
        ListenDefinition::Address { protocol, .. } => *protocol != Protocol::Udp,
        ListenDefinition::Mark { .. } => false,
    };
    if engine.value == "sip" && other {
        findings.warning(
            &engine.place,
            "the sip engine reads only UDP packets; this service distinguishes clients by address",
            "use it for a udp:// service, or remove it",
        );
    }
    if engine.value != "sip" {
        findings.warning(
            &engine.place,
            format!(
                "the kernel itself has no persistence engine {:?}",
                engine.value
            ),
            "write sip, or make sure that the module of this engine is installed",
        );
    }
}
