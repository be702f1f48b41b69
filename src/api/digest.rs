//! `GET /digest`: what two directors of one site compare. A hash for each service tells whether they see it alike; its servers tell
//! what differs.

use std::collections::BTreeMap;
use std::fmt;

use director_core::health::HealthState;
use director_core::snapshot::{ServerView, ServiceView, Snapshot};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// The version of this format. Directors of different versions are not compared.
pub const DIGEST_VERSION: u32 = 1;
/// Bytes of a hash that are kept: enough to tell two states of a service apart.
const HASH_BYTES: usize = 12;

/// The state of all services in short.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SiteDigest {
    pub version: u32,
    pub services: Vec<ServiceDigest>,
}

/// One service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServiceDigest {
    /// What it listens on: `tcp 192.0.2.10:80`.
    pub service: String,
    /// Of all that is compared.
    pub hash: String,
    pub scheduler: String,
    /// By address; empty in the short form.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub servers: BTreeMap<String, ServerDigest>,
}

/// One real server.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ServerDigest {
    /// As configured.
    pub weight: u32,
    /// `up` or `down`; none before its first check, and without checks.
    pub health: Option<String>,
    /// The override that counts, by kind.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub override_: Option<String>,
}

/// Something that two directors see differently.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeerDifference {
    pub service: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// What differs: `health`, `weight`, `override`, `scheduler` or `configured`.
    pub what: String,
    pub here: String,
    pub there: String,
}

impl fmt::Display for PeerDifference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.service)?;
        if let Some(server) = &self.server {
            write!(f, " {server}")?;
        }
        let Self {
            what, here, there, ..
        } = self;
        write!(f, " {what}: {here} here, {there} there")
    }
}

impl SiteDigest {
    /// The state at this moment; without servers the hashes alone, which are the same.
    #[must_use]
    pub fn of(snapshot: &Snapshot, with_servers: bool) -> Self {
        let services = snapshot.services.iter().map(|view| {
            let mut digest = ServiceDigest::of(view);
            if !with_servers {
                digest.servers.clear();
            }
            digest
        });
        Self {
            version: DIGEST_VERSION,
            services: services.collect(),
        }
    }

    /// Whether both see every service alike.
    #[must_use]
    pub fn agrees(&self, peer: &Self) -> bool {
        let hashes = |digest: &Self| -> BTreeMap<String, String> {
            let services = digest.services.iter();
            services
                .map(|one| (one.service.clone(), one.hash.clone()))
                .collect()
        };
        hashes(self) == hashes(peer)
    }

    /// What this director and its peer see differently; both with servers.
    #[must_use]
    pub fn differences(&self, peer: &Self) -> Vec<PeerDifference> {
        let mut differences = Vec::new();
        let here = by_name(&self.services);
        let there = by_name(&peer.services);
        let mut names: Vec<&str> = here.keys().chain(there.keys()).copied().collect();
        names.sort_unstable();
        names.dedup();
        for name in names {
            match (here.get(name), there.get(name)) {
                (Some(here), Some(there)) => here.compare(there, &mut differences),
                (here, there) => {
                    let subject = Subject(name, None);
                    differences.extend(subject.configured(here.is_some(), there.is_some()));
                }
            }
        }
        differences
    }
}

fn by_name(services: &[ServiceDigest]) -> BTreeMap<&str, &ServiceDigest> {
    let named = |one| -> (&str, _) {
        let one: &ServiceDigest = one;
        (&one.service, one)
    };
    services.iter().map(named).collect()
}

impl ServiceDigest {
    fn of(view: &ServiceView) -> Self {
        let servers = view.servers.iter();
        let servers: BTreeMap<String, ServerDigest> = servers
            .map(|server| (server.endpoint.to_string(), ServerDigest::of(server)))
            .collect();
        let mut digest = Self {
            service: view.id.to_string(),
            hash: String::new(),
            scheduler: view.scheduler.clone(),
            servers,
        };
        digest.hash = digest.hashed();
        digest
    }

    fn hashed(&self) -> String {
        // Maps are in the order of their keys, so that equal states have equal texts.
        let text = serde_json::to_vec(&(&self.scheduler, &self.servers)).unwrap_or_default();
        let hash = Sha256::digest(&text);
        let bytes = hash.iter().take(HASH_BYTES);
        bytes.map(|byte| format!("{byte:02x}")).collect()
    }

