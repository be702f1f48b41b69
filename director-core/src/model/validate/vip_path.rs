//! Path checks: whether a check can be one, and where its probes go then.

use std::net::IpAddr;

use super::Findings;
use super::surroundings::Surroundings;
use crate::definitions::{
    CheckDefinition, CheckKindDefinition, CheckPath, Definitions, Host, ListenDefinition, Placed,
};
use crate::model::vip_path::assign_marks;
use crate::model::{
    Family, Forwarding, MarkRange, PathCheck, Probe, Protocol, ServiceId, VirtualService, no_vip,
};

/// Findings about the path of a check, once for its service.
pub(super) fn shared_faults(
    check: &CheckDefinition,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) {
    let path = check
        .path
        .as_ref()
        .filter(|path| path.value == CheckPath::Forwarding);
    let full_size = check.full_size.as_ref().filter(|choice| choice.value);
    if let (Some(choice), None) = (full_size, path) {
        findings.error(
            &choice.place,
            "test_mtu needs via: vip, and this check probes the server directly",
            "add via: vip, or remove test_mtu",
        );
    }
    if let (Some(to), None) = (&check.to, path) {
        findings.error(
            &to.place,
            "to needs via: vip, and this check probes the server directly",
            "add via: vip, or remove to",
        );
    }
    let Some(path) = path else { return };
    match (around.id, &check.to) {
        (Some(ServiceId::Mark { family, .. }), None) => {
            let vip = example(family);
            findings.error(
                &path.place,
                "via: vip needs a VIP, and a firewall mark has none",
                format!("write the VIP to probe, such as to: tcp://{vip}:80, or remove via"),
            );
        }
        (Some(ServiceId::Mark { family, .. }), Some(to)) => {
            to_faults(check, family, to, findings);
        }
        (Some(ServiceId::Address { .. }), Some(to)) => findings.error(
            &to.place,
            "to has no effect: this service has a VIP and a port",
            "remove to; it is for services of a firewall mark",
        ),
        _ => {}
    }
    let kind = check.kind.as_ref();
    let asked = kind.map(|kind| &kind.value);
    let balanced = match asked {
        Some(kind) => is_balanced(kind),
        None => match (around.id, &check.to) {
            (Some(ServiceId::Mark { .. }), Some(to)) => is_tcp(&to.value),
            // That there is no VIP was said.
            (Some(ServiceId::Mark { .. }), None) => true,
            _ => around.protocol == Some(Protocol::Tcp),
        },
    };
    if !balanced {
        findings.error(
            kind.map_or(&path.place, |kind| &kind.place),
            "IPVS does not forward the packets of this check, so it cannot use via: vip",
            "use tcp, http, https or the protocol of the service, or remove via",
        );
    }
    if let Some(choice) = full_size
        && balanced
        && !matches!(asked, Some(CheckKindDefinition::Http(_)))
    {
        findings.error(
            &choice.place,
            "test_mtu needs an http or https check",
            "use http or https, if needed as a second check: checks: [tcp, {http: {path: /}, via: vip, test_mtu: \
             true}]",
        );
    }
}

/// Where a path check of a firewall mark goes.
#[derive(Debug, Clone, Copy)]
pub(super) struct Destination {
    pub(super) protocol: Protocol,
    vip: IpAddr,
    pub(super) port: u16,
}

/// What is probed when the service has no VIP of its own.
pub(super) fn destination(
    check: &CheckDefinition,
    around: &Surroundings<'_>,
) -> Option<Destination> {
    let by_vip_path = |path: &Placed<CheckPath>| path.value == CheckPath::Forwarding;
    let (Some(ServiceId::Mark { .. }), Some(to)) = (around.id, &check.to) else {
        return None;
    };
    let ListenDefinition::Address {
        protocol,
        host: Host::Address(vip),
        port,
        ..
    } = &to.value
    else {
        return None;
    };
    let port = Findings::default().port(port, &to.place);
    let port = port.filter(|port| *port != 0 && check.path.as_ref().is_some_and(by_vip_path))?;
    Some(Destination {
        protocol: *protocol,
        vip: *vip,
        port,
    })
}

