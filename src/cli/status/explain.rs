//! `ipvsctl explain`: the effective weight of a real server as a chain, each link with its cause.

use director_core::naming::{Named, meant_by_host};

use super::departing;
use super::span::span;
use crate::api::departing::DepartingServer;
use crate::api::wire::{ChainLink, ServerStatus, ServiceStatus, Status};

/// A server of the table, as the daemon shows it.
#[derive(Clone, Copy)]
enum Shown<'a> {
    /// A real server or fallback of a configured service.
    Configured(&'a ServiceStatus, &'a ServerStatus),
    /// One that is no longer configured and stays for a while. Its service may be configured, and then has a name.
    Departing {
        name: Option<&'a str>,
        listen: &'a str,
        server: &'a DepartingServer,
    },
}

impl<'a> Shown<'a> {
    fn all(status: &'a Status) -> Vec<Self> {
        let mut all = Vec::new();
        for service in &status.services {
            let servers = service.real_servers.iter().chain(&service.fallback);
            all.extend(servers.map(|server| Self::Configured(service, server)));
            all.extend(service.departing.iter().map(|server| Self::Departing {
                name: Some(&service.name),
                listen: &service.listen,
                server,
            }));
        }
        for service in &status.departing {
            all.extend(service.servers.iter().map(|server| Self::Departing {
                name: None,
                listen: &service.listen,
                server,
            }));
        }
        all
    }

    /// What its service listens on, and its address: no two are the same.
    fn place(&self) -> (&'a str, &'a str) {
        match self {
            Self::Configured(service, server) => (&service.listen, &server.address),
            Self::Departing { listen, server, .. } => (listen, &server.address),
        }
    }

    fn named(&self) -> Named {
        let (listen, server) = self.place();
        let name = match self {
            Self::Configured(service, _) => Some(service.name.as_str()),
            Self::Departing { name, .. } => *name,
        };
        Named {
            // One without a name goes by what it listens on.
            name: name.unwrap_or(listen).to_owned(),
            listen: listen.to_owned(),
            server: server.to_owned(),
        }
    }

    fn chain(&self) -> &'a [ChainLink] {
        match self {
            Self::Configured(_, server) => &server.chain,
            Self::Departing { server, .. } => &server.chain,
        }
    }

    /// The cause of a link. A check that cannot run changes nothing, so its error stands beside what the health comes from.
    fn cause(&self, link: &ChainLink) -> String {
        let mut text = cause(link);
        if let (Self::Configured(_, server), "health") = (self, link.link.as_str()) {
            text.push_str(&cannot_be_checked(server));
        }
        text
    }

    fn desired(&self) -> Link<'a> {
        let (weight, words) = match self {
            Self::Configured(_, server) => (server.desired_weight, desired(server)),
            Self::Departing { server, .. } => {
                let weight = server.chain.last().and_then(|link| link.weight);
                (weight, departing::state_of(server))
            }
        };
        ("desired", weight, words)
    }

    fn kernel(&self) -> Link<'a> {
        let (weight, words) = match self {
            Self::Configured(_, server) => (server.weight, kernel(server)),
            Self::Departing { server, .. } => (
                Some(server.weight),
                connections(server.active, server.inactive),
            ),
        };
        ("kernel", weight, words)
    }

    fn head(&self) -> String {
        let (listen, server) = self.place();
        match self {
            Self::Configured(service, _) => format!("{listen}  {server}  ({})", service.name),
            Self::Departing { name: None, .. } => {
                format!("{listen}  {server}  (no longer configured)")
            }
            Self::Departing {
                name: Some(name), ..
            } => format!("{listen}  {server}  ({name}, no longer configured there)"),
        }
    }
}

/// A link of the chain: its name, its weight, and why.
type Link<'a> = (&'a str, Option<u32>, String);

/// The chain of a real server in each service that is meant, or what is known in place of it.
pub(in crate::cli) fn explain(
    status: &Status,
    service: &str,
    server: &str,
) -> Result<String, String> {
    let all = found(status, service, server)?;
    let texts: Vec<String> = all.iter().map(chain).collect();
    Ok(texts.join("\n"))
}

fn chain(shown: &Shown<'_>) -> String {
    let known = shown.chain();
    let mut links: Vec<Link<'_>> = known
        .iter()
        .map(|link| (link.link.as_str(), link.weight, shown.cause(link)))
        .collect();
    if !known.iter().any(|link| link.link == "override") {
        links.push((
            "override",
            links.last().and_then(|link| link.1),
            "none".to_owned(),
        ));
    }
    links.extend([shown.desired(), shown.kernel()]);
    let weight_of =
        |weight: Option<u32>| weight.map_or_else(|| "-".to_owned(), |weight| weight.to_string());
    let mut text = format!("{}\n", shown.head());
    for (link, weight, cause) in links {
        text.push_str(&format!(
            "  {link:<10} {:>5}   {cause}\n",
            weight_of(weight)
        ));
    }
    text
}

/// The one real server that is meant and that is checked; where several are, which ones there are to choose from.
pub(super) fn only<'a>(
    status: &'a Status,
    service: &str,
    server: &str,
) -> Result<(&'a ServiceStatus, &'a ServerStatus), String> {
    match found(status, service, server)?.as_slice() {
        [Shown::Configured(service, server)] => Ok((service, server)),
        [one] => {
            let (listen, address) = one.place();
            Err(format!(
                "ipvsctl: {listen} {address} is no longer configured and no longer checked; ipvsctl explain \"{listen}\" {address} \
                 says how long it stays"
            ))
        }
        several => {
            let several = several.iter().map(|one| {
                let (listen, address) = one.place();
                format!("\"{listen}\" {address}")
            });
            let several: Vec<String> = several.collect();
            Err(format!(
                "ipvsctl: {service} {server} is ambiguous: {}; write one of them",
                several.join(", ")
            ))
        }
    }
}

/// Real servers by their services and their address, as people write them; else what is known in their place.
fn found<'a>(status: &'a Status, service: &str, server: &str) -> Result<Vec<Shown<'a>>, String> {
    let all = Shown::all(status);
    let names: Vec<Named> = all.iter().map(Shown::named).collect();
    let hosts = status.names.iter();
    let hosts = hosts.map(|host| (host.name.as_str(), host.addresses.as_slice()));
    let places = meant_by_host(&names, hosts, Some(service), server)
        .map_err(|words| format!("ipvsctl: {words}"))?;
    let mut found: Vec<Shown<'a>> = Vec::new();
    for shown in places.into_iter().map(|place| all[place]) {
        // A fallback that is a real server as well stands there twice.
        if !found.iter().any(|known| known.place() == shown.place()) {
            found.push(shown);
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

/// `; cannot be checked now: REASON`; empty while every check runs.
fn cannot_be_checked(server: &ServerStatus) -> String {
    let blocked = server.checks.iter().filter_map(|check| {
        let reason = check.why_it_cannot_run()?;
        Some(match server.checks.len() {
            1 => format!("; cannot be checked now: {reason}"),
            _ => format!("; check {} cannot run now: {reason}", check.name),
        })
    });
    blocked.collect()
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
        (None, Some(_)) => connections(server.active, server.inactive),
    }
}

fn connections(active: u32, inactive: u32) -> String {
    format!("{active} active and {inactive} inactive connections")
}

#[cfg(test)]
#[path = "explain_tests.rs"]
mod tests;
