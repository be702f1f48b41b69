//! Checks in a service's own protocol: `check: {smtp: {}}`, `check: {dns: {request: www.example.org}}`, and the full
//! question among plain connects.

use std::time::Duration;

use director_core::definitions::{
    CheckKindDefinition, ConnectsBetweenDefinition, Placed, ProtocolCheckDefinition,
};
use director_core::model::{CheckProtocol, Protocol, Secret, Setting, protocol_form};

use super::node::Node;
use super::reader::{Fields, Reader};
use super::shape::{self, Shape};

/// Limit for a connect between two questions when none is written.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// The protocol by its key, and whether TLS is below.
pub(super) fn protocol(key: &str) -> Option<(CheckProtocol, bool)> {
    protocol_form(key).map(|(row, form)| (row.protocol, form.tls))
}

/// The check with its settings. `shape` is that of its form, which has no key without an effect.
pub(super) fn with_settings(
    (protocol, tls): (CheckProtocol, bool),
    shape: &'static Shape,
    node: &Node,
    reader: &mut Reader,
) -> Option<CheckKindDefinition> {
    let fields = reader.fields(node, shape, &[])?;
    let mut check = ProtocolCheckDefinition::plain(protocol, tls);
    let transports = [("tcp", Protocol::Tcp), ("udp", Protocol::Udp)];
    for setting in Setting::ALL {
        let key = setting.key();
        if shape.key(key).is_none() {
            continue;
        }
        match setting {
            Setting::Request => check.request = reader.text_of(&fields, key),
            Setting::Receive => check.receive = reader.text_of(&fields, key),
            Setting::Login => check.login = reader.text_of(&fields, key),
            Setting::Password => check.password = secret(&fields, key, reader),
            Setting::Database => check.database = reader.text_of(&fields, key),
            Setting::Secret => check.secret = secret(&fields, key, reader),
            Setting::Transport => {
                let word = reader.word_of(&fields, key, &transports);
                check.transport = word.map(|word| word.value);
            }
            Setting::Tls => {
                let wanted = reader.truth_of(&fields, key);
                check.tls = wanted.is_some_and(|wanted| wanted.value);
            }
            Setting::Verify => check.verify = reader.truth_of(&fields, key),
        }
    }
    Some(CheckKindDefinition::Protocol(check))
}

fn secret(fields: &Fields<'_>, key: &str, reader: &mut Reader) -> Option<Placed<Secret>> {
    let text = reader.text_of(fields, key)?;
    Some(text.map(Secret::new))
}

/// Connects between two full probes, where `connects_between` says so.
pub(super) fn connects_between(
    fields: &Fields<'_>,
    reader: &mut Reader,
) -> Option<ConnectsBetweenDefinition> {
    let inner = reader.fields(
        fields.get("connects_between")?,
        &shape::CONNECTS_BETWEEN,
        &[],
    )?;
    let count = reader.number_of::<u64>(&inner, "count");
    if inner.get("count").is_none() {
        let hint = format!("write {}", inner.example("count"));
        reader.error(inner.place, "count is missing", hint);
    }
    let timeout = reader
        .duration_of(&inner, "timeout")
        .map_or(CONNECT_TIMEOUT, |span| span.value);
    Some(ConnectsBetweenDefinition {
        count: count?.value,
        timeout,
    })
}
