//! Reads a file as the loader does, with a services database of three names and one host name, localhost, and prints the table it gives in the
//! arguments of ipvsadm, so that a test can say what a file means in one line for each entry.

use std::net::Ipv4Addr;

use director_core::definitions::{Definitions, Host, ListenDefinition, PortDefinition};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::validate::validate;
use director_core::model::{
    ClientMask, Family, Forwarding, Model, Protocol, RealServer, ServiceId, VirtualService,
};
use ldirectord_compat::{Parsed, parse, put_aside};

/// What became of a file.
pub(crate) struct SavedHealth {
    /// What the dialect's reader said.
    pub(crate) parsed: Parsed,
    /// All findings, those of the validation included.
    pub(crate) findings: Vec<Diagnostic>,
    /// The model, when there is no error.
    pub(crate) model: Option<Model>,
}

impl SavedHealth {
    /// Lines of the errors.
    pub(crate) fn error_lines(&self) -> Vec<u32> {
        self.findings
            .iter()
            .filter(|finding| finding.is_error())
            .map(|finding| finding.place.line)
            .collect()
    }

    /// The table, one string for each entry.
    pub(crate) fn table(&self) -> Vec<String> {
        self.model
            .iter()
            .flat_map(Model::services)
            .flat_map(entries)
            .collect()
    }
}

/// Reads and validates.
pub(crate) fn judge(text: &[u8]) -> SavedHealth {
    let parsed = parse("a.cf", text, |path| path == "/opt/my checks/probe");
    let mut definitions = parsed.definitions.clone();
    resolve(&mut definitions);
    let twice = put_aside(
        &parsed.unfit,
        &mut definitions,
        &mut parsed.process.clone(),
        None,
    );
    let (model, mut found) = validate(&definitions);
    let mut findings = parsed.diagnostics.clone();
    findings.extend(twice);
    findings.append(&mut found);
    findings.extend(unresolved(&definitions));
    let model = model.filter(|_| !findings.iter().any(Diagnostic::is_error));
    SavedHealth {
        parsed,
        findings,
        model,
    }
}

/// Names that the Perl program could not resolve either, at which it ended. The daemon waits for them.
fn unresolved(definitions: &Definitions) -> Vec<Diagnostic> {
    let unknown = |host: &Host, place: &Place| {
        let Host::Name(name) = host else {
            return None;
        };
        let message = format!("cannot resolve host name {name}");
        Some(
            Diagnostic::error(place, message)
                .hint("write the address, or check DNS and /etc/hosts"),
        )
    };
    let services = definitions.services.iter();
    let found = services.flat_map(|service| {
        let listen = match &service.listen.value {
            ListenDefinition::Address { host, .. } => unknown(host, &service.listen.place),
            ListenDefinition::Mark { .. } => None,
        };
        let servers = service.real_servers.iter().chain(&service.fallback);
        let hosts = servers.flat_map(|server| std::iter::once(&server.host).chain(&server.last));
        let hosts = hosts.filter_map(|host| unknown(&host.value, &host.place));
        listen.into_iter().chain(hosts).collect::<Vec<_>>()
    });
    found.collect()
}

fn resolve(definitions: &mut Definitions) {
    for service in &mut definitions.services {
        let mut six = false;
        match &mut service.listen.value {
            ListenDefinition::Address {
                host, port, family, ..
            } => {
                six = *family == Some(Family::Ipv6);
                number(port);
                address(host, six);
            }
            ListenDefinition::Mark { .. } => {}
        }
        for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
            address(&mut server.host.value, six);
            if let Some(port) = &mut server.port {
                number(&mut port.value);
            }
        }
    }
}

/// As where the Perl program was asked, there is no localhost among IPv6 addresses.
fn address(host: &mut Host, six: bool) {
    if !six && matches!(host, Host::Name(name) if name == "localhost") {
        *host = Host::Address(Ipv4Addr::LOCALHOST.into());
    }
}

fn number(port: &mut PortDefinition) {
    if let PortDefinition::Name(name) = port {
        let known = [("domain", 53), ("http", 80), ("https", 443)];
        if let Some((_, number)) = known.iter().find(|(known, _)| known == name) {
            *port = PortDefinition::Number(*number);
        }
    }
}

pub(crate) fn entries(service: &VirtualService) -> Vec<String> {
    let mut line = service_name(&service.id);
    let scheduling = &service.scheduling;
    if scheduling.one_packet {
        line.push_str(" -o");
    }
    line.push_str(&format!(" -s {}", scheduling.scheduler));
    if let Some(persistence) = &scheduling.persistence {
        line.push_str(&format!(" -p {}", persistence.timeout_seconds));
        match scheduling.mask {
            ClientMask::V4(mask) if !scheduling.mask.is_single_client() => {
                line.push_str(&format!(" -M {mask}"))
            }
            ClientMask::V6(length) if length != 128 => line.push_str(&format!(" -M {length}")),
            _ => {}
        }
    }
    let flags = scheduling.flags.names(&scheduling.scheduler);
    if !flags.is_empty() {
        line.push_str(&format!(" -b {}", flags.join(",")));
    }
    let mut lines = vec![line];
    lines.extend(
        service
            .real_servers
            .iter()
            .map(|server| format!("  -r {}", server_entry(server))),
    );
    lines.extend(
        service
            .fallback
            .iter()
            .map(|server| format!("  fallback {}", server_entry(server))),
    );
    lines
}

fn service_name(id: &ServiceId) -> String {
    match id {
        ServiceId::Mark {
            mark,
            family: Family::Ipv4,
        } => format!("-f {mark}"),
        ServiceId::Mark {
            mark,
            family: Family::Ipv6,
        } => format!("-f {mark} -6"),
        ServiceId::Address {
            protocol,
            vip,
            port,
        } => {
            let letter = if *protocol == Protocol::Udp { 'u' } else { 't' };
            format!("-{letter} {}", std::net::SocketAddr::new(*vip, *port))
        }
    }
}

fn server_entry(server: &RealServer) -> String {
    let method = match server.forwarding {
        Forwarding::Masq => "-m",
        Forwarding::Direct => "-g",
        _ => "-i",
    };
    let mut line = format!("{} {method} -w {}", server.endpoint, server.weight);
    if server.upper_threshold != 0 || server.lower_threshold != 0 {
        line.push_str(&format!(
            " -x {} -y {}",
            server.upper_threshold, server.lower_threshold
        ));
    }
    line
}
