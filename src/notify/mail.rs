//! Sends mails. Each way (a relay, or the local mail system) has a queue and a task of its own, so that a relay that is
//! dead delays no other. A mail that is not taken is tried again a few times and then given up, each with a warning.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use director_core::notify::{Mail, Relay};
use lettre::transport::smtp::extension::ClientId;
use lettre::{
    Address, AsyncSendmailTransport, AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    address,
};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::failures::FailureCounters;
use super::mail_text::{self, ComposedMail};
use super::pause::pause_unless_stopping;
use super::{NotifyError, NotifySettings};

/// Sends mails, with a queue for each relay.
pub(super) struct MailSender {
    settings: Arc<NotifySettings>,
    failures: Arc<FailureCounters>,
    queues: HashMap<Option<Relay>, mpsc::Sender<(Mail, SystemTime)>>,
    tasks: JoinSet<()>,
    /// True once the daemon stops: no more retries.
    stopping: watch::Sender<bool>,
}

impl MailSender {
    pub(super) fn new(settings: Arc<NotifySettings>, failures: Arc<FailureCounters>) -> Self {
        Self {
            settings,
            failures,
            queues: HashMap::new(),
            tasks: JoinSet::new(),
            stopping: watch::Sender::new(false),
        }
    }

    /// Hands a mail to its queue.
    pub(super) fn send(&mut self, mail: Mail) {
        let subject = mail_text::subject(&mail);
        tracing::info!("emailalert: {subject}");
        let queue = self.queue(mail.envelope.relay.clone());
        if queue.try_send((mail, SystemTime::now())).is_err() {
            self.failures.mail.add();
            tracing::warn!("too many mails are waiting, dropping this one: {subject}");
        }
    }

    /// Sends what waits, each mail tried once, until time is up.
    pub(super) async fn finish(mut self, limit: Duration) {
        self.stopping.send_replace(true);
        self.queues.clear();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(limit, all).await.is_err() {
            tracing::warn!(
                "some mails could not be sent within {} s",
                limit.as_secs_f64()
            );
        }
    }

    fn queue(&mut self, relay: Option<Relay>) -> &mpsc::Sender<(Mail, SystemTime)> {
        self.queues.entry(relay.clone()).or_insert_with(|| {
            let (sender, mails) = mpsc::channel(self.settings.mail_queue);
            let queue = RelayQueue {
                relay,
                settings: Arc::clone(&self.settings),
                failures: Arc::clone(&self.failures),
                stopping: self.stopping.subscribe(),
            };
            self.tasks.spawn(queue.carry(mails));
            sender
        })
    }
}

/// Delivers the mails of one relay, or of the local mail system.
struct RelayQueue {
    relay: Option<Relay>,
    settings: Arc<NotifySettings>,
    failures: Arc<FailureCounters>,
    stopping: watch::Receiver<bool>,
}

impl RelayQueue {
    async fn carry(mut self, mut mails: mpsc::Receiver<(Mail, SystemTime)>) {
        while let Some((mail, written_at)) = mails.recv().await {
            let subject = mail_text::subject(&mail);
            match mail_text::compose(&mail, &self.settings.sender, written_at) {
                Ok(ComposedMail { message, faults }) => {
                    for fault in faults {
                        tracing::warn!("mail \"{subject}\": {fault}; skipping this recipient");
                    }
                    self.deliver(&message, &subject).await;
                }
                Err(error) => {
                    self.failures.mail.add();
                    tracing::warn!("cannot send mail \"{subject}\": {error}");
                }
            }
        }
    }

    /// Tries until it is taken, or no more attempts are left.
    async fn deliver(&mut self, message: &Message, subject: &str) {
        let mut pauses = self.settings.mail_pauses.clone().into_iter();
        loop {
            let Err(error) = self.attempt(message).await else {
                tracing::debug!("sent mail \"{subject}\"");
                return;
            };
            let pause = pauses
                .next()
                .filter(|_| !error.is_final() && !*self.stopping.borrow());
            let way = self.way();
            let Some(pause) = pause else {
                self.failures.mail.add();
                tracing::warn!("giving up on mail \"{subject}\", refused by {way}: {error}");
                return;
            };
            tracing::warn!(
                "cannot send mail \"{subject}\" by {way}: {error}; next attempt in {} s",
                pause.as_secs_f64()
            );
            pause_unless_stopping(pause, &mut self.stopping).await;
        }
    }

    /// One attempt. When one of several recipients is refused for good, the others get the mail all the same.
    async fn attempt(&self, message: &Message) -> Result<(), NotifyError> {
        let envelope = message.envelope();
        let text = message.formatted();
        let refused = match self.hand_over(envelope, &text).await {
            Err(error) if error.is_final() && envelope.to().len() > 1 => error,
            outcome => return outcome,
        };
        let mut taken = false;
        let mut last = refused;
        for recipient in envelope.to() {
            match self.hand_over_to(envelope.from(), recipient, &text).await {
                Ok(()) => taken = true,
                Err(error) => {
                    tracing::warn!("{} refused recipient {recipient}: {error}", self.way());
                    last = error;
                }
            }
        }
        if taken { Ok(()) } else { Err(last) }
    }

    async fn hand_over_to(
        &self,
        from: Option<&Address>,
        to: &Address,
        text: &[u8],
    ) -> Result<(), NotifyError> {
        let envelope = address::Envelope::new(from.cloned(), vec![to.clone()])?;
        self.hand_over(&envelope, text).await
    }

    async fn hand_over(
        &self,
        envelope: &address::Envelope,
        text: &[u8],
    ) -> Result<(), NotifyError> {
        let limit = self.settings.mail_limit;
        let attempt = async {
            match &self.relay {
                Some(relay) => self.to_relay(relay, envelope, text).await,
                None => self.to_sendmail(envelope, text).await,
            }
        };
        timeout(limit, attempt)
            .await
            .unwrap_or(Err(NotifyError::TimeLimit(limit)))
    }

    async fn to_relay(
        &self,
        relay: &Relay,
        envelope: &address::Envelope,
        text: &[u8],
    ) -> Result<(), NotifyError> {
        // In the clear, as relays of this kind have always been spoken to.
        let transport = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&relay.host)
            .port(relay.port)
            .hello_name(ClientId::Domain(self.settings.sender.host.clone()))
            .timeout(Some(self.settings.mail_limit))
            .build();
        transport.send_raw(envelope, text).await?;
        Ok(())
    }

    async fn to_sendmail(
        &self,
        envelope: &address::Envelope,
        text: &[u8],
    ) -> Result<(), NotifyError> {
        let program = &self.settings.sendmail;
        let transport = AsyncSendmailTransport::<Tokio1Executor>::new_with_command(program);
        let sent = transport.send_raw(envelope, text).await;
        sent.map_err(|source| NotifyError::Sendmail {
            program: program.display().to_string(),
            source,
        })
    }

    fn way(&self) -> String {
        match &self.relay {
            Some(relay) => format!("the relay {relay}"),
            None => "the local mail system".to_owned(),
        }
    }
}
