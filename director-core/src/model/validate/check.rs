//! Checks become probes, one for each real server.

use std::net::IpAddr;
use std::sync::Arc;

use super::http_check::http_probe;
use super::surroundings::Surroundings;
use super::vip_path;
use super::{DEFAULT_TIMEOUT, Findings, lists, probe_addresses, tls};
use crate::definitions::{
    CheckDefinition, CheckKindDefinition, CommandCheckDefinition, Host, ListenDefinition, Placed,
    ProtocolCheckDefinition, RealServerDefinition,
};
use crate::model::{
    CommandProbe, Forwarding, Pattern, Probe, ProbeKind, Protocol, ProtocolCheck, ProtocolSettings,
    Secret, ServiceId,
};

/// Findings about the checks themselves, once for the service and not once for each server.
pub(super) fn shared_faults<'c>(
    around: &Surroundings<'_>,
    checks: impl Iterator<Item = &'c CheckDefinition>,
    findings: &mut Findings,
) {
    for check in checks {
        if let Some(timeout) = &check.timeout {
            findings.positive(timeout.value, &timeout.place, "the time limit of a probe");
        }
        if let Some(port) = &check.port {
            findings.port(&port.value, &port.place);
        }
        let kind = match &check.kind {
            Some(kind) => kind_of(&kind.value, &Asked::default(), around, findings),
            None => None,
        };
        probe_addresses::shared_faults(check, kind.as_ref(), around, findings);
        vip_path::shared_faults(check, around, findings);
    }
}

/// Where the answers about one server go when they stand for the service and its server.
#[derive(Default)]
pub(super) struct Asked<'a> {
    pub(super) request: Option<&'a Placed<String>>,
    pub(super) receive: Option<&'a Placed<String>>,
    address: Option<IpAddr>,
    port: u16,
}

impl Asked<'_> {
    /// A server that has no answers of its own.
    pub(super) fn of(address: IpAddr, port: u16) -> Self {
        Self {
            address: Some(address),
            port,
            ..Self::default()
        }
    }
}

/// The probes for one server, one for each check. None means that a finding stands in the way, reported here or by
/// [`shared_faults`].
pub(super) fn probes(
    around: &Surroundings<'_>,
    checks: &[&CheckDefinition],
    written: &RealServerDefinition,
    address: IpAddr,
    server_port: u16,
    forwarding: Forwarding,
    findings: &mut Findings,
) -> Option<Vec<Probe>> {
    let probes: Vec<Option<Probe>> = checks
        .iter()
        .map(|check| {
            let server = (address, server_port, forwarding);
            probe(check, around, written, server, findings)
        })
        .collect();
    probes.into_iter().collect()
}

fn probe(
    check: &CheckDefinition,
    around: &Surroundings<'_>,
    written: &RealServerDefinition,
    (address, server_port, forwarding): (IpAddr, u16, Forwarding),
    findings: &mut Findings,
) -> Option<Probe> {
    // Faults of the check were reported once for the service; here they only mean that there is no probe.
    let mut reported = Findings::default();
    let to = vip_path::destination(check, around);
    if to.is_none() && check.to.is_some() {
        return None;
    }
    let service_port = around.id.as_ref().and_then(ServiceId::port);
    let service_port = service_port.or(to.map(|to| to.port));
    let around = &Surroundings {
        protocol: around.protocol.or(to.map(|to| to.protocol)),
        ..*around
    };
    let port = match &check.port {
        Some(port) => reported.port(&port.value, &port.place)?,
        None if server_port != 0 && written.port.is_none() && service_port == Some(server_port) => {
            lists::port(check, server_port, around.list, findings)?
        }
        None if server_port != 0 => server_port,
        None => check.default_port.or(service_port).unwrap_or(0),
    };
    let own = Asked {
        request: written.request.as_ref(),
        receive: written.receive.as_ref(),
        address: Some(address),
        port: server_port,
    };
    if let Some(receive) = own.receive {
        pattern(Some(receive), findings);
    }
    let kind = match &check.kind {
        Some(kind) => kind_of(&kind.value, &own, around, &mut reported)?,
        None if around.protocol == Some(Protocol::Tcp) && port != 0 => ProbeKind::Connect,
        None => ProbeKind::Ping { attempts: 1 },
    };
    if port == 0 && (needs_port(&kind) || check.connects_between.is_some()) {
        // A fault of `listen` took the port away, and is reported.
        around.id.as_ref()?;
        let message = format!("no port is set to probe {address}");
        findings.error(
            &written.place,
            message,
            "set a port on the real server or the check",
        );
        return None;
    }
    let timeout = check
        .timeout
        .as_ref()
        .map_or(DEFAULT_TIMEOUT, |timeout| timeout.value);
    let probe = Probe {
        kind: Arc::new(kind),
        address,
        port,
        timeout,
        vip_path: None,
        source: None,
        proxy_header: check.proxy_header.as_ref().map(|header| header.value),
    };
    let probe = vip_path::take(probe, check, around, forwarding);
    Some(probe_addresses::take(
        probe,
        check,
        written,
        &vips(around, forwarding),
        findings,
    ))
}

