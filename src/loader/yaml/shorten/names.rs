//! Names for checks and groups, such as a person would choose: a protocol and what is special about it, or what the servers
//! have in common.

use std::collections::BTreeSet;

use director_core::definitions::{
    CheckKindDefinition, Host, ListenDefinition, PortDefinition, ServiceDefinition,
};

use crate::loader::yaml::keys::kinds;
use crate::loader::yaml::print::is_word;

/// Letters of the longest word of a name.
const LONGEST: usize = 24;

/// Names that are taken.
#[derive(Debug, Default)]
pub(super) struct Names(BTreeSet<String>);

impl Names {
    /// The first of the wishes that is free, or a number behind the last one.
    pub(super) fn take(&mut self, wishes: &[String]) -> String {
        let usable = |name: &&String| {
            !name.is_empty() && !is_word(name) && kinds::names().all(|kind| kind != *name)
        };
        let wishes: Vec<&String> = wishes.iter().filter(usable).collect();
        let last = wishes.first().map_or("shared", |name| name.as_str());
        let numbered = (2..).map(|number| format!("{last}-{number}"));
        let free = wishes.iter().map(|name| (*name).clone());
        let free = free.chain(std::iter::once("shared".to_owned()).filter(|_| wishes.is_empty()));
        let mut free = free.chain(numbered);
        let name = free
            .find(|name| !self.0.contains(name))
            .unwrap_or_else(|| last.to_owned());
        self.0.insert(name.clone());
        name
    }
}

/// Names for a check of a kind with these keys, the best first. Keys of the kind stand before those of all checks.
pub(super) fn check_names(kind: &str, keys: &[(&str, &str)]) -> Vec<String> {
    let value = |wanted: &str| {
        let found = keys.iter().find(|(key, _)| *key == wanted);
        found.map(|(_, text)| text.trim_matches('"'))
    };
    if kind == "command" {
        let program = value("command").map(|text| text.trim_start_matches(['[', '"']));
        let program = program.and_then(|text| text.split(['"', ',', ' ', ']']).next());
        let program = program.map(page);
        return [program.unwrap_or_default(), "program".to_owned()].to_vec();
    }
    let body = value("expect").and_then(|text| text.split("body:").nth(1));
    let details = [
        value("path").map(page),
        value("database").map(word),
        value("request").map(first_words),
        value("host").map(host),
        value("login").map(word),
        body.or(value("receive")).map(word),
        value("port").map(word),
        value("default_port").map(word),
        value("timeout").map(word),
        value("every").map(word),
        value("fall").map(|fall| format!("fall-{}", word(fall))),
        value("attempts").map(word),
        value("connects_between").map(|_| "between".to_owned()),
        value("method").map(word),
        value("verify").map(|_| "verified".to_owned()),
    ];
    let details: Vec<String> = details.into_iter().flatten().collect();
    let details = details.iter().filter(|detail| !detail.is_empty());
    let named = details.map(|detail| format!("{kind}-{detail}"));
    let plain = match kind {
        "http" => "web".to_owned(),
        "https" => "web-tls".to_owned(),
        kind => format!("{kind}-check"),
    };
    named.chain([plain]).collect()
}

/// `status` of `/shop/status.html?x=1`.
fn page(path: &str) -> String {
    let path = path.split('?').next().unwrap_or_default();
    let last = path.rsplit('/').find(|part| !part.is_empty());
    let last = last.unwrap_or_default();
    word(
        last.split('.')
            .find(|part| !part.is_empty())
            .unwrap_or(last),
    )
}

/// `example` of `www.example.org`, `shop` of `shop.example.org`.
fn host(name: &str) -> String {
    let mut labels = name.split('.').filter(|label| *label != "www");
    word(labels.next().unwrap_or_default())
}

/// `select-1` of `SELECT 1`, `example` of `www.example.org`.
fn first_words(text: &str) -> String {
    match text.contains(' ') || !text.contains('.') {
        true => word(text.trim_matches('/')),
        false => host(text),
    }
}

/// Letters and digits in lower case, with a hyphen for what is between them.
fn word(text: &str) -> String {
    let mut word = String::new();
    for c in text.chars() {
        match c.is_ascii_alphanumeric() {
            true => word.push(c.to_ascii_lowercase()),
            false if word.is_empty() || word.ends_with('-') => {}
            false => word.push('-'),
        }
        if word.len() == LONGEST {
            break;
        }
    }
    word.trim_end_matches('-').to_owned()
}

/// Names for the servers of these services, the best first.
pub(super) fn group_name(users: &[&ServiceDefinition]) -> Vec<String> {
    let servers = users.first().map_or(&[][..], |user| &user.real_servers);
    let hosts: Vec<String> = servers
        .iter()
        .map(|server| server.host.value.to_string())
        .collect();
    let all_names = servers
        .iter()
        .all(|server| matches!(server.host.value, Host::Name(_)));
    let mut wishes = Vec::new();
    if all_names {
        wishes.push(common_letters(&hosts));
    }
    let purpose = purpose(users);
    wishes.push(purpose.clone());
    let network = match all_names {
        true => None,
        false => common_octets(&hosts),
    };
    wishes.extend(network.map(|network| format!("{purpose}-{network}")));
    wishes
}

