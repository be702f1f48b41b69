//! Checks in a service's own protocol: `check: {smtp: {}}`, `check: {dns: {request: www.example.org}}`, and the full
//! question among plain connects.

use std::time::Duration;

use director_core::definitions::{CheckKindDefinition, ConversationCheckDefinition, Placed};
use director_core::model::{Conversation, Protocol, Secret};

use super::node::Node;
use super::reader::{Fields, Reader};
use super::shape;

/// The protocols by their keys, and whether TLS is below.
pub(super) const CONVERSATIONS: [(&str, Conversation, bool); 16] = [
    ("dns", Conversation::Dns, false),
    ("ftp", Conversation::Ftp, false),
    ("imap", Conversation::Imap, false),
    ("imaps", Conversation::Imap, true),
    ("ldap", Conversation::Ldap, false),
    ("ldaps", Conversation::Ldap, true),
    ("mysql", Conversation::Mysql, false),
    ("nntp", Conversation::Nntp, false),
    ("oracle", Conversation::Oracle, false),
    ("pgsql", Conversation::Pgsql, false),
    ("pop", Conversation::Pop, false),
    ("pops", Conversation::Pop, true),
    ("radius", Conversation::Radius, false),
    ("simpletcp", Conversation::Simpletcp, false),
    ("sip", Conversation::Sip, false),
    ("smtp", Conversation::Smtp, false),
];
/// Limit for a connect between two questions when none is written.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The protocol by its key.
pub(super) fn conversation(key: &str) -> Option<(Conversation, bool)> {
    let known = CONVERSATIONS.iter().find(|(name, _, _)| *name == key);
    known.map(|(_, conversation, tls)| (*conversation, *tls))
}

/// The question when nothing is said about it.
pub(super) fn without_settings(conversation: Conversation, tls: bool) -> CheckKindDefinition {
    CheckKindDefinition::Conversation(ConversationCheckDefinition {
        conversation,
        transport: default_transport(conversation),
        tls,
        verify: None,
        request: None,
        receive: None,
        login: None,
        password: None,
        database: None,
        secret: None,
    })
}

/// The question with its settings.
pub(super) fn with_settings(
    conversation: Conversation,
    tls: bool,
    node: &Node,
    reader: &mut Reader,
) -> Option<CheckKindDefinition> {
    let fields = reader.fields(node, &shape::CONVERSATION, &[])?;
    let transports = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];
    let transport = reader.word_of(&fields, "transport", &transports);
    let mut hidden = |key| {
        reader
            .text_of(&fields, key)
            .map(|text: Placed<String>| text.map(Secret::new))
    };
    let (password, secret) = (hidden("password"), hidden("secret"));
    Some(CheckKindDefinition::Conversation(
        ConversationCheckDefinition {
            conversation,
            transport: transport
                .map(|word| word.value)
                .or(default_transport(conversation)),
            tls,
            verify: reader.truth_of(&fields, "verify"),
            request: reader.text_of(&fields, "request"),
            receive: reader.text_of(&fields, "receive"),
            login: reader.text_of(&fields, "login"),
            password,
            database: reader.text_of(&fields, "database"),
            secret,
        },
    ))
}

/// Where the protocol leaves no choice; elsewhere the service's own transport is used.
fn default_transport(conversation: Conversation) -> Option<Protocol> {
    match conversation {
        Conversation::Dns | Conversation::Sip | Conversation::Simpletcp => None,
        Conversation::Radius => Some(Protocol::Udp),
        _ => Some(Protocol::Tcp),
    }
}

/// The question among plain connects, where `connects_between` says so.
pub(super) fn combined(
    question: Option<Placed<CheckKindDefinition>>,
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> Option<Placed<CheckKindDefinition>> {
    let Some(node) = fields.get("connects_between") else {
        return question;
    };
    let inner = reader.fields(node, &shape::CONNECTS_BETWEEN, &[])?;
    let count = reader.number_of::<u64>(&inner, "count");
    if inner.get("count").is_none() {
        let hint = format!("write {}", inner.example("count"));
        reader.error(inner.place, "count is missing", hint);
    }
    let connect_timeout = reader
        .duration_of(&inner, "timeout")
        .map_or(CONNECT_TIMEOUT, |span| span.value);
    let (question, count) = (question?, count?);
    Some(question.map(|question| CheckKindDefinition::Combined {
        connects: count.value,
        connect_timeout,
        question: Box::new(question),
    }))
}
