//! Rows of those who are told what happens.

use super::Takes::{Either, List, Mapping, Number, Span, Text, Word};
use super::{Key, Shape, key};

/// The row of the file: `notify`.
pub(super) const NOTIFY_KEY: Key = key("notify", "[{webhook: \"https://hooks.example.org/ipvsd\"}]")
    .takes(List(&Mapping(&NOTIFY)))
    .default("none")
    .means(
        "Receivers of notifications, each a command, a webhook or a mail. Events close together make one message. \
         ipvsd retries a message that fails, and nothing waits for it.",
    );

/// One who is told.
pub(in super::super) const NOTIFY: Shape = Shape {
    name: "notify",
    what: "an entry of notify",
    keys: &[
        key("command", "[/usr/local/bin/page]")
            .takes(List(&Text))
            .default("none")
            .means(
                "Program and arguments, run without a shell. The message is in its environment: `IPVSD_SUMMARY` \
                 (one line), `IPVSD_TEXT` (lines) and `IPVSD_JSON` (the JSON of a webhook).",
            ),
        key("webhook", "\"https://hooks.example.org/ipvsd\"")
            .takes(Text)
            .default("none")
            .means(
                "URL (http or https) that receives the message by POST as JSON: `host`, `text` (the summary), \
                 `events` (each with `topic` and `text`) and `left_out`. The URL is a secret; logs show only its \
                 host.",
            ),
        key("mail", "{to: [ops@example.org]}")
            .takes(Mapping(&NOTIFY_MAIL))
            .default("none")
            .means("Mail with the summary as its subject."),
        key("topics", "[servers, services]")
            .takes(List(&Word(&[
                "servers",
                "services",
                "drains",
                "overrides",
                "kernel",
                "configuration",
            ])))
            .default("servers, services, kernel, configuration")
            .means(
                "Topics: `servers` (health), `services` (too few or no real servers), `drains`, `overrides`, \
                 `kernel` (what the kernel refuses or other programs change) and `configuration` (a new or refused \
                 configuration).",
            ),
        key("group_wait", "5s")
            .takes(Span)
            .default("5s")
            .means("How long to gather events after the first one into one message."),
    ],
};

/// A mail.
pub(in super::super) const NOTIFY_MAIL: Shape = Shape {
    name: "notify_mail",
    what: "a mail",
    keys: &[
        key("to", "[ops@example.org]")
            .takes(Either(&[Text, List(&Text)]))
            .means("Recipients."),
        key("from", "ipvsd@example.org")
            .takes(Text)
            .default("the user of ipvsd at this host")
            .means("Sender."),
        key("relay", "mail.example.org")
            .takes(Text)
            .default("none; the local `sendmail` sends it")
            .means("Host name or address of the SMTP relay."),
        key("port", "25")
            .takes(Number("TCP port"))
            .default("25")
            .means("Port of the SMTP relay."),
    ],
};
