//! Names in a configuration, with a name service of the test.

use std::net::IpAddr;
use std::sync::Arc;

use director_core::definitions::{Placed, SrvRecord};

use super::*;
use crate::loader::names::LookupFailure;
use crate::loader::yaml;

fn hosts(name: &str, _: Option<Family>) -> Result<Vec<IpAddr>, LookupFailure> {
    let addresses: &[&str] = match name {
        "both" => &["2001:db8::7", "192.0.2.7"],
        "six" => &["2001:db8::6"],
        "empty" => &[],
        "blocked" => &["0.0.0.0"],
        "pool" => &["10.0.0.2", "10.0.0.1", "2001:db8::1"],
        "a.example.org" => &["10.0.1.1"],
        "b.example.org" => &["10.0.2.1", "10.0.2.2"],
        _ => {
            return Err(LookupFailure {
                reason: "host not found".to_owned(),
                is_temporary: false,
            });
        }
    };
    Ok(addresses.iter().map(|text| text.parse().unwrap()).collect())
}

fn records(name: &str) -> Result<(Vec<SrvRecord>, Duration), String> {
    let record = |priority, weight, port, target: &str| SrvRecord {
        priority,
        target: target.to_owned(),
        port,
        weight,
    };
    match name {
        "_http._tcp.example.org" => Ok((
            vec![
                record(10, 3, 8080, "a.example.org"),
                record(10, 0, 8081, "a.example.org"),
                record(40, 5, 8082, "b.example.org"),
            ],
            Duration::from_secs(60),
        )),
        _ => Err("it has no SRV records".to_owned()),
    }
}

fn read(services: &str) -> Definitions {
    let text = format!("services:\n{services}");
    let read = yaml::read(&text, &Arc::from("t.yaml"));
    assert_eq!(read.findings, Vec::new());
    read.definitions.unwrap()
}

fn resolved(services: &str) -> (Vec<String>, Vec<String>) {
    resolved_as(&mut read(services), Dialect::Yaml)
}

fn resolved_as(definitions: &mut Definitions, dialect: Dialect) -> (Vec<String>, Vec<String>) {
    let names = NameCache::known_by(hosts).with_services(records);
    let limits = NameLimits {
        every: Duration::from_secs(60),
        wait: Duration::from_secs(30),
    };
    let findings = resolve(definitions, dialect, &names, limits);
    let servers = definitions.services.iter().flat_map(|service| {
        let listen = match &service.listen.value {
            ListenDefinition::Address { host, port, .. } => format!("{host} {port:?}"),
            ListenDefinition::Mark { mark, .. } => mark.to_string(),
        };
        let pool = service.recovery.fallback_pool.iter();
        let pool = pool.flat_map(|pool| &pool.real_servers);
        let servers = service.real_servers.iter().chain(&service.fallback);
        let hosts = servers
            .chain(pool)
            .map(|server| server.host.value.to_string());
        std::iter::once(listen).chain(hosts)
    });
    let findings = findings.iter().map(ToString::to_string).collect();
    (servers.collect(), findings)
}

#[test]
fn names_become_addresses_of_the_family_of_the_service() {
    let (hosts, findings) = resolved(
        "  - {listen: 'tcp://both:http', forwarding: tunnel, real_servers: [both, six], fallback: both}\n  \
         - {listen: 'udp://six:domain', real_servers: [both]}\n  \
         - {listen: 'fwmark6:1', real_servers: [both]}\n",
    );
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(
        hosts,
        [
            "192.0.2.7 Number(80)",
            "192.0.2.7",
            "2001:db8::6",
            "192.0.2.7",
            "2001:db8::6 Number(53)",
            "2001:db8::7",
            "1",
            "2001:db8::7",
        ]
    );
}

