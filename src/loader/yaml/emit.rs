//! Definitions as YAML: the way back from what was read to a file that reads as the same. Comments are the caller's.

use std::fmt::Write;
use std::time::Duration;

use director_core::definitions::{
    Definitions, ForwardingDefinition, Host, ListenDefinition, Placed, PortDefinition,
    RealServerDefinition, ServiceDefinition, VipDefinition,
};
use director_core::model::{
    Combine, Family, InitialHealth, MarkRange, OnFailure, OnStop, TunnelChecksum,
};

use super::{emit_check, emit_recovery};

/// The definitions as the text of a file, without comments.
#[must_use]
pub fn emit(definitions: &Definitions) -> String {
    let mut text = String::new();
    emit_director(&mut text, definitions);
    if definitions.services.is_empty() {
        put(&mut text, 0, "services: []");
        return text;
    }
    put(&mut text, 0, "services:");
    for service in &definitions.services {
        emit_service(&mut text, service);
    }
    text
}

fn emit_director(text: &mut String, definitions: &Definitions) {
    let host = &definitions.host;
    let limits = [
        ("tcp", &host.tcp_timeout),
        ("tcp_fin", &host.tcp_fin_timeout),
        ("udp", &host.udp_timeout),
    ];
    let limits: Vec<String> = limits
        .iter()
        .filter_map(|(name, limit)| Some(format!("{name}: {}", span(limit.as_ref()?.value))))
        .collect();
    let resync = definitions.resync.as_ref();
    let usual = MarkRange::USUAL;
    let marks = definitions.probe_marks.as_ref().map(|marks| marks.value);
    let marks = marks.filter(|marks| *marks != (u64::from(usual.first), u64::from(usual.last)));
    let lines = [
        resync.map(|resync| format!("resync: {}", span(resync.value))),
        definitions
            .freeze
            .as_ref()
            .map(|freeze| emit_check::freeze(&freeze.value)),
        marks.map(|(first, last)| format!("probe_fwmarks: {first}-{last}")),
        emit_recovery::guard(definitions).map(|guard| format!("safety_limits: {guard}")),
        host.profile
            .as_ref()
            .map(|profile| format!("profile: {}", profile.value)),
        (!limits.is_empty()).then(|| format!("timeouts: {{{}}}", limits.join(", "))),
    ];
    let lines: Vec<String> = lines.into_iter().flatten().collect();
    if !lines.is_empty() {
        put(text, 0, "director:");
    }
    for line in lines {
        put(text, 1, &line);
    }
}

fn vip(vip: &VipDefinition) -> String {
    let mut fields = vec![format!("interface: {}", quoted(&vip.interface.value))];
    let prefix = vip.prefix.as_ref();
    fields.extend(prefix.map(|prefix| format!("prefix: {}", prefix.value)));
    fields.extend(vip.on_stop.as_ref().map(|stop| match stop.value {
        OnStop::Keep => "on_stop: keep".to_owned(),
        OnStop::Remove => "on_stop: remove".to_owned(),
    }));
    format!("{{{}}}", fields.join(", "))
}

fn emit_service(text: &mut String, service: &ServiceDefinition) {
    put(
        text,
        1,
        &format!("- listen: {}", quoted(&listen(&service.listen.value))),
    );
    let mut key = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            put(text, 2, &format!("{name}: {value}"));
        }
    };
    key(
        "name",
        service.name.as_ref().map(|name| quoted(&name.value)),
    );
    key("vip", service.vip.as_ref().map(vip));
    key("scheduler", scheduler(service));
    key(
        "forwarding",
        service
            .forwarding
            .as_ref()
            .map(|choice| forwarding(choice.value)),
    );
    key("persistence", persistence(service));
    key(
        "one_packet",
        service
            .one_packet
            .as_ref()
            .map(|choice| choice.value.to_string()),
    );
    if let Some((name, value)) = emit_check::checks(service) {
        key(name, Some(value));
    }
    let judging = &service.judging;
    key(
        "combine",
        judging.combine.as_ref().map(|word| match word.value {
            Combine::All => "all".to_owned(),
            Combine::Any => "any".to_owned(),
        }),
    );
    key(
        "initial_health",
        judging
            .initial_health
            .as_ref()
            .map(|word| match word.value {
                InitialHealth::Adopt => "adopt".to_owned(),
                InitialHealth::Down => "down".to_owned(),
                InitialHealth::Up => "up".to_owned(),
            }),
    );
    for (name, value) in emit_check::advisers(judging) {
        key(name, Some(value));
    }
    key(
        "on_failure",
        service
            .on_failure
            .as_ref()
            .map(|choice| match choice.value {
                OnFailure::Remove => "remove".to_owned(),
                OnFailure::Quiesce => "quiesce".to_owned(),
                OnFailure::Drain => "drain".to_owned(),
            }),
    );
    key(
        "on_stop",
        service.on_stop.as_ref().map(|choice| match choice.value {
            OnStop::Keep => "keep".to_owned(),
            OnStop::Remove => "remove".to_owned(),
        }),
    );
    for (name, value) in emit_recovery::keys(service) {
        key(name, Some(value));
    }
    if service.real_servers.is_empty() {
        key("real_servers", Some("[]".to_owned()));
        return;
    }
    key("real_servers", Some(String::new()));
    for real in &service.real_servers {
        put(text, 3, &format!("- {}", server(real)));
    }
}

