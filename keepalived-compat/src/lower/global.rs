//! What `global_defs` and `SSL` say about virtual servers: mails, the kernel's timeouts, the director's certificate.

use std::time::Duration;

use director_core::definitions::{HookDefinition, HostDefinition, Placed};
use director_core::diagnostic::Place;
use director_core::model::{HookWay, Topic};

use super::check::TlsIdentityFiles;
use super::values;
use crate::findings::Findings;
use crate::tree::Entry;

/// Where keepalived sends mails when nothing is written.
const USUAL_RELAY: (&str, u16) = ("127.0.0.1", 25);

/// The settings that concern all virtual servers.
#[derive(Debug, Default)]
pub(super) struct Global {
    to: Vec<String>,
    from: Option<String>,
    relay: Option<(String, u16)>,
    /// Whether mails are sent, as the last line about it says.
    smtp_alert: Option<bool>,
    place: Option<Place>,
    timeouts: Vec<(String, Placed<Duration>)>,
    /// The user of programs that name none.
    pub(super) script_user: Option<String>,
}

impl Global {
    /// Reads a `global_defs`.
    pub(super) fn take(&mut self, block: &Entry, findings: &mut Findings) {
        for entry in &block.entries {
            match entry.name.as_str() {
                "notification_email" => {
                    self.to = entry.entries.iter().map(|line| line.name.clone()).collect();
                    self.place = Some(entry.place.clone());
                }
                "notification_email_from" => {
                    self.from = entry.value().map(|word| word.text.clone())
                }
                "smtp_server" => self.relay = relay(entry),
                "smtp_alert" | "smtp_alert_checker" => {
                    let choice = values::switch(entry, findings).map(|choice| choice.value);
                    self.smtp_alert = choice.or(self.smtp_alert);
                }
                "lvs_timeouts" => self.timeouts(entry, findings),
                "script_user" => self.script_user = entry.value().map(|word| word.text.clone()),
                "lvs_sync_daemon" => {
                    let message = "the kernel's sync daemon is left to keepalived";
                    let hint = "leave this line in the keepalived.conf that runs VRRP, or remove it there and use director.sync in YAML";
                    findings.differs(&entry.place, message, hint);
                }
                "lvs_flush" | "lvs_flush_onstop" | "lvs_flush_on_stop" => {
                    let message = format!(
                        "{} has no effect: ipvsd never flushes the table",
                        entry.name
                    );
                    findings.differs(&entry.place, message, "remove it");
                }
                "lvs_notify_fifo" | "lvs_notify_fifo_script" => {
                    let message = format!("{} has no place in ipvsd", entry.name);
                    findings.differs(
                        &entry.place,
                        message,
                        "use notify or ipvsctl events --follow",
                    );
                }
                // The rest is about VRRP and the processes of keepalived.
                _ => {}
            }
        }
    }

    /// `lvs_timeouts tcp 900 tcpfin 120 udp 300`.
    fn timeouts(&mut self, entry: &Entry, findings: &mut Findings) {
        for pair in entry.values.chunks(2) {
            let (name, value) = (&pair[0], pair.get(1));
            let seconds = value
                .and_then(|word| word.text.parse::<u32>().ok())
                .filter(|time| *time > 0);
            let known = matches!(name.text.as_str(), "tcp" | "tcpfin" | "udp");
            match (known, seconds, value) {
                (true, Some(seconds), Some(word)) => {
                    let time = Duration::from_secs(seconds.into());
                    self.timeouts
                        .push((name.text.clone(), Placed::new(time, word.place.clone())));
                }
                _ => values::ignored(
                    entry,
                    name,
                    "write tcp, tcpfin or udp with seconds",
                    findings,
                ),
            }
        }
    }

    /// The mails about real servers, if keepalived sends any.
    pub(super) fn mails(&self, any_server_wants_them: bool) -> Option<HookDefinition> {
        let place = self.place.clone().filter(|_| !self.to.is_empty())?;
        let wanted = any_server_wants_them || self.smtp_alert.unwrap_or(true);
        let relay = || (USUAL_RELAY.0.to_owned(), USUAL_RELAY.1);
        wanted.then(|| HookDefinition {
            way: Some(HookWay::Mail {
                to: self.to.clone(),
                from: self.from.clone(),
                relay: Some(self.relay.clone().unwrap_or_else(relay)),
            }),
            about: vec![Placed::new(Topic::Servers, place.clone())],
            gather: None,
            place,
        })
    }

    /// The kernel's timeouts.
    pub(super) fn host(&self) -> HostDefinition {
        let timeout = |name: &str| {
            let written = self.timeouts.iter().rev().find(|(known, _)| known == name);
            written.map(|(_, time)| time.clone())
        };
        HostDefinition {
            tcp_timeout: timeout("tcp"),
            tcp_fin_timeout: timeout("tcpfin"),
            udp_timeout: timeout("udp"),
            ..HostDefinition::default()
        }
    }
}

fn relay(entry: &Entry) -> Option<(String, u16)> {
    let host = entry.value()?.text.clone();
    let port = entry.values.get(1).and_then(|word| word.text.parse().ok());
    Some((host, port.unwrap_or(USUAL_RELAY.1)))
}

/// Reads an `SSL` block.
pub(super) fn identity(block: &Entry, findings: &mut Findings) -> TlsIdentityFiles {
    let mut files = TlsIdentityFiles::default();
    for entry in &block.entries {
        let value = entry.value().map(|word| word.text.clone());
        match entry.name.as_str() {
            "certificate" => files.certificate = value,
            "key" => files.key = value,
            "password" => {
                let message = "ipvsd reads no encrypted keys";
                findings.differs(
                    &entry.place,
                    message,
                    "store the key without a password, readable by root only",
                );
            }
            // keepalived reads the authorities, and verifies no certificate.
            _ => {}
        }
    }
    if files.certificate.is_some() != files.key.is_some() {
        let message = "certificate and key belong together; keepalived presents none";
        findings.faulty(&block.place, message, "write both, or none");
        return TlsIdentityFiles::default();
    }
    files
}
