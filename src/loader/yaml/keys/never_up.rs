//! Checks that no server passes, whatever it answers.

use director_core::definitions::{
    CheckKindDefinition, HttpCheckDefinition, Placed, ProtocolCheckDefinition,
};

use crate::loader::yaml::reader::Reader;

/// What `ipvsctl convert` writes for an invalid expression of ldirectord.cf, which has the same effect there.
const NO_MATCH: &str = r"[^\s\S]";

/// A check by another protocol than HTTP, whose expression may match nothing.
pub(super) fn protocol(check: ProtocolCheckDefinition, reader: &mut Reader) -> CheckKindDefinition {
    text(check.receive.as_ref(), reader);
    CheckKindDefinition::Protocol(Box::new(check))
}

/// A check by HTTP; reports what keeps every server down.
pub(super) fn http(check: HttpCheckDefinition, reader: &mut Reader) -> CheckKindDefinition {
    text(check.body.as_ref(), reader);
    head(&check, reader);
    urls(&check, reader);
    CheckKindDefinition::Http(Box::new(check))
}

/// Reports an expression that matches nothing.
fn text(receive: Option<&Placed<String>>, reader: &mut Reader) {
    if let Some(receive) = receive.filter(|receive| receive.value.starts_with(NO_MATCH)) {
        reader.warning(
            &receive.place,
            "no answer matches this expression, so no server comes up",
            "write a text that the servers send",
        );
    }
}

/// Reports a text that is expected in the answer to HEAD.
fn head(http: &HttpCheckDefinition, reader: &mut Reader) {
    if let Some(body) = &http.body
        && http
            .method
            .as_ref()
            .is_some_and(|method| method.value == "HEAD")
    {
        reader.warning(
            &body.place,
            "the answer to HEAD has no body, so this text never matches and no server comes up",
            "write method: GET, or remove the text",
        );
    }
}

/// Reports a URL where a host belongs, and one in `path`, which is requested in place of each server.
fn urls(http: &HttpCheckDefinition, reader: &mut Reader) {
    if let Some(host) = &http.virtual_host
        && host.value.contains(['/', ' '])
    {
        let bare = host
            .value
            .split_once("://")
            .map_or(host.value.as_str(), |(_, rest)| rest);
        let bare = bare.trim().split(['/', ' ']).next().unwrap_or_default();
        let message = format!("host {:?} is more than a host name", host.value);
        reader.error(&host.place, message, format!("write {bare}"));
    }
    if let Some(path) = &http.path
        && !http.proxy
        && let Some((_, rest)) = path.value.split_once("://")
    {
        let host = rest.split('/').next().unwrap_or_default();
        let host = host.rsplit('@').next().unwrap_or_default();
        reader.warning(
            &path.place,
            format!("this URL is requested from {host} for each server, and from no server itself"),
            "write its path as path and its host as host, or proxy: true if the servers are proxies",
        );
    }
}
