//! What a person would leave out of a file: values that are the default, what all services share, and what several say alike.
//! The text says the same as before.

use std::collections::BTreeMap;

use director_core::definitions::{
    CheckDefinition, CheckKindDefinition, HttpCheckDefinition, ListenDefinition, Placed,
    PortDefinition, RealServerDefinition, ServiceDefinition,
};
use director_core::model::validate::{DEFAULT_EVERY, DEFAULT_FALL, DEFAULT_RISE, DEFAULT_TIMEOUT};

/// The lines of a mapping: keys and what stands behind them.
pub(super) type Lines = Vec<(&'static str, String)>;

/// Keys that no two services share.
const OWN: [&str; 3] = ["name", "listen", "real_servers"];
/// A check that is shorter stays where it is.
const SHORT: usize = 16;

/// What services have in common.
#[derive(Debug, Default, PartialEq)]
pub(super) struct SharedText {
    /// Defaults of services.
    pub(super) defaults: Lines,
    /// Named checks.
    pub(super) checks: Vec<(String, String)>,
    /// Named lists of real servers.
    pub(super) groups: Vec<(String, String)>,
}

impl SharedText {
    /// Moves what services have in common out of them.
    pub(super) fn of(services: &mut [Lines]) -> Self {
        let checks = named(services, "check", |text| {
            let kind = text.trim_start_matches('{').split(':').next();
            let long = text.starts_with('{') && text.len() > SHORT;
            long.then(|| format!("{}-check", kind.unwrap_or_default()))
        });
        let groups = named(services, "real_servers", |text| {
            text.starts_with('\n').then(|| "servers".to_owned())
        });
        Self {
            defaults: defaults(services),
            checks,
            groups,
        }
    }
}

/// Gives names to values of a key that several services have, and puts the names in their place.
fn named(
    services: &mut [Lines],
    key: &str,
    name: impl Fn(&str) -> Option<String>,
) -> Vec<(String, String)> {
    let mut found: Vec<(String, usize)> = Vec::new();
    for text in services.iter().filter_map(|service| value(service, key)) {
        match found.iter_mut().find(|(known, _)| known == text) {
            Some((_, count)) => *count += 1,
            None => found.push((text.to_owned(), 1)),
        }
    }
    let mut used: BTreeMap<String, usize> = BTreeMap::new();
    let mut names = Vec::new();
    for (text, _) in found.iter().filter(|(_, count)| *count > 1) {
        let Some(name) = name(text) else { continue };
        let number = used.entry(name.clone()).or_default();
        *number += 1;
        let name = match number {
            1 => name,
            more => format!("{name}-{more}"),
        };
        names.push((name, text.clone()));
    }
    for (known, text) in services.iter_mut().flatten() {
        let shared = names.iter().find(|(_, shared)| shared == text);
        if let Some((name, _)) = shared.filter(|_| *known == key) {
            name.clone_into(text);
        }
    }
    names
}

/// Values that stand at every service become defaults. Where services differ, the most frequent one does, if it is a word:
/// what a mapping leaves open would be filled from the default.
fn defaults(services: &mut [Lines]) -> Lines {
    let Some(first) = services.first().filter(|_| services.len() > 1) else {
        return Vec::new();
    };
    let keys: Vec<&'static str> = first.iter().map(|(key, _)| *key).collect();
    let mut defaults = Vec::new();
    for key in keys.into_iter().filter(|key| !OWN.contains(key)) {
        let values: Vec<&str> = services
            .iter()
            .filter_map(|service| value(service, key))
            .collect();
        if values.len() < services.len() {
            continue;
        }
        let count = |text: &str| values.iter().filter(|value| **value == text).count();
        let Some(most) = values.iter().max_by_key(|text| count(text)) else {
            continue;
        };
        let (most, count) = ((*most).to_owned(), count(most));
        let are_words = values
            .iter()
            .all(|text| !text.starts_with(['{', '[', '\n']));
        let is_check = key == "check" || key == "checks";
        if count == services.len() || count > 1 && are_words && !is_check {
            for service in services.iter_mut() {
                service.retain(|(known, text)| *known != key || *text != most);
            }
            defaults.push((key, most));
        }
    }
    defaults
}

fn value<'a>(service: &'a Lines, key: &str) -> Option<&'a str> {
    let line = service.iter().find(|(known, _)| *known == key);
    line.map(|(_, text)| text.as_str())
}