fn to_faults(
    check: &CheckDefinition,
    family: Family,
    to: &Placed<ListenDefinition>,
    findings: &mut Findings,
) {
    let vip = example(family);
    let form =
        format!("write a VIP of this mark, its protocol and its port, such as tcp://{vip}:80");
    let ListenDefinition::Address {
        protocol,
        host,
        port,
        ..
    } = &to.value
    else {
        findings.error(&to.place, "a firewall mark cannot be probed", form);
        return;
    };
    if findings.port(port, &to.place) == Some(0) {
        findings.error(&to.place, "port 0 cannot be probed", form.clone());
    }
    if *protocol == Protocol::Sctp {
        findings.error(&to.place, "no check uses SCTP", "write tcp:// or udp://");
    }
    match host {
        Host::Unusable => findings.unusable = true,
        Host::Name(_) => findings.error(&to.place, "this VIP is a host name", form),
        Host::Address(address) => {
            if let Some(fault) = no_vip(*address) {
                findings.error(&to.place, format!("{address} is {fault}"), form);
            } else if Family::of(*address) != family {
                let message = format!(
                    "{address} is {}, the mark is one of {family}",
                    Family::of(*address)
                );
                findings.error(
                    &to.place,
                    message,
                    format!("{form}; use one service for each address family"),
                );
            }
        }
    }
    if let Some(port) = &check.port {
        findings.error(
            &port.place,
            "port has no effect: to has the port",
            "remove port; with NAT the kernel forwards to the port of the real server",
        );
    }
}

fn example(family: Family) -> &'static str {
    match family {
        Family::Ipv4 => "192.0.2.10",
        Family::Ipv6 => "[2001:db8::10]",
    }
}

fn is_tcp(listen: &ListenDefinition) -> bool {
    let tcp = Protocol::Tcp;
    matches!(listen, ListenDefinition::Address { protocol, .. } if *protocol == tcp)
}

fn is_balanced(kind: &CheckKindDefinition) -> bool {
    matches!(
        kind,
        CheckKindDefinition::Connect
            | CheckKindDefinition::Http(_)
            | CheckKindDefinition::Protocol(_)
    )
}

/// The probe as it is sent: to the VIP when the check wants that, else as it is. Marks are given out when all services
/// are known.
pub(super) fn take(
    probe: Probe,
    check: &CheckDefinition,
    around: &Surroundings<'_>,
    forwarding: Forwarding,
) -> Probe {
    let by_vip_path = check
        .path
        .as_ref()
        .is_some_and(|path| path.value == CheckPath::Forwarding);
    let own = match around.id {
        Some(ServiceId::Address { vip, port, .. }) => Some((vip, port)),
        _ => destination(check, around).map(|to| (to.vip, to.port)),
    };
    let (true, Some((vip, port))) = (by_vip_path, own) else {
        return probe;
    };
    // NAT leads to the server's port; all else leaves the packet alone, so that the probed port is the server's.
    let own_port = check.port.is_some() && forwarding.keeps_port();
    let asked = if own_port || port == 0 {
        probe.port
    } else {
        port
    };
    Probe {
        address: vip,
        port: asked,
        vip_path: Some(PathCheck {
            mark: 0,
            toward: probe.address,
            port: probe.port,
            full_size: check.full_size.as_ref().is_some_and(|choice| choice.value),
        }),
        ..probe
    }
}

/// The marks of probe services, one for each VIP path.
pub(super) fn marks(
    definitions: &Definitions,
    services: &mut [VirtualService],
    findings: &mut Findings,
) -> Option<MarkRange> {
    let written = definitions.probe_marks.as_ref();
    let range = match written {
        Some(written) => range(written, findings)?,
        None if has_vip_path(services) => MarkRange::USUAL,
        None => return None,
    };
    for definition in &definitions.services {
        if let ListenDefinition::Mark { mark, .. } = definition.listen.value
            && (u64::from(range.first)..=u64::from(range.last)).contains(&mark)
        {
            findings.error(
                &definition.listen.place,
                format!("mark {mark} is in the range of probe marks, {range}"),
                "use another mark, or move the range: director: {probe_fwmarks: FIRST-LAST}",
            );
        }
    }
    if !assign_marks(services, range) {
        findings.error(
            written.map_or(&definitions.place, |written| &written.place),
            format!(
                "there are more checks with via: vip than probe marks, {}",
                range.size()
            ),
            "write a larger range in director.probe_fwmarks",
        );
    }
    Some(range)
}

fn has_vip_path(services: &[VirtualService]) -> bool {
    let servers = services.iter().flat_map(|service| &service.real_servers);
    let mut probes = servers.flat_map(|server| &server.probes);
    probes.any(|probe| probe.vip_path.is_some())
}

fn range(written: &Placed<(u64, u64)>, findings: &mut Findings) -> Option<MarkRange> {
    let (first, last) = written.value;
    let valid = match (u32::try_from(first), u32::try_from(last)) {
        (Ok(first), Ok(last)) if first > 0 && first <= last => Some(MarkRange { first, last }),
        _ => None,
    };
    if valid.is_none() {
        findings.error(
            &written.place,
            format!("{first}-{last} is not a range of firewall marks"),
            "write the lowest and the highest mark, such as 1230000000-1230009999",
        );
    }
    valid
}
