//! Finds what an operator means: a virtual service by its name or by what it listens on, a real server by its address, with
//! its port where that is wanted. Several virtual services may be meant, and then all of them are.

use std::net::{IpAddr, SocketAddr};

use crate::diagnostic::nearest;

/// A real server of a virtual service, as people know it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The service's name.
    pub name: String,
    /// What it listens on: `tcp 192.0.2.10:80`, `fwmark 5`.
    pub listen: String,
    /// The server's address and port.
    pub server: String,
}

/// The places of those that are meant among all that are known; every service when none is named.
///
/// # Errors
/// When nothing is meant: what was not found, and what there is.
pub fn meant(known: &[Named], service: Option<&str>, server: &str) -> Result<Vec<usize>, String> {
    let all: Vec<usize> = (0..known.len()).collect();
    let of_service: Vec<usize> = match service {
        None => all,
        Some(wanted) => all
            .into_iter()
            .filter(|place| is_service(&known[*place].name, &known[*place].listen, wanted))
            .collect(),
    };
    if let (Some(wanted), true) = (service, of_service.is_empty()) {
        let names = known.iter().map(|named| named.name.as_str());
        return Err(unknown(
            &format!("no virtual service {wanted:?}"),
            wanted,
            names,
        ));
    }
    let found: Vec<usize> = of_service
        .iter()
        .copied()
        .filter(|place| is_server(&known[*place].server, server))
        .collect();
    if !found.is_empty() {
        return Ok(found);
    }
    let servers = of_service.iter().map(|place| known[*place].server.as_str());
    let whose = service.map_or_else(
        || "no service".to_owned(),
        |service| format!("{service} has no"),
    );
    let what = match service {
        Some(_) => format!("{whose} real server {server:?}"),
        None => format!("{whose} has a real server {server:?}"),
    };
    Err(unknown(&what, server, servers))
}

/// The same where a real server may go by a host name of the definitions too; the name's first label will do.
///
/// # Errors
/// Those of [`meant`].
pub fn meant_by_host<'h>(
    known: &[Named],
    hosts: impl Iterator<Item = (&'h str, &'h [IpAddr])>,
    service: Option<&str>,
    server: &str,
) -> Result<Vec<usize>, String> {
    meant(known, service, server).or_else(|unknown| {
        let (host, port) = server
            .split_once(':')
            .map_or((server, None), |(host, port)| {
                (host, port.parse::<u16>().ok())
            });
        let called = |name: &str| name == host || name.split('.').next() == Some(host);
        let addresses: Vec<IpAddr> = hosts
            .filter(|(name, _)| called(name))
            .flat_map(|(_, addresses)| addresses.iter().copied())
            .collect();
        let wanted = |address: &IpAddr| match port {
            Some(port) => SocketAddr::new(*address, port).to_string(),
            None => address.to_string(),
        };
        let is_meant = |named: &Named| {
            service.is_none_or(|wanted| is_service(&named.name, &named.listen, wanted))
                && addresses
                    .iter()
                    .any(|address| is_server(&named.server, &wanted(address)))
        };
        let places: Vec<usize> = (0..known.len())
            .filter(|place| is_meant(&known[*place]))
            .collect();
        if places.is_empty() {
            Err(unknown)
        } else {
            Ok(places)
        }
    })
}

/// Whether a service of this name that listens there is the one that is wanted.
#[must_use]
pub fn is_service(name: &str, listen: &str, wanted: &str) -> bool {
    let spaced = wanted.replacen("://", " ", 1);
    let short = listen.split_once(' ').map(|(_, rest)| rest);
    wanted == name || spaced == listen || short == Some(wanted)
}

/// Whether a server is the one that is wanted.
#[must_use]
pub fn is_server(server: &str, wanted: &str) -> bool {
    let address = server
        .rsplit_once(':')
        .map_or(server, |(address, _)| address);
    // One that has no address yet goes by its host name, whose first label will do.
    let by_label = address.parse::<IpAddr>().is_err()
        && !address.starts_with('[')
        && address.split('.').next() == Some(wanted);
    server == wanted || address == wanted || address.trim_matches(['[', ']']) == wanted || by_label
}