/// The VIPs that a server holds itself, because packets reach it with them.
fn vips(around: &Surroundings<'_>, forwarding: Forwarding) -> Vec<IpAddr> {
    let vip = |listen: &&ListenDefinition| match listen {
        ListenDefinition::Address {
            host: Host::Address(vip),
            ..
        } => Some(*vip),
        _ => None,
    };
    let held = around.list.iter().filter(|_| forwarding.keeps_port());
    held.filter_map(vip).collect()
}

fn needs_port(kind: &ProbeKind) -> bool {
    match kind {
        ProbeKind::AlwaysUp
        | ProbeKind::AlwaysDown
        | ProbeKind::Ping { .. }
        | ProbeKind::Command(_)
        | ProbeKind::Advice(_) => false,
        ProbeKind::Connect | ProbeKind::Http(_) | ProbeKind::Protocol(_) => true,
    }
}

fn kind_of(
    kind: &CheckKindDefinition,
    own: &Asked<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<ProbeKind> {
    Some(match kind {
        CheckKindDefinition::AlwaysUp => ProbeKind::AlwaysUp,
        CheckKindDefinition::AlwaysDown => ProbeKind::AlwaysDown,
        CheckKindDefinition::Connect => ProbeKind::Connect,
        CheckKindDefinition::Ping { attempts } => ProbeKind::Ping {
            attempts: u32::try_from(*attempts).unwrap_or(u32::MAX).max(1),
        },
        CheckKindDefinition::Http(http) => ProbeKind::Http(http_probe(http, own, findings)?),
        CheckKindDefinition::Command(command) => {
            ProbeKind::Command(command_probe(command, own, around))
        }
        CheckKindDefinition::Protocol(check) => {
            ProbeKind::Protocol(protocol_check(check, own, around, findings)?)
        }
    })
}

pub(super) fn pattern(
    written: Option<&Placed<String>>,
    findings: &mut Findings,
) -> Option<Pattern> {
    let written = written?;
    match Pattern::parse(&written.value) {
        Ok(pattern) => Some(pattern),
        Err(error) => {
            let first_line = error
                .to_string()
                .lines()
                .last()
                .unwrap_or_default()
                .trim()
                .to_owned();
            let message = format!(
                "{:?} is not a regular expression: {first_line}",
                written.value
            );
            findings.error(
                &written.place,
                message,
                "put a backslash before special characters that you mean literally",
            );
            None
        }
    }
}

pub(super) fn command_probe(
    command: &CommandCheckDefinition,
    own: &Asked<'_>,
    around: &Surroundings<'_>,
) -> CommandProbe {
    let argv = command.argv.iter();
    CommandProbe {
        argv: argv
            .map(|argument| expanded(&argument.value, own, around))
            .collect(),
        user: command.user.as_ref().map(|user| user.value.clone()),
    }
}

/// A text with the addresses and ports of service and server in place of the words that stand for them.
pub(super) fn expanded(text: &str, own: &Asked<'_>, around: &Surroundings<'_>) -> String {
    let bracketed = |address: IpAddr| match address {
        IpAddr::V4(v4) => v4.to_string(),
        IpAddr::V6(v6) => format!("[{v6}]"),
    };
    let (vip, vport) = match around.id {
        Some(ServiceId::Address { vip, port, .. }) => (bracketed(vip), port),
        Some(ServiceId::Mark { mark, .. }) => (mark.to_string(), 0),
        None => (String::new(), 0),
    };
    let rip = own.address.map(bracketed).unwrap_or_default();
    text.replace("{vip}", &vip)
        .replace("{vport}", &vport.to_string())
        .replace("{rip}", &rip)
        .replace("{rport}", &own.port.to_string())
}

fn protocol_check(
    written: &ProtocolCheckDefinition,
    own: &Asked<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<ProtocolCheck> {
    let tls = tls::of_protocol(written, findings);
    let receive = match own.receive.or(written.receive.as_ref()) {
        Some(receive) if !receive.value.is_empty() => Some(pattern(Some(receive), findings)?),
        _ => None,
    };
    let text = |value: Option<&Placed<String>>| value.map(|value| value.value.clone());
    let secret = |value: &Option<Placed<Secret>>| value.as_ref().map(|value| value.value.clone());
    Some(written.protocol.row().check(ProtocolSettings {
        transport: written.transport.or(around.protocol),
        tls,
        request: text(own.request.or(written.request.as_ref())),
        receive,
        login: text(written.login.as_ref()),
        password: secret(&written.password),
        database: text(written.database.as_ref()),
        secret: secret(&written.secret),
        service: text(written.service.as_ref()),
    }))
}
