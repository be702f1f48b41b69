//! What a file says about mails, commands and check lines becomes [`AlertSettings`] of the services of its model.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use director_core::definitions::{Definitions, Host, Placed, PortDefinition, ServiceDefinition};
use director_core::diagnostic::Diagnostic;
use director_core::model::{Model, RealServer, VirtualService};
use director_core::notify::{
    AlertSettings, Envelope, MailAlert, MonitorFile, Phase, Relay, SMTP_PORT, ServiceAlerts,
};
use ldirectord_compat::{MonitoredServer, Phase as WrittenPhase, ProcessSettings, ServiceSettings};

/// The duties that a file of ldirectord asks for. The configuration is the one that the model was made from, so that both
/// have the same services in the same order.
pub(super) fn of_ldirectord(
    process: &ProcessSettings,
    definitions: &Definitions,
    model: &Model,
) -> AlertSettings {
    let written = definitions.services.iter().zip(&process.services);
    let services = model.services().iter().zip(written);
    let alerts = services.map(|(service, (definition, settings))| {
        let alerts = ServiceAlerts {
            mail: mail(settings, process.mail_from.as_ref()),
            fallback_command: settings.fallback_command.as_ref().map(text),
            fallback_command_at_stop: settings
                .fallback_command_at_stop
                .as_ref()
                .is_some_and(|at_stop| at_stop.value),
            monitor: monitor(settings, definition, service),
        };
        (service.id, alerts)
    });
    AlertSettings {
        maintenance_directory: process
            .maintenance_dir
            .as_ref()
            .map(|dir| PathBuf::from(&dir.value)),
        services: alerts
            .filter(|(_, alerts)| *alerts != ServiceAlerts::default())
            .collect(),
    }
}

/// What about the duties will not work as written.
pub(super) fn findings(process: &ProcessSettings) -> Vec<Diagnostic> {
    let mut findings = Vec::new();
    if let Some(directory) = &process.maintenance_dir
        && !Path::new(&directory.value).is_dir()
    {
        findings.push(
            Diagnostic::warning(
                &directory.place,
                format!(
                    "the maintenance directory {} does not exist",
                    directory.value
                ),
            )
            .hint("create it; until then files cannot put servers into maintenance"),
        );
    }
    findings
}

fn mail(settings: &ServiceSettings, from: Option<&Placed<String>>) -> Option<MailAlert> {
    let to = recipients(&settings.mail_to.as_ref()?.value);
    if to.is_empty() {
        return None;
    }
    let every = settings
        .mail_every_seconds
        .as_ref()
        .map_or(0, |every| every.value);
    let phases = settings.mail_phases.as_ref();
    Some(MailAlert {
        envelope: Envelope {
            to,
            from: from.map(text),
            relay: settings.mail_relay.as_ref().map(|host| Relay {
                host: host.value.clone(),
                port: SMTP_PORT,
            }),
            service_name: settings.name.as_ref().map(text),
            comment: settings.comment.as_ref().map(text),
        },
        repeat_every: (every > 0).then(|| Duration::from_secs(every)),
        phases: phases.map_or_else(
            || BTreeSet::from(Phase::ALL),
            |written| written.value.iter().map(phase).collect(),
        ),
    })
}

/// The addresses of a list, which commas or blanks divide. Blanks within `Name <address>` do not.
pub(super) fn recipients(list: &str) -> Vec<String> {
    let mut recipients = Vec::new();
    for part in list
        .split([',', ';'])
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        if part.contains(['<', '"']) {
            recipients.push(part.to_owned());
        } else {
            recipients.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    recipients
}

fn phase(written: &WrittenPhase) -> Phase {
    match written {
        WrittenPhase::Starting => Phase::Starting,
        WrittenPhase::Running => Phase::Running,
        WrittenPhase::Stopping => Phase::Stopping,
        WrittenPhase::Reloading => Phase::Reloading,
    }
}

fn monitor(
    settings: &ServiceSettings,
    definition: &ServiceDefinition,
    service: &VirtualService,
) -> Option<MonitorFile> {
    let file = settings.monitor_file.as_ref()?;
    let words = settings.monitor_words.as_ref()?;
    let names = service.real_servers.iter().filter_map(|server| {
        let line = line_of(definition, server)?;
        let written = &definition.real_servers[line];
        let name = words.name(&MonitoredServer {
            line,
            address: server.endpoint.address,
            port: server.port,
            weight: i64::from(server.weight),
            forwarding: written.forwarding.as_ref()?.value,
        })?;
        Some((server.endpoint, name))
    });
    Some(MonitorFile {
        file: PathBuf::from(&file.value),
        names: names.collect(),
    })
}

/// The first line of real servers that this one comes from.
fn line_of(definition: &ServiceDefinition, server: &RealServer) -> Option<usize> {
    definition.real_servers.iter().position(|written| {
        let port = written.port.as_ref().map(|port| &port.value);
        let same_port = match port {
            Some(PortDefinition::Number(number)) => *number == u64::from(server.port),
            _ => true,
        };
        let (Host::Address(first), address) = (&written.host.value, server.endpoint.address) else {
            return false;
        };
        let last: &IpAddr = match written.last.as_ref().map(|last| &last.value) {
            Some(Host::Address(last)) => last,
            _ => first,
        };
        same_port && (*first..=*last).contains(&address)
    })
}

fn text(written: &Placed<String>) -> String {
    written.value.clone()
}