/// That something is not known, with what is meant instead or what there is.
#[must_use]
pub fn unknown<'a>(what: &str, wanted: &str, known: impl Iterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.collect();
    known.sort_unstable();
    known.dedup();
    let hint = nearest(wanted, known.iter().copied());
    let meant = hint.map(|near| format!("; did you mean {near}?"));
    let listed = match known.len() {
        0 => "; there is none".to_owned(),
        1..=12 => format!("; there are {}", known.join(", ")),
        more => format!("; there are {more}, which ipvsctl status lists"),
    };
    format!("{what}{}", meant.unwrap_or(listed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn known() -> Vec<Named> {
        let named = |name: &str, listen: &str, server: &str| Named {
            name: name.to_owned(),
            listen: listen.to_owned(),
            server: server.to_owned(),
        };
        vec![
            named("web", "tcp 192.0.2.10:80", "10.0.0.11:80"),
            named("web", "tcp 192.0.2.10:80", "10.0.0.12:80"),
            named("dns", "udp 192.0.2.10:53", "10.0.0.11:53"),
            named("dns", "tcp 192.0.2.10:53", "10.0.0.11:53"),
            named("six", "tcp [2001:db8::1]:80", "[2001:db8::11]:80"),
            named("mark", "fwmark 5", "10.0.0.11:0"),
        ]
    }

    #[test]
    fn a_service_and_a_server_are_found_by_all_their_names() {
        let cases: &[(Option<&str>, &str, &[usize])] = &[
            (Some("web"), "10.0.0.12", &[1]),
            (Some("tcp://192.0.2.10:80"), "10.0.0.11:80", &[0]),
            (Some("tcp 192.0.2.10:80"), "10.0.0.11", &[0]),
            (Some("192.0.2.10:53"), "10.0.0.11", &[2, 3]),
            (Some("udp://192.0.2.10:53"), "10.0.0.11", &[2]),
            (Some("dns"), "10.0.0.11", &[2, 3]),
            (Some("tcp://[2001:db8::1]:80"), "2001:db8::11", &[4]),
            (Some("six"), "[2001:db8::11]:80", &[4]),
            (Some("fwmark://5"), "10.0.0.11", &[5]),
            (None, "10.0.0.11", &[0, 2, 3, 5]),
            (None, "10.0.0.11:53", &[2, 3]),
        ];
        for (service, server, places) in cases {
            assert_eq!(meant(&known(), *service, server).as_deref(), Ok(*places));
        }
    }

    #[test]
    fn a_server_may_go_by_its_host_name() {
        let hosts: [(&str, &[IpAddr]); 2] = [
            (
                "web1.example.org",
                &[
                    "10.0.0.11".parse().unwrap(),
                    "2001:db8::11".parse().unwrap(),
                ],
            ),
            ("web9.example.org", &["10.9.9.9".parse().unwrap()]),
        ];
        let places = |service, server| meant_by_host(&known(), hosts.into_iter(), service, server);
        assert_eq!(places(Some("web"), "web1").as_deref(), Ok(&[0][..]));
        assert_eq!(places(Some("six"), "web1:80").as_deref(), Ok(&[4][..]));
        assert_eq!(
            places(None, "web1.example.org").as_deref(),
            Ok(&[0, 2, 3, 4, 5][..])
        );
        assert_eq!(places(Some("web"), "10.0.0.12").as_deref(), Ok(&[1][..]));
        for (service, server) in [("web", "web9"), ("web", "web1:81"), ("wbe", "web1")] {
            assert!(places(Some(service), server).is_err(), "{service} {server}");
        }
    }

    #[test]
    fn what_is_not_known_is_told_with_what_is() {
        let words = |service, server| meant(&known(), service, server).unwrap_err();
        assert_eq!(
            words(Some("wbe"), "10.0.0.11"),
            "no virtual service \"wbe\"; did you mean web?"
        );
        assert_eq!(
            words(Some("web"), "10.9.9.9"),
            "web has no real server \"10.9.9.9\"; there are 10.0.0.11:80, 10.0.0.12:80"
        );
        assert!(words(None, "10.9.9.9").starts_with("no service has a real server \"10.9.9.9\""));
        assert_eq!(
            meant(&[], Some("web"), "x").unwrap_err(),
            "no virtual service \"web\"; there is none"
        );
    }
}
