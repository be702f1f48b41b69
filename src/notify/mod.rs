//! Sends notifications: mails, webhooks and commands, and the check log and fallback commands of ldirectord. Each has its own
//! bounded queue, so that none waits for another and the event loop waits for none. A failure is a warning in the log. What
//! to send is the core's decision.

mod check_log;
mod delivery;
mod error;
mod failures;
mod fallback_command;
mod mail;
mod mail_text;
mod pause;
mod settings;

pub use error::NotifyError;
pub use settings::{MailIdentity, NotifySettings};

use std::sync::Arc;
use std::time::Duration;

use director_core::notify::Notification;

use check_log::CheckLog;
use delivery::Deliveries;
use failures::FailureCounters;
use fallback_command::FallbackCommands;
use mail::MailSender;

/// The senders of all kinds of notifications.
pub struct Notifier {
    mail: MailSender,
    fallback_commands: FallbackCommands,
    check_log: CheckLog,
    deliveries: Deliveries,
    failures: Arc<FailureCounters>,
}

impl Notifier {
    /// Starts its tasks on the runtime that it is called from.
    #[must_use]
    pub fn new(settings: NotifySettings) -> Self {
        let settings = Arc::new(settings);
        let failures = Arc::new(FailureCounters::default());
        Self {
            mail: MailSender::new(Arc::clone(&settings), Arc::clone(&failures)),
            fallback_commands: FallbackCommands::new(Arc::clone(&settings), Arc::clone(&failures)),
            deliveries: Deliveries::new(settings, Arc::clone(&failures)),
            check_log: CheckLog::default(),
            failures,
        }
    }

    /// How many messages were given up or dropped, by the way that they would have gone.
    #[must_use]
    pub fn failures(&self) -> Vec<(&'static str, u64)> {
        self.failures.all()
    }

    pub fn perform(&mut self, duty: Notification) {
        match duty {
            Notification::Mail(mail) => self.mail.send(mail),
            Notification::Command(command) => self.fallback_commands.run(command),
            Notification::Line(line) => self.check_log.write(line),
            Notification::EventMessage(message) => {
                if let Some(mail) = self.deliveries.tell(message) {
                    self.mail.send(mail);
                }
            }
        }
    }

    /// Sends what is queued, each once, within the limit.
    pub async fn finish(self, limit: Duration) {
        tokio::join!(
            self.mail.finish(limit),
            self.fallback_commands.finish(limit),
            self.check_log.finish(limit),
            self.deliveries.finish(limit)
        );
    }
}

#[cfg(test)]
mod tests;