/// `web` of `web1.example.org` and `web2.example.org`.
fn common_letters(hosts: &[String]) -> String {
    let Some(first) = hosts.first() else {
        return String::new();
    };
    let is_shared = |at: &usize| hosts.iter().all(|host| host.get(..*at) == first.get(..*at));
    let length = (0..=first.len()).rev().find(is_shared).unwrap_or_default();
    let label = first[..length].split('.').next().unwrap_or_default();
    word(label.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-'))
}

/// `10.1.0` of `10.1.0.11` and `10.1.0.12`.
fn common_octets(hosts: &[String]) -> Option<String> {
    let parts: Vec<Vec<&str>> = hosts.iter().map(|host| host.split('.').collect()).collect();
    let first = parts.first().filter(|parts| parts.len() == 4)?;
    let is_shared = |at: &usize| {
        parts
            .iter()
            .all(|other| other.get(..*at) == first.get(..*at))
    };
    let shared = (1..4).rev().find(is_shared)?;
    Some(first[..shared].join("."))
}

/// What the services are for, by their checks, or else by their ports.
fn purpose(users: &[&ServiceDefinition]) -> String {
    let purposes = users.iter().map(|service| {
        let kind = service.check.kind.as_ref().map(|kind| &kind.value);
        match kind {
            Some(CheckKindDefinition::Http(_)) => "web",
            Some(kind @ CheckKindDefinition::Protocol(_)) => of_protocol(kinds::text_of(kind).0),
            _ => of_port(&service.listen.value),
        }
    });
    let distinct: BTreeSet<&str> = purposes.filter(|purpose| *purpose != "servers").collect();
    match distinct.len() {
        0 => "servers".to_owned(),
        1 | 2 => distinct.into_iter().collect::<Vec<_>>().join("-"),
        _ => "shared".to_owned(),
    }
}

fn of_protocol(word: &'static str) -> &'static str {
    match word {
        "smtp" | "submission" | "pop" | "pops" | "imap" | "imaps" => "mail",
        "ldaps" => "ldap",
        "simpletcp" => "servers",
        other => other,
    }
}

fn of_port(listen: &ListenDefinition) -> &'static str {
    let ListenDefinition::Address { port, .. } = listen else {
        return "servers";
    };
    match port {
        PortDefinition::Number(80 | 443 | 8080 | 8443) => "web",
        PortDefinition::Number(25 | 110 | 143 | 465 | 587 | 993 | 995) => "mail",
        PortDefinition::Number(53) => "dns",
        PortDefinition::Number(3306) => "mysql",
        PortDefinition::Number(5432) => "pgsql",
        PortDefinition::Number(389 | 636) => "ldap",
        _ => "servers",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_is_named_by_its_protocol_and_what_is_special() {
        type Case = (
            &'static str,
            &'static [(&'static str, &'static str)],
            &'static str,
        );
        let cases: [Case; 9] = [
            (
                "http",
                &[("path", "/health.html"), ("host", "a.b")],
                "http-health",
            ),
            ("http", &[("follow_redirects", "7")], "web"),
            ("https", &[("expect", "{body: OK}")], "https-ok"),
            ("https", &[("follow_redirects", "7")], "web-tls"),
            ("dns", &[("request", "www.example.com")], "dns-example"),
            (
                "mysql",
                &[("request", "\"SELECT 1\""), ("login", "probe")],
                "mysql-select-1",
            ),
            ("smtp", &[("timeout", "30s")], "smtp-30s"),
            ("tcp", &[("fall", "3")], "tcp-fall-3"),
            (
                "command",
                &[("command", "[/usr/local/bin/probe_web.sh, \"{vip}\"]")],
                "probe-web",
            ),
        ];
        for (kind, keys, name) in cases {
            assert_eq!(Names::default().take(&check_names(kind, keys)), name);
        }
    }

    #[test]
    fn no_name_is_given_twice_and_none_is_a_protocol() {
        let mut names = Names::default();
        let wishes = ["http", "web", "web-10.1.0"].map(str::to_owned);
        let taken = [(); 4].map(|()| names.take(&wishes));
        assert_eq!(taken, ["web", "web-10.1.0", "web-2", "web-3"]);
        assert_eq!(names.take(&["yes".to_owned()]), "shared");
    }

    #[test]
    fn host_names_and_networks_name_their_groups() {
        let texts = |hosts: &[&str]| {
            hosts
                .iter()
                .map(|host| (*host).to_owned())
                .collect::<Vec<_>>()
        };
        assert_eq!(common_letters(&texts(&["web1.x.org", "web2.x.org"])), "web");
        assert_eq!(common_letters(&texts(&["a.x.org", "b.x.org"])), "");
        let octets = |hosts: &[&str]| common_octets(&texts(hosts));
        assert_eq!(octets(&["10.1.0.1", "10.1.0.2"]).as_deref(), Some("10.1.0"));
        assert_eq!(octets(&["10.1.0.1", "10.2.0.2"]).as_deref(), Some("10"));
        assert_eq!(octets(&["10.1.0.1", "11.2.0.2"]), None);
    }
}
