//! Real servers: what most of them have becomes a default, and lists that several services have become groups.

use std::collections::BTreeMap;
use std::net::IpAddr;

use director_core::definitions::{Host, Placed, RealServerDefinition, ServiceDefinition};

use super::names::{Names, group_name};
use super::plain::drop_default;
use crate::loader::yaml::mapping::Lines;
use crate::loader::yaml::value::Value;

/// Columns that a list in one line may take, its key included.
const WIDTH: usize = 120;

/// What most real servers have.
#[derive(Debug, Default)]
pub(super) struct UsualServer {
    weight: Option<i64>,
    /// Host names stand for one address.
    is_single: bool,
}

impl UsualServer {
    pub(super) fn of(services: &[ServiceDefinition]) -> Self {
        let servers = || services.iter().flat_map(|service| &service.real_servers);
        let mut weights: BTreeMap<i64, usize> = BTreeMap::new();
        for server in servers() {
            let weight = server.weight.as_ref().map_or(1, |weight| weight.value);
            *weights.entry(weight).or_default() += 1;
        }
        let ones = weights.get(&1).copied().unwrap_or_default();
        let most = weights.iter().max_by_key(|(_, count)| **count);
        let single = servers().filter(|server| is_single_name(server)).count();
        Self {
            weight: most
                // A default that few servers need is a line more to read.
                .filter(|(weight, count)| **weight != 1 && **count > ones + 2)
                .map(|(weight, _)| *weight),
            is_single: single > 1,
        }
    }

    /// As defaults of real servers.
    pub(super) fn lines(&self) -> Lines {
        let weight = self.weight.map(|weight| ("weight", weight.print()));
        let single = self.is_single.then(|| ("single", true.print()));
        weight.into_iter().chain(single).collect()
    }

    /// A server where these defaults hold.
    fn rest(&self, server: &RealServerDefinition) -> RealServerDefinition {
        let mut server = server.clone();
        if let Some(usual) = self.weight {
            let place = server.place.clone();
            server
                .weight
                .get_or_insert_with(|| Placed::new(1, place.clone()));
            drop_default(&mut server.weight, &usual);
        }
        server.single = server.single.filter(|_| !self.is_single);
        server
    }

    /// The servers of a list, each as text.
    fn items(&self, servers: &[RealServerDefinition]) -> Vec<String> {
        let servers: Vec<RealServerDefinition> =
            servers.iter().map(|server| self.rest(server)).collect();
        let servers = with_ranges(&servers);
        servers.iter().map(Value::print).collect()
    }
}

/// The same servers, with a range in place of neighbours that have the same settings.
fn with_ranges(servers: &[RealServerDefinition]) -> Vec<RealServerDefinition> {
    let mut merged = Vec::new();
    let mut rest = servers;
    while let Some(first) = rest.first() {
        let pairs = rest.windows(2);
        let length = 1 + pairs.take_while(|pair| follows(&pair[0], &pair[1])).count();
        let (run, after) = rest.split_at(length);
        // Two addresses alone are as short.
        if length > 2 || length == 2 && first.print().starts_with('{') {
            merged.push(RealServerDefinition {
                last: Some(run[length - 1].host.clone()),
                ..first.clone()
            });
        } else {
            merged.extend(run.iter().cloned());
        }
        rest = after;
    }
    merged
}

/// Whether a server has the next address, and all settings of the first one.
fn follows(first: &RealServerDefinition, second: &RealServerDefinition) -> bool {
    let at_first = |server: &RealServerDefinition| {
        let host = first.host.clone();
        RealServerDefinition {
            host,
            ..server.clone()
        }
        .print()
    };
    let next = match (&first.host.value, &second.host.value) {
        (Host::Address(IpAddr::V4(first)), Host::Address(IpAddr::V4(second))) => {
            first.to_bits().checked_add(1) == Some(second.to_bits())
        }
        (Host::Address(IpAddr::V6(first)), Host::Address(IpAddr::V6(second))) => {
            first.to_bits().checked_add(1) == Some(second.to_bits())
        }
        _ => false,
    };
    next && first.last.is_none() && second.last.is_none() && at_first(first) == at_first(second)
}