/// The same service without what is the default anyway.
pub(super) fn plain(mut service: ServiceDefinition) -> ServiceDefinition {
    hoist_forwarding(&mut service);
    for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
        drop_default(&mut server.weight, &1);
        drop_default(&mut server.upper_threshold, &0);
        drop_default(&mut server.lower_threshold, &0);
    }
    let port = match &service.listen.value {
        ListenDefinition::Address {
            port: PortDefinition::Number(number),
            ..
        } => Some(*number),
        _ => None,
    };
    plain_check(&mut service.check, port);
    service
}

/// A forwarding method that all servers have is that of the service.
fn hoist_forwarding(service: &mut ServiceDefinition) {
    let mut servers = service.real_servers.iter().chain(&service.fallback);
    let Some(shared) = servers.next().and_then(|server| server.forwarding.clone()) else {
        return;
    };
    let has_it = |server: &RealServerDefinition| {
        let own = server.forwarding.as_ref();
        own.is_some_and(|own| own.value == shared.value)
    };
    if service.forwarding.is_some() || !servers.all(has_it) {
        return;
    }
    for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
        server.forwarding = None;
    }
    service.forwarding = Some(shared);
}

fn plain_check(check: &mut CheckDefinition, port: Option<u64>) {
    drop_default(&mut check.every, &DEFAULT_EVERY);
    drop_default(&mut check.timeout, &DEFAULT_TIMEOUT);
    drop_default(&mut check.rise, &u64::from(DEFAULT_RISE));
    drop_default(&mut check.fall, &u64::from(DEFAULT_FALL));
    let default_port = check.default_port.map(u64::from);
    check.default_port = check
        .default_port
        .filter(|_| default_port.is_none() || default_port != port);
    if let Some(kind) = &mut check.kind
        && let CheckKindDefinition::Http(http) = &mut kind.value
    {
        plain_http(http);
    }
}

fn plain_http(http: &mut HttpCheckDefinition) {
    drop_default(&mut http.method, &"GET".to_owned());
    drop_default(&mut http.path, &"/".to_owned());
    drop_default(&mut http.follow_redirects, &0);
    if matches!(http.status.as_slice(), [only] if only.value == "2xx") {
        http.status.clear();
    }
}

fn drop_default<T: PartialEq>(value: &mut Option<Placed<T>>, default: &T) {
    if value.as_ref().is_some_and(|value| value.value == *default) {
        *value = None;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(lines: &[(&'static str, &str)]) -> Lines {
        let lines = lines.iter().map(|(key, text)| (*key, (*text).to_owned()));
        lines.collect()
    }

    #[test]
    fn what_all_services_share_is_written_once() {
        let page = "{http: {path: /test.html}}";
        let mut services = [
            service(&[("listen", "a"), ("scheduler", "wrr"), ("check", page)]),
            service(&[("listen", "b"), ("scheduler", "rr"), ("check", page)]),
            service(&[("listen", "c"), ("scheduler", "wrr"), ("check", page)]),
        ];
        let shared = SharedText::of(&mut services);
        assert_eq!(
            shared.defaults,
            service(&[("scheduler", "wrr"), ("check", "http-check")])
        );
        assert_eq!(shared.checks, [("http-check".to_owned(), page.to_owned())]);
        assert_eq!(
            services,
            [
                service(&[("listen", "a")]),
                service(&[("listen", "b"), ("scheduler", "rr")]),
                service(&[("listen", "c")]),
            ]
        );
    }

    #[test]
    fn a_mapping_is_no_default_for_services_that_differ() {
        let mut services = [
            service(&[("persistence", "{timeout: 60s, mask: 24}")]),
            service(&[("persistence", "{timeout: 60s, mask: 24}")]),
            service(&[("persistence", "90s")]),
        ];
        let before = services.clone();
        assert_eq!(SharedText::of(&mut services), SharedText::default());
        assert_eq!(services, before);
    }

    #[test]
    fn a_key_that_one_service_lacks_is_no_default() {
        let mut services = [
            service(&[("listen", "a"), ("fallback", "x")]),
            service(&[("listen", "b"), ("fallback", "x")]),
            service(&[("listen", "c")]),
        ];
        assert_eq!(SharedText::of(&mut services).defaults, []);
    }

    #[test]
    fn lists_of_servers_that_several_have_become_groups() {
        let list = "\n      - 10.0.0.1\n      - 10.0.0.2";
        let mut services = [
            service(&[("listen", "a"), ("real_servers", list)]),
            service(&[("listen", "b"), ("real_servers", list)]),
        ];
        let shared = SharedText::of(&mut services);
        assert_eq!(shared.groups, [("servers".to_owned(), list.to_owned())]);
        assert_eq!(value(&services[1], "real_servers"), Some("servers"));
    }
}
