//! The check that suits a service, by its protocol and port.

use std::collections::BTreeSet;

use director_core::model::{Protocol, ServiceId};

use super::super::super::restore::SavedService;

/// A check as it is written in a file, and what to change in it first.
struct Suggestion {
    check: &'static str,
    note: Option<&'static str>,
}

const fn plain(check: &'static str) -> Suggestion {
    Suggestion { check, note: None }
}

const fn with_login(check: &'static str) -> Suggestion {
    Suggestion {
        check,
        note: Some("The check below logs in: write a user of your server and its password."),
    }
}

/// The comments: what to know, and the check, which is valid without its `# `.
pub(super) fn lines(id: &ServiceId, service: &SavedService) -> Vec<String> {
    let suggestion = suggestion(id.protocol(), port(id, service));
    let note = suggestion.note.map(|note| format!("# {note}"));
    let check = format!("# check: {}", suggestion.check);
    note.into_iter().chain([check]).collect()
}

/// The port that tells what the servers serve: that of the service, or the one of all of its servers where it has none. None if
/// there is a server without a port, which only a ping reaches.
fn port(id: &ServiceId, service: &SavedService) -> Option<u16> {
    let ports: BTreeSet<u16> = service.servers.keys().map(|server| server.port).collect();
    if ports.contains(&0) {
        return None;
    }
    let own = id.port().filter(|port| *port > 0);
    match ports.first() {
        _ if own.is_some() => own,
        Some(port) if ports.len() == 1 => Some(*port),
        // Different ones, which a connect reaches.
        Some(_) => Some(0),
        None => None,
    }
}

fn suggestion(protocol: Option<Protocol>, port: Option<u16>) -> Suggestion {
    match (protocol, port) {
        (_, None) | (Some(Protocol::Sctp), _) => plain("ping"),
        (Some(Protocol::Udp), Some(53)) => plain("dns"),
        (Some(Protocol::Udp), Some(5060)) => plain("sip"),
        (Some(Protocol::Udp), _) => plain("ping"),
        (Some(Protocol::Tcp) | None, Some(port)) => of_tcp(port),
    }
}

fn of_tcp(port: u16) -> Suggestion {
    match port {
        80 | 8000 | 8008 | 8080 | 8081 | 8088 | 8888 => plain("{http: {path: /}}"),
        443 | 8443 => plain("{https: {path: /}}"),
        21 => Suggestion {
            check: "ftp",
            note: Some("The check below logs in as anonymous; ftp takes login and password too."),
        },
        25 => plain("smtp"),
        465 => plain("{smtp: {tls: true}}"),
        587 => plain("submission"),
        53 => plain("dns"),
        853 => plain("{dns: {tls: true}}"),
        110 => plain("pop"),
        995 => plain("pops"),
        143 => plain("imap"),
        993 => plain("imaps"),
        119 => plain("nntp"),
        389 => plain("ldap"),
        636 => plain("ldaps"),
        1521 => plain("oracle"),
        3306 => with_login("{mysql: {login: probe, password: secret}}"),
        5432 => with_login("{pgsql: {login: probe, password: secret, database: postgres}}"),
        5060 => plain("sip"),
        5061 => plain("{sip: {tls: true}}"),
        6379 => plain(r#"{simpletcp: {request: "PING\r\n", receive: "PONG|NOAUTH"}}"#),
        11211 => plain(r#"{simpletcp: {request: "version\r\n", receive: VERSION}}"#),
        50051 => plain("grpc"),
        _ => plain("tcp"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::tests::{converted, loaded, uncommented};
    use super::*;

    /// A service for each check that can be suggested.
    fn services() -> String {
        let mut services = BTreeMap::new();
        for (option, protocol) in [
            ("-t", Protocol::Tcp),
            ("-u", Protocol::Udp),
            ("--sctp-service", Protocol::Sctp),
        ] {
            for port in 1..=u16::MAX {
                let check = suggestion(Some(protocol), Some(port)).check;
                let service = format!("{option} 192.0.2.1:{port}");
                services.entry((option, check)).or_insert(service);
            }
        }
        let lines = services.into_values().map(|service| {
            format!("-A {service}\n-a {service} -r 10.0.0.1 -m\n-a {service} -r 10.0.0.2:9 -m\n")
        });
        lines.collect()
    }

    const MARKS: &str = "-A -t 192.0.2.2:0 -p\n-a -t 192.0.2.2:0 -r 10.0.0.1 -g\n\
        -A -f 1\n-a -f 1 -r 10.0.0.1 -g\n-A -f 2 -6\n-a -f 2 -6 -r [fd00::1]:80 -m\n\
        -A -f 3\n-a -f 3 -r 10.0.0.1:80 -m\n-a -f 3 -r 10.0.0.2:81 -m\n-A -f 4\n";

    #[test]
    fn every_suggested_check_can_be_turned_on_as_it_is() {
        let table = format!("{}{MARKS}", services());
        let yaml = converted(&table);
        let before = loaded(&yaml);
        let after = loaded(&uncommented(&yaml));
        assert!(after.model.services().len() > 30);
        for (before, after) in before.model.services().iter().zip(after.model.services()) {
            for (idle, probed) in before.real_servers.iter().zip(&after.real_servers) {
                assert!(!before.asks(idle), "{}", before.name);
                assert!(after.asks(probed), "{}", after.name);
            }
        }
    }

    #[test]
    fn the_port_tells_the_check() {
        let yaml = converted(
            "-A -t 192.0.2.1:81\n-a -t 192.0.2.1:81 -r 10.0.0.1:80 -m\n-A -t 192.0.2.1:443\n\
             -A -u 192.0.2.1:53\n-a -u 192.0.2.1:53 -r 10.0.0.1 -m\n-A -f 2\n-a -f 2 -r 10.0.0.1:443 -m\n\
             -A -f 3\n-a -f 3 -r 10.0.0.1:80 -m\n-a -f 3 -r 10.0.0.2:81 -m\n-A -f 4\n-a -f 4 -r 10.0.0.1 -g\n",
        );
        let checks = yaml
            .lines()
            .filter_map(|line| line.trim().strip_prefix("# check: "));
        let checks: Vec<&str> = checks.collect();
        assert_eq!(
            checks,
            [
                "tcp",
                "{https: {path: /}}",
                "dns",
                "{https: {path: /}}",
                "tcp",
                "ping"
            ]
        );
    }
}
