//! Single values where a mapping belongs: a path as an HTTP check, an interface as a VIP.

use super::super::mapping::Shape;
use super::super::node::Node;
use super::values::{is_public, is_status, path, plain, program, protocol};

/// A single value as such a mapping.
pub(in crate::loader::yaml) fn as_mapping(node: &Node, shape: &dyn Shape) -> Option<String> {
    let text = node.scalar()?.text.trim();
    if !is_public(text) {
        return None;
    }
    let key = match shape.name() {
        "check" => return Some(format!("{{{}: {{}}}}", protocol(text)?)),
        "http" | "https" if text.starts_with('/') || text.contains("://") => {
            return Some(format!("{{path: {}}}", plain(&path(text))));
        }
        // As in HAProxy: `GET /health`.
        "http" | "https" if text.contains(" /") => {
            let path = text.split_whitespace().find(|word| word.starts_with('/'))?;
            return Some(format!("{{path: {}}}", plain(path)));
        }
        "http" | "https" if is_status(text) => {
            return Some(format!("{{expect: {{status: {text}}}}}"));
        }
        "expect" if is_status(text) => "status",
        "expect" => "body",
        "vip" if text.bytes().any(|byte| byte.is_ascii_digit()) && !text.contains(['.', ':']) => {
            "interface"
        }
        "agent" if text.parse::<u16>().is_ok() => "port",
        "notify_mail" if text.contains('@') => return Some(format!("{{to: [{}]}}", plain(text))),
        _ if shape.has("request") => "request",
        _ => return None,
    };
    Some(format!("{{{key}: {}}}", plain(text)))
}

/// A check that is named by a word of another program, a path, a URL or a program.
pub(in crate::loader::yaml) fn check(text: &str) -> Option<String> {
    if !is_public(text) {
        return None;
    }
    match protocol(text) {
        Some("command") => return Some("{command: [/usr/local/bin/check]}".to_owned()),
        Some(name) => return Some(name.to_owned()),
        None => {}
    }
    let is_program = ["/usr/", "/opt/", "/bin/", "/sbin/"]
        .iter()
        .any(|directory| text.starts_with(directory))
        || [".sh", ".pl", ".py"]
            .iter()
            .any(|ending| text.ends_with(ending));
    let name = match text.split_once("://") {
        None if !text.starts_with('/') => return None,
        None if is_program => return Some(format!("{{command: {}}}", program(text))),
        None | Some(("http", _)) => "http",
        Some(("https", _)) => "https",
        Some(_) => return None,
    };
    Some(format!("{{{name}: {{path: {}}}}}", plain(&path(text))))
}
