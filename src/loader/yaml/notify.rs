//! Those who are told what happens.

use director_core::definitions::{HookDefinition, Placed};
use director_core::model::{HookWay, Secret, Topic};
use director_core::notify::SMTP_PORT;
use hyper::Uri;

use super::node::{Content, Node};
use super::reader::{Fields, Reader};
use super::shape;

/// The entries of `notify`.
pub(super) fn hooks(node: Option<&Node>, reader: &mut Reader) -> Vec<HookDefinition> {
    let Some(node) = node.filter(|node| !matches!(node.content, Content::Nothing)) else {
        return Vec::new();
    };
    let example = shape::FILE.key("notify").map_or("[]", |key| key.example);
    let items = reader.list(node, "notify", &format!("notify: {example}"));
    items.iter().filter_map(|item| hook(item, reader)).collect()
}

fn hook(node: &Node, reader: &mut Reader) -> Option<HookDefinition> {
    let fields = reader.fields(node, &shape::NOTIFY, &[])?;
    let ways = fields.entries_of(&["command", "webhook", "mail"]);
    if ways.len() != 1 {
        let message = format!(
            "an entry of notify has one way, and this has {}",
            ways.len()
        );
        reader.error(
            &node.place,
            message,
            "write one of command, webhook and mail; others are told by entries of their own",
        );
    }
    let way = match ways.as_slice() {
        [only] => way(&only.key, &fields, reader),
        _ => None,
    };
    Some(HookDefinition {
        place: node.place.clone(),
        way,
        about: about(&fields, reader),
        gather: reader.duration_of(&fields, "group_wait"),
    })
}

fn way(key: &str, fields: &Fields<'_>, reader: &mut Reader) -> Option<HookWay> {
    match key {
        "command" => {
            let node = fields.get("command")?;
            let example = fields.example("command");
            let words = reader.list(node, "command", &example);
            let words = words.iter().filter_map(|word| reader.text(word, &example));
            Some(HookWay::Command(words.map(|word| word.value).collect()))
        }
        "webhook" => webhook(fields, reader),
        _ => {
            let inner = reader.fields(fields.get("mail")?, &shape::NOTIFY_MAIL, &[])?;
            mail(&inner, reader)
        }
    }
}

fn webhook(fields: &Fields<'_>, reader: &mut Reader) -> Option<HookWay> {
    let text = reader.text_of(fields, "webhook")?;
    let address = text.value.parse::<Uri>().ok();
    let host = address.as_ref().and_then(|address| {
        let scheme = address
            .scheme_str()
            .filter(|name| matches!(*name, "http" | "https"))?;
        Some(format!("{scheme}://{}", address.host()?))
    });
    match host {
        Some(shown) => Some(HookWay::Webhook {
            url: Secret::new(text.value),
            shown,
        }),
        None => {
            // The address may hold a token, so it is not shown.
            let hint = format!("write {}", fields.example("webhook"));
            reader.error(&text.place, "this is no http or https address", hint);
            None
        }
    }
}

fn mail(fields: &Fields<'_>, reader: &mut Reader) -> Option<HookWay> {
    let example = fields.example("to");
    let to = match fields.get("to") {
        Some(node) if matches!(node.content, Content::List(_)) => {
            let items = reader.list(node, "to", &example);
            let items = items.iter().filter_map(|item| reader.text(item, &example));
            items.map(|item| item.value).collect()
        }
        Some(node) => vec![reader.text(node, &example)?.value],
        None => {
            reader.error(
                fields.place,
                "this mail has no recipients",
                format!("write {example}"),
            );
            return None;
        }
    };
    let port = reader.number_of::<u16>(fields, "port");
    let port = port.map_or(SMTP_PORT, |port| port.value);
    Some(HookWay::Mail {
        to,
        from: reader.text_of(fields, "from").map(|from| from.value),
        relay: reader
            .text_of(fields, "relay")
            .map(|relay| (relay.value, port)),
    })
}

fn about(fields: &Fields<'_>, reader: &mut Reader) -> Vec<Placed<Topic>> {
    let Some(node) = fields.get("topics") else {
        return Vec::new();
    };
    let example = fields.example("topics");
    let items = reader.list(node, "topics", &example);
    let topics = items.iter().filter_map(|item| {
        let text = reader.text(item, &example)?;
        let topic = reader.word(&text, "topic", &Topic::ALL)?;
        Some(Placed::new(topic, text.place))
    });
    topics.collect()
}
