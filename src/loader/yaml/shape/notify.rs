//! Rows of those who are told what happens.

use super::Takes::{Either, List, Mapping, Number, Span, Text, Word};
use super::{Key, Shape, key};

/// The row of the file: `notify`.
pub(super) const NOTIFY_KEY: Key = key("notify", "[{webhook: \"https://hooks.example.org/ipvsd\"}]")
    .takes(List(&Mapping(&NOTIFY)))
    .default("none")
    .means(
        "Who is told what happens, each by a command, a webhook or a mail. Many events make one message; one that is not \
         taken is tried again, and nothing waits for it.",
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
                "A program and its arguments, run directly. It finds the message in its environment: `IPVSD_SUMMARY` in one \
                 line, `IPVSD_TEXT` in lines, `IPVSD_JSON` as the webhook gets it.",
            ),
        key("webhook", "\"https://hooks.example.org/ipvsd\"")
            .takes(Text)
            .default("none")
            .means(
                "An http or https address that gets the message by POST as JSON: `host`, `text` (the summary), `events` \
                 (each with `topic` and `text`), `left_out`. It is a secret: logs show its host only.",
            ),
        key("mail", "{to: [ops@example.org]}")
            .takes(Mapping(&NOTIFY_MAIL))
            .default("none")
            .means("A mail with the summary as its subject."),
        key("about", "[servers, services]")
            .takes(List(&Word(&[
                "servers",
                "services",
                "drains",
                "orders",
                "kernel",
                "definitions",
            ])))
            .default("servers, services, kernel, definitions")
            .means(
                "What about: verdicts, too few or no real servers, drains, standing orders, what the kernel refuses and \
                 others change, new definitions.",
            ),
        key("gather", "5s")
            .takes(Span)
            .default("5s")
            .means("How long events are gathered after the first, to make one message."),
    ],
};

/// A mail.
pub(in super::super) const NOTIFY_MAIL: Shape = Shape {
    name: "notify_mail",
    what: "a mail",
    keys: &[
        key("to", "[ops@example.org]")
            .takes(Either(&[Text, List(&Text)]))
            .means("Who gets it."),
        key("from", "ipvsd@example.org")
            .takes(Text)
            .default("the daemon's user at this host")
            .means("Who sends it."),
        key("relay", "mail.example.org")
            .takes(Text)
            .default("none; the local mail system sends it")
            .means("Name or address of the mail relay."),
        key("port", "25")
            .takes(Number("TCP port"))
            .default("25")
            .means("Port of the relay."),
    ],
};