    fn compare(&self, peer: &Self, differences: &mut Vec<PeerDifference>) {
        let service = Subject(&self.service, None);
        differences.extend(service.unlike("scheduler", &self.scheduler, &peer.scheduler));
        let mut addresses: Vec<&String> = self.servers.keys().chain(peer.servers.keys()).collect();
        addresses.sort_unstable();
        addresses.dedup();
        for address in addresses {
            let server = Subject(&self.service, Some(address));
            match (self.servers.get(address), peer.servers.get(address)) {
                (Some(here), Some(there)) => differences.extend(server.unlike_servers(here, there)),
                (here, there) => {
                    differences.extend(server.configured(here.is_some(), there.is_some()))
                }
            }
        }
    }
}

impl ServerDigest {
    fn of(view: &ServerView) -> Self {
        let health = view.health.as_ref().map(|health| match health.state {
            HealthState::Up => "up",
            HealthState::Down => "down",
        });
        Self {
            weight: view.defined_weight,
            health: health.map(str::to_owned),
            override_: view.overrides.last().map(|one| one.kind.to_string()),
        }
    }
}

/// What a difference is about.
struct Subject<'a>(&'a str, Option<&'a str>);

impl Subject<'_> {
    fn unlike(&self, what: &str, here: &str, there: &str) -> Option<PeerDifference> {
        (here != there).then(|| PeerDifference {
            service: self.0.to_owned(),
            server: self.1.map(str::to_owned),
            what: what.to_owned(),
            here: here.to_owned(),
            there: there.to_owned(),
        })
    }

    fn configured(&self, here: bool, there: bool) -> Option<PeerDifference> {
        let word = |is: bool| if is { "yes" } else { "no" };
        self.unlike("configured", word(here), word(there))
    }

    fn unlike_servers(
        &self,
        here: &ServerDigest,
        there: &ServerDigest,
    ) -> impl Iterator<Item = PeerDifference> {
        // What one of them does not know, as a cold standby does not, is no difference.
        let health = here.health.as_deref().zip(there.health.as_deref());
        let health = health.and_then(|(here, there)| self.unlike("health", here, there));
        let override_ =
            |one: &ServerDigest| one.override_.clone().unwrap_or_else(|| "none".to_owned());
        let found = [
            self.unlike(
                "weight",
                &here.weight.to_string(),
                &there.weight.to_string(),
            ),
            health,
            self.unlike("override", &override_(here), &override_(there)),
        ];
        found.into_iter().flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(weight: u32, health: &str, override_: Option<&str>) -> ServerDigest {
        ServerDigest {
            weight,
            health: Some(health.to_owned()),
            override_: override_.map(str::to_owned),
        }
    }

    fn service(name: &str, servers: &[(&str, ServerDigest)]) -> ServiceDigest {
        let servers = servers.iter();
        let servers = servers.map(|(address, server)| ((*address).to_owned(), server.clone()));
        let mut service = ServiceDigest {
            service: name.to_owned(),
            hash: String::new(),
            scheduler: "wrr".to_owned(),
            servers: servers.collect(),
        };
        service.hash = service.hashed();
        service
    }

    fn site(services: Vec<ServiceDigest>) -> SiteDigest {
        SiteDigest {
            version: DIGEST_VERSION,
            services,
        }
    }

    fn differences(here: &SiteDigest, there: &SiteDigest) -> Vec<String> {
        assert_eq!(here.agrees(there), here == there);
        let found = here.differences(there).into_iter();
        found.map(|one| one.to_string()).collect()
    }

    #[test]
    fn each_difference_is_named() {
        let one = server(1, "up", None);
        let here = site(vec![
            service("web", &[("a", one.clone()), ("b", one.clone())]),
            service("only here", &[]),
        ]);
        assert_eq!(differences(&here, &here), Vec::<String>::new());
        let mut other = service(
            "web",
            &[("a", server(3, "down", Some("drain"))), ("c", one)],
        );
        other.scheduler = "rr".to_owned();
        other.hash = other.hashed();
        let found = differences(&here, &site(vec![other]));
        let expected = [
            "only here configured: yes here, no there",
            "web scheduler: wrr here, rr there",
            "web a weight: 1 here, 3 there",
            "web a health: up here, down there",
            "web a override: none here, drain there",
            "web b configured: yes here, no there",
            "web c configured: no here, yes there",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn what_one_does_not_know_is_no_difference() {
        let known = server(1, "up", None);
        let unknown = ServerDigest {
            health: None,
            ..known.clone()
        };
        let [here, there] = [known, unknown].map(|one| site(vec![service("web", &[("a", one)])]));
        assert!(!here.agrees(&there));
        assert_eq!(here.differences(&there), []);
        assert_eq!(there.differences(&here), []);
    }

    #[test]
    fn the_order_of_services_is_no_difference() {
        let [one, two] = ["one", "two"].map(|name| service(name, &[]));
        let (here, there) = (site(vec![one.clone(), two.clone()]), site(vec![two, one]));
        assert!(here.agrees(&there));
        assert_eq!(here.differences(&there), []);
    }
}