pub(super) fn listen(definition: &ListenDefinition) -> String {
    match definition {
        ListenDefinition::Mark {
            family: Family::Ipv4,
            mark,
        } => format!("fwmark:{mark}"),
        ListenDefinition::Mark {
            family: Family::Ipv6,
            mark,
        } => format!("fwmark6:{mark}"),
        ListenDefinition::Address {
            protocol,
            host,
            port,
            ..
        } => {
            format!("{protocol}://{}:{}", bracketed(host), self::port(port))
        }
    }
}

fn bracketed(host: &Host) -> String {
    match host {
        Host::Address(address) if address.is_ipv6() => format!("[{address}]"),
        other => other.to_string(),
    }
}

fn port(port: &PortDefinition) -> String {
    match port {
        PortDefinition::Number(number) => number.to_string(),
        PortDefinition::Name(name) => name.clone(),
        PortDefinition::Unusable => String::new(),
    }
}

fn scheduler(service: &ServiceDefinition) -> Option<String> {
    let name = quoted(&service.scheduler.as_ref()?.value);
    if service.scheduler_flags.is_empty() {
        return Some(name);
    }
    let flags: Vec<String> = service
        .scheduler_flags
        .iter()
        .map(|flag| quoted(&flag.value))
        .collect();
    Some(format!("{{name: {name}, flags: [{}]}}", flags.join(", ")))
}

fn persistence(service: &ServiceDefinition) -> Option<String> {
    let timeout = format!("{}s", service.persistence.as_ref()?.value);
    let mut fields = vec![format!("timeout: {timeout}")];
    fields.extend(
        service
            .mask
            .as_ref()
            .map(|mask| format!("mask: {}", quoted(&mask.value))),
    );
    let engine = service.persistence_engine.as_ref();
    fields.extend(engine.map(|engine| format!("engine: {}", quoted(&engine.value))));
    Some(if fields.len() == 1 {
        timeout
    } else {
        format!("{{{}}}", fields.join(", "))
    })
}

fn forwarding(choice: ForwardingDefinition) -> String {
    let sum = |checksum| match checksum {
        TunnelChecksum::Off => "off",
        TunnelChecksum::On => "on",
        TunnelChecksum::Remote => "remote",
    };
    match choice {
        // One that is unusable was reported; nothing is ever emitted from such definitions.
        ForwardingDefinition::Masq | ForwardingDefinition::Unusable => "nat".to_owned(),
        ForwardingDefinition::Direct => "dr".to_owned(),
        ForwardingDefinition::Ipip => "tunnel".to_owned(),
        ForwardingDefinition::Gue { port, checksum } => {
            format!(
                "{{tunnel: gue, port: {port}, checksum: \"{}\"}}",
                sum(checksum)
            )
        }
        ForwardingDefinition::Gre { checksum } => {
            format!("{{tunnel: gre, checksum: \"{}\"}}", sum(checksum))
        }
    }
}

pub(super) fn server(real: &RealServerDefinition) -> String {
    let mut address = bracketed(&real.host.value);
    if let Some(last) = &real.last {
        let _ = write!(address, "-{}", bracketed(&last.value));
    }
    if let Some(port) = &real.port {
        let _ = write!(address, ":{}", self::port(&port.value));
    }
    let mut fields = vec![format!("address: {}", quoted(&address))];
    let number = |name: &str, value: &Option<Placed<i64>>| {
        value
            .as_ref()
            .map(|value| format!("{name}: {}", value.value))
    };
    fields.extend(
        real.forwarding
            .as_ref()
            .map(|choice| format!("forwarding: {}", forwarding(choice.value))),
    );
    fields.extend(number("weight", &real.weight));
    fields.extend(
        real.tier
            .as_ref()
            .map(|tier| format!("tier: {}", tier.value)),
    );
    fields.extend(number("upper_threshold", &real.upper_threshold));
    fields.extend(number("lower_threshold", &real.lower_threshold));
    fields.extend(
        real.request
            .as_ref()
            .map(|request| format!("request: {}", quoted(&request.value))),
    );
    fields.extend(
        real.receive
            .as_ref()
            .map(|receive| format!("receive: {}", quoted(&receive.value))),
    );
    format!("{{{}}}", fields.join(", "))
}

/// A time span as the format has it.
pub(super) fn span(span: Duration) -> String {
    if span.subsec_millis() == 0 {
        format!("{}s", span.as_secs())
    } else {
        format!("{}ms", span.as_millis())
    }
}

/// A text that reads as itself: in double quotes, whose escapes every YAML reader knows.
pub(super) fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "./_-".contains(c);
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(plain)
        && !is_word(text)
    {
        return text.to_owned();
    }
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

/// Words that YAML takes for something else than text.
fn is_word(text: &str) -> bool {
    matches!(
        text.to_ascii_lowercase().as_str(),
        "yes" | "no" | "on" | "off" | "true" | "false" | "null" | "y" | "n"
    )
}

fn put(text: &mut String, depth: usize, line: &str) {
    let indent = "  ".repeat(depth);
    text.push_str(&indent);
    text.push_str(line.trim_end());
    text.push('\n');
}
