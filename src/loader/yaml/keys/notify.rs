//! Keys of notifications.

use std::time::Duration;

use director_core::definitions::{HookDefinition, Placed};
use director_core::diagnostic::Place;
use director_core::model::{HookWay, Secret, Topic};
use director_core::notify::SMTP_PORT;
use hyper::Uri;

use crate::loader::yaml::mapping::{Input, Key, Takes};
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::{Mapped, Value};

/// An entry of `notify` as written.
#[derive(Default)]
pub(in super::super) struct HookText {
    command: Option<Vec<String>>,
    webhook: Option<Webhook>,
    mail: Option<MailText>,
    about: Vec<Placed<Topic>>,
    gather: Option<Placed<Duration>>,
}

mapping! {
    /// Who is notified.
    NOTIFY: HookText = "notify", "an entry of notify", |_| HookText::default(), None;
    opt(command) "command" = "[/usr/local/bin/page]", or "none",
        "Program and arguments, run without a shell. The message is in its environment: `IPVSD_SUMMARY` (one line), \
         `IPVSD_TEXT` (lines) and `IPVSD_JSON` (the JSON of a webhook).";
    opt(webhook) "webhook" = "\"https://hooks.example.org/ipvsd\"", or "none",
        "URL (http or https) that receives the message by POST as JSON: `host`, `text` (the summary), `events` \
         (each with `topic` and `text`) and `left_out`. The URL is a secret; logs show only its host.";
    opt(mail) "mail" = "{to: [ops@example.org]}", or "none", "Mail with the summary as its subject.";
    plain(about) "topics" = "[servers, services]", or "servers, services, kernel, configuration",
        "Topics: `servers` (health), `services` (their state, and too few real servers), `drains`, `overrides`, `kernel` (what \
         the kernel refuses or other programs change) and `configuration` (a new or refused configuration).";
    opt(gather) "group_wait" = "5s", or "5s", "How long to collect events into one message, from the first event on.";
}

/// The ways of a notification, of which an entry has one.
const WAYS: [&str; 3] = ["command", "webhook", "mail"];

/// An entry of `notify`, as far as it can be read.
pub(in super::super) fn hook(input: &Input<'_>, reader: &mut Reader) -> Option<HookDefinition> {
    let place: &Place = &input.node.place;
    let mut draft = NOTIFY.draft(place);
    if !NOTIFY.fill(&mut draft, input, &[], reader) {
        return None;
    }
    let written = WAYS.iter().filter(|way| NOTIFY.is_written(&draft, way));
    let written = written.count();
    if written != 1 {
        let message = format!("an entry of notify has one receiver, and this has {written}");
        let hint = "write one of command, webhook and mail, and an entry for each receiver";
        reader.error(place, message, hint);
    }
    let text = draft.value;
    let command = text.command.map(HookWay::Command);
    let webhook = text.webhook.map(|webhook| HookWay::Webhook {
        url: webhook.url,
        shown: webhook.shown,
    });
    let mail = text.mail.map(MailText::way);
    Some(HookDefinition {
        place: place.clone(),
        way: command.or(webhook).or(mail).filter(|_| written == 1),
        about: text.about,
        gather: text.gather,
    })
}

/// The address of a webhook. It may hold a token, so that no message shows it.
struct Webhook {
    url: Secret,
    shown: String,
}

impl Value for Webhook {
    fn takes(key: &Key) -> Takes {
        Secret::takes(key)
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let url = Secret::read(input, reader)?;
        let address = url.reveal().parse::<Uri>().ok();
        let shown = address.as_ref().and_then(|address| {
            let scheme = address.scheme_str();
            let scheme = scheme.filter(|name| matches!(*name, "http" | "https"))?;
            Some(format!("{scheme}://{}", address.host()?))
        });
        if shown.is_none() {
            let hint = format!("write {}", input.key.example());
            reader.error(&input.node.place, "this is not an http or https URL", hint);
        }
        Some(Self { url, shown: shown? })
    }

    fn print(&self) -> String {
        self.url.print()
    }
}

/// A mail as written.
#[derive(Default)]
pub(in super::super) struct MailText {
    to: Vec<String>,
    from: Option<String>,
    relay: Option<String>,
    port: Option<u16>,
}

impl MailText {
    fn way(self) -> HookWay {
        let port = self.port.unwrap_or(SMTP_PORT);
        HookWay::Mail {
            to: self.to,
            from: self.from,
            relay: self.relay.map(|relay| (relay, port)),
        }
    }
}

impl Mapped for MailText {
    const MAPPING: &'static crate::loader::yaml::mapping::Mapping<Self> = &NOTIFY_MAIL;
}

mapping! {
    /// A mail.
    NOTIFY_MAIL: MailText = "notify_mail", "a mail", |_| MailText::default(), None;
    many(to) "to" = "[ops@example.org]", "Recipients.";
    opt(from) "from" = "ipvsd@example.org", or "the user of ipvsd at this host", "Sender.";
    opt(relay) "relay" = "mail.example.org", or "none; the local `sendmail` sends it",
        "Host name or address of the SMTP relay.";
    opt(port) "port" in "TCP port" = "25", or "25", "Port of the SMTP relay.";
}
