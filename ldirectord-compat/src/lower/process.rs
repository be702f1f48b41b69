//! Settings of the process, global ones and those of each service.

use director_core::definitions::Placed;

use super::entries::Entries;
use super::monitor;
use super::scope::Scope;
use crate::directives::Key;
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::settings::{LogTarget, ProcessSettings, ServiceSettings};
use crate::values::Value;

/// The global settings.
pub(super) fn settings(globals: &Entries, findings: &mut Findings) -> ProcessSettings {
    ProcessSettings {
        log: log(globals, findings),
        autoreload: globals.yes_no(Key::AutoReload),
        callback: globals
            .text(Key::Callback)
            .filter(|program| !program.value.is_empty()),
        execute: globals
            .repeatable
            .iter()
            .filter_map(|entry| match &entry.value.value {
                Value::Text(file) if !file.is_empty() => {
                    Some(Placed::new(file.clone(), entry.value.place.clone()))
                }
                _ => None,
            })
            .collect(),
        supervised: globals.yes_no(Key::Supervised),
        fork: globals.yes_no(Key::Fork),
        readd_quiescent: globals.yes_no(Key::ReaddQuiescent),
        maintenance_dir: globals.text(Key::MaintenanceDir),
        mail_from: globals.text(Key::EmailAlertFrom),
        services: Vec::new(),
    }
}

fn log(globals: &Entries, findings: &mut Findings) -> Option<Placed<LogTarget>> {
    let written = globals.text(Key::LogFile)?;
    if written.value.is_empty() {
        let message = "logfile is empty; messages go to the default log file";
        findings.quirk(
            Quirk::EmptyLogFile,
            &written.place,
            message,
            "write a file or a syslog facility",
        );
        return None;
    }
    Some(written.map(|target| {
        if target.starts_with('/') {
            LogTarget::File(target)
        } else {
            LogTarget::Syslog(target)
        }
    }))
}

/// The settings of one service.
pub(super) fn service(scope: &Scope<'_>) -> ServiceSettings {
    let (own, globals) = (scope.own, scope.globals);
    let text = |key| own.text(key).or_else(|| globals.text(key));
    ServiceSettings {
        name: own.text(Key::ServiceName),
        comment: own.text(Key::Comment),
        monitor_file: own.text(Key::MonitorFile),
        monitor_words: monitor::words(scope),
        fallback_command: text(Key::FallbackCommand),
        fallback_command_at_stop: scope.yes_no(Key::FallbackCommandAtStop),
        mail_to: text(Key::EmailAlert),
        mail_every_seconds: own
            .number(Key::EmailAlertFreq)
            .or_else(|| globals.number(Key::EmailAlertFreq)),
        mail_phases: own.phases().or_else(|| globals.phases()),
        mail_relay: text(Key::Smtp),
    }
}
