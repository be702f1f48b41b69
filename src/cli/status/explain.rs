//! `ipvsctl explain`: the effective weight of a real server as a chain, each link with its cause.

use director_core::naming::{Named, meant_by_host};

use super::span::span;
use crate::api::wire::{ChainLink, ServerStatus, ServiceStatus, Status};

/// The chain of a real server in each service that is meant, or what is known in place of it.
pub(in crate::cli) fn explain(
    status: &Status,
    service: &str,
    server: &str,
) -> Result<String, String> {
    let all = found(status, service, server)?;
    let texts: Vec<String> = all
        .iter()
        .map(|(service, server)| chain(service, server))
        .collect();
    Ok(texts.join("\n"))
}

fn chain(service: &ServiceStatus, server: &ServerStatus) -> String {
    let mut links: Vec<(&str, Option<u32>, String)> = server
        .chain
        .iter()
        .map(|link| (link.link.as_str(), link.weight, cause(link)))
        .collect();
    if !server.chain.iter().any(|link| link.link == "override") {
        links.push((
            "override",
            links.last().and_then(|link| link.1),
            "none".to_owned(),
        ));
    }
    links.push(("desired", server.desired_weight, desired(server)));
    links.push(("kernel", server.weight, kernel(server)));
    let shown =
        |weight: Option<u32>| weight.map_or_else(|| "-".to_owned(), |weight| weight.to_string());
    let mut text = format!(
        "{}  {}  ({})\n",
        service.listen, server.address, service.name
    );
    for (link, weight, cause) in links {
        text.push_str(&format!("  {link:<10} {:>5}   {cause}\n", shown(weight)));
    }
    text
}

/// The one real server that is meant; where several are, which ones there are to choose from.
pub(super) fn only<'a>(
    status: &'a Status,
    service: &str,
    server: &str,
) -> Result<(&'a ServiceStatus, &'a ServerStatus), String> {
    let all = found(status, service, server)?;
    match all.as_slice() {
        [one] => Ok(*one),
        several => {
            let several = several
                .iter()
                .map(|(service, server)| format!("\"{}\" {}", service.listen, server.address));
            let several: Vec<String> = several.collect();
            Err(format!(
                "ipvsctl: {service} {server} is ambiguous: {}; write one of them",
                several.join(", ")
            ))
        }
    }
}

/// Real servers by their services and their address, as people write them; else what is known in their place.
fn found<'a>(
    status: &'a Status,
    service: &str,
    server: &str,
) -> Result<Vec<(&'a ServiceStatus, &'a ServerStatus)>, String> {
    let all = status.services.iter().flat_map(|service| {
        let servers = service.real_servers.iter().chain(&service.fallback);
        servers.map(move |server| (service, server))
    });
    let all: Vec<_> = all.collect();
    let names: Vec<Named> = all
        .iter()
        .map(|(service, server)| Named {
            name: service.name.clone(),
            listen: service.listen.clone(),
            server: server.address.clone(),
        })
        .collect();
    let hosts = status.names.iter();
    let hosts = hosts.map(|host| (host.name.as_str(), host.addresses.as_slice()));
    let places = meant_by_host(&names, hosts, Some(service), server)
        .map_err(|words| format!("ipvsctl: {words}"))?;
    let mut found: Vec<(&ServiceStatus, &ServerStatus)> = Vec::new();
    for (service, server) in places.into_iter().map(|place| all[place]) {
        // A fallback that is a real server as well stands there twice.
        let is_there = found
            .iter()
            .any(|(known, one)| known.listen == service.listen && one.address == server.address);
        if !is_there {
            found.push((service, server));
        }
    }
    Ok(found)
}

fn cause(link: &ChainLink) -> String {
    match link.age_seconds {
        Some(age) => format!("for {}: {}", span(age), link.cause),
        None => link.cause.clone(),
    }
}

fn desired(server: &ServerStatus) -> String {
    match server.desired_weight {
        None => "not in the table".to_owned(),
        Some(0) => "in the table, no new connections".to_owned(),
        Some(_) => "in the table, takes new connections".to_owned(),
    }
}

fn kernel(server: &ServerStatus) -> String {
    match (&server.refused, server.weight) {
        (Some(refused), _) => format!(
            "refused: {} (next attempt in {})",
            refused.message,
            span(refused.retry_in_seconds)
        ),
        (None, None) => "not in the table".to_owned(),
        (None, Some(_)) => format!(
            "{} active and {} inactive connections",
            server.active, server.inactive
        ),
    }
}

#[cfg(test)]
mod tests {
    use director_core::definitions::HostName;

    use super::super::sample::status;
    use super::*;

    #[test]
    fn each_link_of_the_chain_has_its_weight_and_cause() {
        let expected = "\
tcp 192.0.2.10:80  10.0.0.11:80  (web)
  defined       10   as configured
  health         0   for 2m05s: down: connection refused, 3 of 3
  override       0   none
  desired        0   in the table, no new connections
  kernel        10   3 active and 7 inactive connections
";
        for service in ["web", "tcp 192.0.2.10:80", "192.0.2.10:80"] {
            for server in ["10.0.0.11", "10.0.0.11:80"] {
                assert_eq!(explain(&status(), service, server).unwrap(), expected);
            }
        }
    }

    #[test]
    fn a_server_may_go_by_its_host_name() {
        let mut status = status();
        status.names = vec![HostName {
            name: "web1.example.org".to_owned(),
            addresses: vec!["10.0.0.11".parse().unwrap()],
            ..HostName::default()
        }];
        let named = explain(&status, "web", "web1");
        assert_eq!(named, explain(&status, "web", "10.0.0.11"));
        assert!(named.is_ok() && explain(&status, "web", "web2").is_err());
    }

    #[test]
    fn an_ambiguous_service_name_lists_the_services_to_choose_from() {
        let mut status = status();
        let mut second = status.services[0].clone();
        second.listen = "tcp [2001:db8::10]:80".to_owned();
        status.services.push(second);
        let text = explain(&status, "web", "10.0.0.11").unwrap();
        let heads: Vec<&str> = text
            .lines()
            .filter(|line| line.ends_with("(web)"))
            .collect();
        assert_eq!(
            heads,
            [
                "tcp 192.0.2.10:80  10.0.0.11:80  (web)",
                "tcp [2001:db8::10]:80  10.0.0.11:80  (web)"
            ]
        );
        assert_eq!(
            only(&status, "web", "10.0.0.11").unwrap_err(),
            "ipvsctl: web 10.0.0.11 is ambiguous: \"tcp 192.0.2.10:80\" 10.0.0.11:80, \
             \"tcp [2001:db8::10]:80\" 10.0.0.11:80; write one of them"
        );
        let (service, _) = only(&status, "[2001:db8::10]:80", "10.0.0.11").unwrap();
        assert_eq!(service.listen, "tcp [2001:db8::10]:80");
    }

    #[test]
    fn what_is_not_known_is_named_with_what_is() {
        let message = explain(&status(), "mail", "10.0.0.11").unwrap_err();
        assert_eq!(
            message,
            "ipvsctl: no virtual service \"mail\"; there are web"
        );
        let message = explain(&status(), "web", "10.0.0.12").unwrap_err();
        assert_eq!(
            message,
            "ipvsctl: web has no real server \"10.0.0.12\"; there are 10.0.0.11:80"
        );
    }
}