#[test]
fn an_address_that_its_service_cannot_use_is_none_yet() {
    let (hosts, findings) = resolved(
        "  - {listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [six, blocked, both]}\n  \
         - {listen: 'tcp://192.0.2.2:80', forwarding: tunnel, real_servers: [six]}\n",
    );
    let expected = ["192.0.2.1 Number(80)", "six", "blocked", "192.0.2.7"];
    assert_eq!(hosts[..4], expected);
    assert_eq!(hosts[4..], ["192.0.2.2 Number(80)", "2001:db8::6"]);
    assert_eq!(findings.len(), 2, "{findings:?}");
    assert!(findings[0].contains("it has no IPv4 address, only 2001:db8::6"));
    assert!(findings[1].contains("0.0.0.0 is"), "{findings:?}");
}

#[test]
fn names_in_a_fallback_pool_are_resolved() {
    let (hosts, findings) =
        resolved("  - {listen: 'tcp://192.0.2.1:80', fallback: [both:80, 10.0.0.9:80]}\n");
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(hosts, ["192.0.2.1 Number(80)", "192.0.2.7", "10.0.0.9"]);
}

#[test]
fn each_unknown_name_is_reported_where_it_stands() {
    let (hosts, findings) = resolved(
        "  - {listen: 'tcp://none:nonsense', forwarding: tunnel, real_servers: [empty], fallback: 'six:x'}\n",
    );
    assert_eq!(hosts, ["none Unusable", "empty", "2001:db8::6"]);
    let messages = [
        "no tcp service named nonsense",
        "cannot resolve host name none: host not found",
        "cannot resolve host name empty: it has no address",
        "no tcp service named x",
    ];
    assert_eq!(findings.len(), messages.len(), "{findings:?}");
    for (finding, message) in findings.iter().zip(messages) {
        assert!(finding.contains(message), "{finding}");
    }
}

const POOL: &str = "  - {listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [pool]}\n";

#[test]
fn a_name_is_a_server_for_each_of_its_addresses() {
    let (hosts, findings) = resolved(POOL);
    assert_eq!(findings, Vec::<String>::new());
    assert_eq!(hosts[1..], ["10.0.0.1", "10.0.0.2"]);
    let mut definitions = read(POOL);
    resolved_as(&mut definitions, Dialect::Yaml);
    let servers = &definitions.services[0].real_servers;
    let named = servers
        .iter()
        .all(|server| server.resolved_from.as_deref() == Some("pool"));
    assert!(named, "{servers:?}");
    assert_eq!(definitions.names[0].addresses.len(), 2);
    let single = POOL.replace("[pool]", "[{address: pool, single: true}]");
    let (hosts, findings) = resolved(&single);
    assert_eq!(
        (hosts[1..].join(" "), findings.len()),
        ("10.0.0.2".to_owned(), 0)
    );
}

#[test]
fn where_one_address_is_used_a_warning_names_the_others() {
    let mut definitions = read(POOL);
    let server = &mut definitions.services[0].real_servers[0];
    server.single = Some(Placed::new(true, server.place.clone()));
    let (hosts, findings) = resolved_as(&mut definitions, Dialect::Ldirectord);
    assert_eq!(hosts[1..], ["10.0.0.2"]);
    assert_eq!(findings.len(), 1, "{findings:?}");
    let expected =
        "host name pool has several addresses, and only 10.0.0.2 is used; the others are 10.0.0.1";
    assert!(findings[0].contains(expected), "{findings:?}");
    let (hosts, findings) = resolved(
        "  - {listen: 'tcp://pool:80', forwarding: nat, real_servers: [10.0.9.1], fallback: pool}\n",
    );
    assert_eq!(hosts, ["10.0.0.2 Number(80)", "10.0.9.1", "10.0.0.2"]);
    assert_eq!(findings.len(), 2, "{findings:?}");
}

