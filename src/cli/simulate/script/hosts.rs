//! Who is meant by the names of a script: addresses, host names of the definitions, and names that the script gives.

use std::collections::BTreeMap;
use std::net::IpAddr;

use director_core::diagnostic::nearest;
use director_core::model::{Model, RealServer, VirtualService};
use director_core::naming::{Named, meant};
use director_core::overrides::Target;

use super::words::{ScriptError, Word};

/// All that can be named.
pub(super) struct Hosts<'m> {
    /// None where the definitions have faults: then everybody may be named.
    model: Option<&'m Model>,
    /// Addresses of real servers and fallbacks, in the order of the definitions.
    addresses: Vec<IpAddr>,
    names: BTreeMap<String, Vec<IpAddr>>,
}

impl<'m> Hosts<'m> {
    /// Everybody in the definitions.
    pub(super) fn new(model: Option<&'m Model>) -> Self {
        let mut addresses = Vec::new();
        for service in model.map_or(&[][..], Model::services) {
            for server in service.real_servers.iter().chain(&service.fallback) {
                if !addresses.contains(&server.endpoint.address) {
                    addresses.push(server.endpoint.address);
                }
            }
        }
        let mut hosts = Self {
            model,
            names: BTreeMap::new(),
            addresses,
        };
        for host in model.map_or(&[][..], |model| &model.definitions().names) {
            let servers = host.addresses.iter().copied();
            let servers: Vec<IpAddr> = servers
                .filter(|one| hosts.addresses.contains(one))
                .collect();
            if servers.is_empty() {
                continue;
            }
            // The first label will do, as people say it, unless several hosts share it.
            let short = host.name.split('.').next().unwrap_or(&host.name);
            for name in [host.name.as_str(), short] {
                let known = hosts.names.entry(name.to_owned()).or_default();
                *known = distinct(known.iter().chain(&servers).copied());
            }
        }
        hosts
    }

    /// Gives a name to servers: `web2 is 10.0.0.12`.
    pub(super) fn name(&mut self, name: &Word, servers: &Word) -> Result<(), ScriptError> {
        let servers = self.servers(servers)?;
        self.names.insert(name.text.clone(), servers);
        Ok(())
    }

    /// The servers of a list, or all that are not fallbacks only.
    pub(super) fn servers(&self, list: &Word) -> Result<Vec<IpAddr>, ScriptError> {
        if list.text == "all" {
            let all = self.services().iter();
            let all = all.flat_map(|service| &service.real_servers);
            return Ok(distinct(
                all.map(|server: &RealServer| server.endpoint.address),
            ));
        }
        let mut found = Vec::new();
        for name in list.text.split(',').filter(|name| !name.is_empty()) {
            let address = name.parse().ok().map(|address| vec![address]);
            let named = address.or_else(|| self.names.get(name).cloned());
            let known =
                named.filter(|servers| servers.iter().all(|one| self.addresses.contains(one)));
            match known {
                Some(known) => found.extend(known),
                None if self.model.is_none() => {}
                None => return Err(self.unknown(list, name)),
            }
        }
        Ok(distinct(found.into_iter()))
    }

    fn services(&self) -> &'m [VirtualService] {
        self.model.map_or(&[], Model::services)
    }

    fn unknown(&self, list: &Word, name: &str) -> ScriptError {
        let addresses = self.addresses.iter().map(ToString::to_string);
        let mut known: Vec<String> = addresses.chain(self.names.keys().cloned()).collect();
        known.dedup();
        let near = nearest(name, known.iter().map(String::as_str));
        let hint = match (near, known.len()) {
            (Some(near), _) => format!("did you mean {near}?"),
            (None, 0..=12) => format!(
                "the servers are {}; define a name of your own with a line such as: web2 is {}",
                known.join(", "),
                known.first().map_or("10.0.0.12", String::as_str)
            ),
            (None, _) => "write an address or a host name of the configuration".to_owned(),
        };
        list.fault(format!("no real server is named {name:?}"), hint)
    }

    /// The real servers of a virtual service, or of all of them, that are meant; its fallbacks too, where they may be.
    pub(super) fn targets(
        &self,
        service: Option<&Word>,
        list: &Word,
        fallbacks: bool,
    ) -> Result<Vec<Target>, ScriptError> {
        let all = self.services().iter().flat_map(|service| {
            let real = &service.real_servers;
            let is_other = move |server: &&RealServer| {
                fallbacks && real.iter().all(|known| known.endpoint != server.endpoint)
            };
            let servers = real.iter().chain(service.fallback.iter().filter(is_other));
            servers.map(move |server| {
                let named = Named {
                    name: service.name.clone(),
                    listen: service.id.to_string(),
                    server: server.endpoint.to_string(),
                };
                ((service.id, server.endpoint), named)
            })
        });
        let (targets, names): (Vec<Target>, Vec<Named>) = all.unzip();
        let mut found = Vec::new();
        for address in self.servers(list)? {
            let wanted = service.map(|word| word.text.as_str());
            // Whoever names all or a list means those that the service has.
            let several = list.text == "all" || list.text.contains(',');
            match meant(&names, wanted, &address.to_string()) {
                Ok(places) => found.extend(places.into_iter().map(|place| targets[place])),
                Err(_) if several => {}
                Err(why) => {
                    return Err(service
                        .unwrap_or(list)
                        .fault(why, "write service and real server as for ipvsctl drain"));
                }
            }
        }
        if found.is_empty() && self.model.is_some() {
            let at = service.unwrap_or(list);
            return Err(at.fault(
                format!("{:?} has none of these real servers", at.text),
                "write service and real server as for ipvsctl drain",
            ));
        }
        Ok(found)
    }
}

fn distinct(addresses: impl Iterator<Item = IpAddr>) -> Vec<IpAddr> {
    let mut distinct = Vec::new();
    for address in addresses {
        if !distinct.contains(&address) {
            distinct.push(address);
        }
    }
    distinct
}