fn is_single_name(server: &RealServerDefinition) -> bool {
    let single = server.single.as_ref().is_some_and(|single| single.value);
    single && matches!(server.host.value, Host::Name(_))
}

/// The lists of real servers of all services as text.
pub(super) struct ServerTexts {
    /// Of each service.
    pub(super) services: Vec<String>,
    pub(super) groups: Vec<(String, String)>,
}

impl ServerTexts {
    pub(super) fn of(services: &[ServiceDefinition], usual: &UsualServer) -> Self {
        let items: Vec<Vec<String>> = services
            .iter()
            .map(|service| usual.items(&service.real_servers))
            .collect();
        let mut users: BTreeMap<&[String], Vec<&ServiceDefinition>> = BTreeMap::new();
        for (items, service) in items.iter().zip(services) {
            users.entry(items).or_default().push(service);
        }
        let mut names = Names::default();
        let mut groups = Vec::new();
        let mut named: BTreeMap<&[String], String> = BTreeMap::new();
        for items in &items {
            let users = &users[items.as_slice()];
            if named.contains_key(items.as_slice()) || !shortens(items, users.len()) {
                continue;
            }
            let name = names.take(&group_name(users));
            groups.push((name.clone(), list(items, &name)));
            named.insert(items, name);
        }
        let texts = items.iter().map(|items| match named.get(items.as_slice()) {
            Some(name) => name.clone(),
            None => list(items, "real_servers"),
        });
        Self {
            services: texts.collect(),
            groups,
        }
    }
}

/// Whether a group is shorter than the lists, and more than another name for one server.
fn shortens(items: &[String], uses: usize) -> bool {
    let length: usize = items.iter().map(|item| item.len() + 2).sum();
    uses > 1 && (items.len() > 1 || length > 25) && (uses - 1) * length > uses * 8 + 12
}

/// In one line where it fits, otherwise with a line for each.
fn list(items: &[String], key: &str) -> String {
    let flow = format!("[{}]", items.join(", "));
    match items.len() < 2 || "  : ".len() + key.len() + flow.len() <= WIDTH {
        true => flow,
        false => items.iter().map(|item| format!("\n    - {item}")).collect(),
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::loader::yaml::read;

    fn servers(list: &str) -> Vec<RealServerDefinition> {
        let text = format!(
            "services:\n  - {{listen: tcp://192.0.2.1:80, forwarding: nat, real_servers: {list}}}\n"
        );
        let outcome = read(&text, &Arc::from("a.yaml"));
        outcome.definitions.unwrap().services.remove(0).real_servers
    }

    #[test]
    fn neighbours_with_the_same_settings_are_a_range() {
        let cases = [
            ("[10.0.0.1, 10.0.0.2]", "10.0.0.1 10.0.0.2"),
            (
                "[10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.5]",
                "10.0.0.1-10.0.0.3 10.0.0.5",
            ),
            (
                "[{address: 10.0.0.1, weight: 2}, {address: 10.0.0.2, weight: 2}, 10.0.0.3]",
                "{address: 10.0.0.1-10.0.0.2, weight: 2} 10.0.0.3",
            ),
            ("[10.0.0.2, 10.0.0.1, web]", "10.0.0.2 10.0.0.1 web"),
            (
                r#"["[2001:db8::9]:1", "[2001:db8::a]:1", "[2001:db8::b]:1", "[2001:db8::c]:2"]"#,
                r#""[2001:db8::9-2001:db8::b]:1" "[2001:db8::c]:2""#,
            ),
        ];
        for (list, items) in cases {
            assert_eq!(
                UsualServer::default().items(&servers(list)).join(" "),
                items
            );
        }
    }

    #[test]
    fn the_most_frequent_weight_is_a_default() {
        let mut all = vec![servers("[{address: 10.0.0.1, weight: 5}]").remove(0); 4];
        all.extend(servers("[10.0.0.9]"));
        let usual = UsualServer {
            weight: Some(5),
            is_single: false,
        };
        assert_eq!(
            usual.items(&all[3..]),
            ["10.0.0.1", "{address: 10.0.0.9, weight: 1}"]
        );
    }
}