#[test]
fn srv_records_give_a_server_for_each_address_with_port_weight_and_tier() {
    let service = |entry: &str| {
        let text = "  - {listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [ENTRY]}\n";
        let mut definitions = read(&text.replace("ENTRY", entry));
        let (_, findings) = resolved_as(&mut definitions, Dialect::Yaml);
        assert_eq!(findings, Vec::<String>::new());
        let servers = definitions.services[0].real_servers.iter().map(|server| {
            let value = |placed: &Option<Placed<i64>>| placed.as_ref().unwrap().value;
            let port = &server.port.as_ref().unwrap().value;
            let tier = server.tier.as_ref().unwrap().value;
            format!(
                "{} {port:?} {} {tier}",
                server.host.value,
                value(&server.weight)
            )
        });
        servers.collect::<Vec<String>>()
    };
    assert_eq!(
        service("{srv: _http._tcp.example.org}"),
        [
            "10.0.1.1 Number(8080) 3 1",
            "10.0.1.1 Number(8081) 1 1",
            "10.0.2.1 Number(8082) 5 2",
            "10.0.2.2 Number(8082) 5 2",
        ]
    );
    let own = service("{srv: _http._tcp.example.org, weight: 7, tier: 2, single: true}");
    assert_eq!(own[2..], ["10.0.2.1 Number(8082) 7 3"]);
}

#[test]
fn a_service_without_srv_records_is_a_server_without_an_address() {
    let (hosts, findings) = resolved(
        "  - {listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [{srv: _x._tcp.example.org}]}\n",
    );
    assert_eq!(hosts[1..], ["_x._tcp.example.org"]);
    assert!(
        findings[0].contains("it has no SRV records"),
        "{findings:?}"
    );
}

#[test]
fn in_a_list_of_both_families_a_name_serves_where_it_has_an_address() {
    let (hosts, findings) = resolved(
        "  - {listen: ['tcp://192.0.2.1:80', 'tcp://[2001:db8::1]:80'], forwarding: dr, real_servers: [six, both, none]}\n",
    );
    let expected = [
        "192.0.2.1 Number(80)",
        "192.0.2.7",
        "none",
        "2001:db8::1 Number(80)",
        "2001:db8::6",
        "2001:db8::7",
        "none",
    ];
    assert_eq!(hosts, expected);
    assert_eq!(
        findings.len(),
        2,
        "only of the one without any address: {findings:?}"
    );
}

#[test]
fn a_name_that_stands_for_what_another_service_listens_on_waits() {
    let service = |listen: &str| {
        format!(
            "  - {{listen: '{listen}', scheduler: rr, forwarding: nat, real_servers: [10.0.0.9]}}\n"
        )
    };
    for (listens, waiting) in [
        (["tcp://six:80", "tcp://[2001:db8::6]:80"], "six"),
        (["tcp://[2001:db8::6]:80", "tcp://six:80"], "six"),
        (["tcp://six:80", "tcp://SIX:80"], "SIX"),
    ] {
        let text: String = listens.iter().map(|listen| service(listen)).collect();
        let (found, findings) = resolved(&text.replace("SIX", "six"));
        let waits = found.iter().filter(|line| line.starts_with("six "));
        assert_eq!(waits.count(), 1, "{waiting}: {found:?}");
        assert!(findings[0].contains("this service waits"), "{findings:?}");
    }
    let (found, findings) = resolved(&(service("tcp://six:80") + &service("tcp://six:81")));
    assert_eq!(findings, Vec::<String>::new());
    assert!(found.iter().all(|line| !line.starts_with("six ")));
}

#[test]
fn a_vip_name_that_stands_for_no_address_of_a_host_waits() {
    let (found, findings) = resolved(
        "  - {listen: 'tcp://blocked:80', scheduler: rr, forwarding: nat, real_servers: [10.0.0.9]}\n",
    );
    assert!(found[0].starts_with("blocked "), "{found:?}");
    assert!(
        findings[0].contains("0.0.0.0 is the unspecified address"),
        "{findings:?}"
    );
}
