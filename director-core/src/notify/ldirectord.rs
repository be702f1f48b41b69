//! Turns what happens into duties: which mail is due, which command, which line. It remembers only what has been reported:
//! the servers about which a mail said that they are down, and the last word of each service's fallback command.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use super::ldirectord_texts::{self, TableEvent, Turn};
use super::{
    AlertSettings, FallbackCommand, Mail, MailAlert, MonitorLine, Notification, Phase,
    ServiceAlerts,
};
use crate::model::{Endpoint, ServiceId};
use crate::moment::Moment;
use crate::overrides::Target;
use crate::plan::{Cause, Op};

/// Keeps the duties and what has been reported.
#[derive(Debug, Clone)]
pub struct LdirectordAlerts {
    alerts: Arc<AlertSettings>,
    phase: Phase,
    /// Servers that are out, and when the last mail about each was due.
    out: BTreeMap<Target, Moment>,
    /// The last command line run for each service.
    override_commanded: BTreeMap<ServiceId, String>,
}

impl Default for LdirectordAlerts {
    fn default() -> Self {
        Self {
            alerts: Arc::default(),
            phase: Phase::Starting,
            out: BTreeMap::new(),
            override_commanded: BTreeMap::new(),
        }
    }
}

impl LdirectordAlerts {
    /// Takes over new duties. What was reported of servers and services that are known still counts as reported.
    pub fn take_over(&mut self, alerts: Arc<AlertSettings>) {
        self.alerts = alerts;
        let services = &self.alerts.services;
        self.out
            .retain(|(service, _), _| services.contains_key(service));
        self.override_commanded
            .retain(|service, _| services.contains_key(service));
    }

    /// The phase in which mails are sent from now on.
    pub fn enter(&mut self, phase: Phase) {
        self.phase = phase;
    }

    /// The kernel's table was changed.
    pub fn changed(&mut self, op: &Op, cause: Cause, now: Moment) -> Option<Notification> {
        let service = op.service();
        let server = op.server()?;
        self.tell(
            service,
            server,
            ldirectord_texts::table_event(op, cause),
            now,
        )
    }

    /// A server was down at its first probe, and not in service before.
    pub fn found_down(
        &mut self,
        target: Target,
        quiesced: bool,
        now: Moment,
    ) -> Option<Notification> {
        let (service, server) = target;
        let event = ldirectord_texts::found_down(&service, &server, quiesced);
        self.tell(service, server, event, now)
    }

    /// A server leaves with its service, because the director stops.
    pub fn stopped(&mut self, target: Target, now: Moment) -> Option<Notification> {
        let (service, server) = target;
        let event = ldirectord_texts::stopped_server(&service, &server);
        self.tell(service, server, event, now)
    }

    /// Whether a service has a real server that takes connections; to be said whenever it changes, and after new duties.
    pub fn available(&mut self, service: ServiceId, available: bool) -> Option<Notification> {
        let command = self.of(&service)?.fallback_command.as_ref()?;
        let command_line = format!(
            "{command} {} {} {}",
            if available { "stop" } else { "start" },
            ldirectord_texts::service_words(&service),
            ldirectord_texts::protocol_word(&service)
        );
        if self.override_commanded.get(&service) == Some(&command_line) {
            return None;
        }
        self.override_commanded
            .insert(service, command_line.clone());
        Some(Notification::Command(FallbackCommand {
            service,
            command_line,
        }))
    }

    /// A service has left the table, because the director stops.
    pub fn ended(&mut self, service: ServiceId) -> Option<Notification> {
        let at_stop = self.of(&service)?.fallback_command_at_stop;
        at_stop.then(|| self.available(service, false)).flatten()
    }

    /// Whether somebody wants a line for each check of this service.
    #[must_use]
    pub fn wants_lines(&self, service: &ServiceId) -> bool {
        self.of(service)
            .is_some_and(|alerts| alerts.monitor.is_some())
    }

    /// A server was checked, with this outcome in words.
    #[must_use]
    pub fn checked(&self, target: &Target, good: bool, outcome: &str) -> Option<Notification> {
        let (service, server) = target;
        let monitor = self.of(service)?.monitor.as_ref()?;
        let name = monitor.names.get(server)?;
        let state = if good { "up" } else { "down" };
        Some(Notification::Line(MonitorLine {
            file: monitor.file.clone(),
            text: format!("{name} [{state}] {}", escaped(outcome)),
        }))
    }

    /// The mails about servers that stay down which are due now.
    pub fn due(&mut self, now: Moment) -> Vec<Notification> {
        let mut mails = Vec::new();
        for ((service, server), last) in &mut self.out {
            let Some(mail) = mail_of(&self.alerts, service) else {
                continue;
            };
            if mail.repeat_every.is_some_and(|every| *last + every <= now) {
                *last = now;
                mails.extend(sent(
                    mail,
                    self.phase,
                    ldirectord_texts::still_down(service, server),
                ));
            }
        }
        mails
    }

    /// When the next of them is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Moment> {
        let due = self.out.iter().filter_map(|((service, _), last)| {
            let every = mail_of(&self.alerts, service)?.repeat_every?;
            Some(*last + every)
        });
        due.min()
    }

    /// Remembers an event and makes its mail. A removal is reported once, however often the table is changed for it.
    fn tell(
        &mut self,
        service: ServiceId,
        server: Endpoint,
        event: TableEvent,
        now: Moment,
    ) -> Option<Notification> {
        let target = (service, server);
        match event.transition {
            Turn::Out => {
                if self.out.contains_key(&target) {
                    return None;
                }
                self.out.insert(target, now);
            }
            Turn::In | Turn::Gone => {
                self.out.remove(&target);
            }
            Turn::Other => {}
        }
        sent(mail_of(&self.alerts, &service)?, self.phase, event.text)
    }

    fn of(&self, service: &ServiceId) -> Option<&ServiceAlerts> {
        self.alerts.services.get(service)
    }
}

fn mail_of<'a>(alerts: &'a AlertSettings, service: &ServiceId) -> Option<&'a MailAlert> {
    alerts.services.get(service)?.mail.as_ref()
}

/// The mail, when mails are wanted in this phase.
fn sent(mail: &MailAlert, phase: Phase, event: String) -> Option<Notification> {
    mail.phases.contains(&phase).then(|| {
        Notification::Mail(Mail {
            envelope: mail.envelope.clone(),
            event,
            phase,
            details: Vec::new(),
        })
    })
}

/// The characters that would break a line of the monitor file, as `%` and two hexadecimal digits.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '%' | '|' | '\r' | '\n' => {
                // Writing to a string cannot fail.
                let _ = write!(escaped, "%{:02x}", u32::from(character));
            }
            other => escaped.push(other),
        }
    }
    if escaped.is_empty() {
        "-".to_owned()
    } else {
        escaped
    }
}
