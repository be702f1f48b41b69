//! Delivers notifications: posts JSON to webhooks and runs commands; mails are handed back. Each target has its own queue and
//! task, so that one that does not answer delays no other. A failed delivery is retried a few times and then given up, each
//! with a warning.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use director_core::model::HookWay;
use director_core::notify::{Envelope, EventMessage, Mail, MessageEvent, Phase, Relay};
use serde::Serialize;
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::failures::FailureCounters;
use super::pause::pause_unless_stopping;
use super::{NotifyError, NotifySettings};
use crate::http_client::http_client;
use crate::program;

/// Targets other than mail.
pub(super) struct Deliveries {
    settings: Arc<NotifySettings>,
    failures: Arc<FailureCounters>,
    queues: HashMap<HookWay, mpsc::Sender<EventMessage>>,
    tasks: JoinSet<()>,
    /// True once the daemon stops: no more retries.
    stopping: watch::Sender<bool>,
}

/// A message as webhooks get it.
#[derive(Serialize)]
struct WebhookPayload<'a> {
    host: &'a str,
    text: &'a str,
    events: &'a [MessageEvent],
    left_out: usize,
}

impl Deliveries {
    pub(super) fn new(settings: Arc<NotifySettings>, failures: Arc<FailureCounters>) -> Self {
        Self {
            settings,
            failures,
            queues: HashMap::new(),
            tasks: JoinSet::new(),
            stopping: watch::Sender::new(false),
        }
    }

    /// Hands a message to its queue; gives back one that is a mail.
    pub(super) fn tell(&mut self, message: EventMessage) -> Option<Mail> {
        if let HookWay::Mail { to, from, relay } = &message.hook.way {
            let relay = relay.clone().map(|(host, port)| Relay { host, port });
            let envelope = Envelope {
                to: to.clone(),
                from: from.clone(),
                relay,
                ..Envelope::default()
            };
            return Some(Mail {
                envelope,
                event: message.summary.clone(),
                phase: Phase::Running,
                details: lines(&message),
            });
        }
        let way = message.hook.way.clone();
        let queue = self.queues.entry(way.clone()).or_insert_with(|| {
            let (sender, messages) = mpsc::channel(self.settings.mail_queue);
            let delivery = Delivery {
                settings: Arc::clone(&self.settings),
                failures: Arc::clone(&self.failures),
                stopping: self.stopping.subscribe(),
            };
            self.tasks.spawn(delivery.carry(messages));
            sender
        });
        if queue.try_send(message).is_err() {
            self.failures.of(&way).add();
            tracing::warn!("too many messages are waiting for {way}, dropping this one");
        }
        None
    }

    /// Tells what waits, each message tried once, until time is up.
    pub(super) async fn finish(mut self, limit: Duration) {
        self.stopping.send_replace(true);
        self.queues.clear();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(limit, all).await.is_err() {
            tracing::warn!("some messages could not be sent before the stop");
        }
    }
}

/// Delivers the messages of one target.
struct Delivery {
    settings: Arc<NotifySettings>,
    failures: Arc<FailureCounters>,
    stopping: watch::Receiver<bool>,
}

impl Delivery {
    async fn carry(mut self, mut messages: mpsc::Receiver<EventMessage>) {
        while let Some(message) = messages.recv().await {
            self.deliver(&message).await;
        }
    }

    async fn deliver(&mut self, message: &EventMessage) {
        let way = &message.hook.way;
        let mut pauses = self.settings.mail_pauses.clone().into_iter();
        loop {
            let limit = self.settings.command_limit;
            let attempt = timeout(limit, self.attempt(message)).await;
            let Err(error) = attempt.unwrap_or(Err(NotifyError::TimeLimit(limit))) else {
                tracing::debug!("sent to {way}: {}", message.summary);
                return;
            };
            let Some(pause) = pauses.next().filter(|_| !*self.stopping.borrow()) else {
                self.failures.of(way).add();
                tracing::warn!("giving up on {way}: {error}: {}", message.summary);
                return;
            };
            tracing::warn!(
                "cannot send to {way}: {error}; next attempt in {} s",
                pause.as_secs_f64()
            );
            pause_unless_stopping(pause, &mut self.stopping).await;
        }
    }

    async fn attempt(&self, message: &EventMessage) -> Result<(), NotifyError> {
        let payload = WebhookPayload {
            host: &self.settings.sender.host,
            text: &message.summary,
            events: &message.events,
            left_out: message.left_out,
        };
        let json = serde_json::to_string(&payload).map_err(NotifyError::Json)?;
        match &message.hook.way {
            HookWay::Webhook { url, .. } => post(url.reveal(), json).await,
            HookWay::Command(argv) => run(argv, message, &json).await,
            // Mails were given back.
            HookWay::Mail { .. } => Ok(()),
        }
    }
}

async fn post(url: &str, json: String) -> Result<(), NotifyError> {
    let request = client()?.post(url).body(json);
    let request = request.header("content-type", "application/json");
    // The address may hold a token, so no error shows it.
    let answer = request.send().await.map_err(hidden)?;
    answer.error_for_status().map_err(hidden)?;
    Ok(())
}

fn hidden(error: reqwest::Error) -> NotifyError {
    NotifyError::Webhook(error.without_url())
}

/// One client for all webhooks and the whole time.
fn client() -> Result<&'static reqwest::Client, NotifyError> {
    static CLIENT: OnceLock<reqwest::Client> = OnceLock::new();
    if let Some(client) = CLIENT.get() {
        return Ok(client);
    }
    let client = http_client().build().map_err(NotifyError::Webhook)?;
    Ok(CLIENT.get_or_init(|| client))
}

async fn run(argv: &[String], message: &EventMessage, json: &str) -> Result<(), NotifyError> {
    let Some((path, arguments)) = argv.split_first() else {
        return Ok(());
    };
    let mut command = program::command(path);
    command
        .args(arguments)
        .env("IPVSD_SUMMARY", &message.summary)
        .env("IPVSD_TEXT", lines(message).join("\n"))
        .env("IPVSD_JSON", json);
    NotifyError::unless_successful(program::start(command).await?.end().await?)
}

fn lines(message: &EventMessage) -> Vec<String> {
    let mut lines: Vec<String> = message
        .events
        .iter()
        .map(|event| event.text.clone())
        .collect();
    if message.left_out > 0 {
        lines.push(format!("and {} more", message.left_out));
    }
    lines
}
