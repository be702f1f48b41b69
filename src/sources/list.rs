//! Lists of servers in JSON or YAML: addresses, entries with `address`, `port`, `weight` and `tier`, and groups of `targets` with
//! `labels`, as Prometheus has them in its files. One entry that cannot be read spoils the whole list.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};

use director_core::definitions::SrvRecord;
use serde_json::{Map, Value};

/// What applies where an entry says nothing.
const WEIGHT: u16 = 1;
const TIER: u16 = 1;
/// Stands for the port of the service.
const NO_PORT: u16 = 0;

/// The servers of a list, sorted, each once.
pub(super) fn parse(text: &str) -> Result<Vec<SrvRecord>, String> {
    let list: Value = serde_saphyr::from_str(text)
        .map_err(|error| format!("it is neither JSON nor YAML: {}", first_line(&error)))?;
    let Value::Array(entries) = list else {
        return Err("it is not a list of servers".to_owned());
    };
    let mut servers = BTreeSet::new();
    for (index, entry) in entries.iter().enumerate() {
        let found = entry_servers(entry).map_err(|why| format!("entry {}: {why}", index + 1))?;
        servers.extend(found);
    }
    let mut known = BTreeSet::new();
    let twice = servers
        .iter()
        .find(|one| !known.insert((&one.target, one.port)));
    match twice {
        Some(one) => Err(format!("{} is there twice", one.target)),
        None => Ok(servers.into_iter().collect()),
    }
}

fn first_line(error: &serde_saphyr::Error) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

fn entry_servers(entry: &Value) -> Result<Vec<SrvRecord>, String> {
    match entry {
        Value::String(address) => Ok(vec![server(address, &Map::new())?]),
        Value::Object(keys) if keys.contains_key("targets") => targets(keys),
        Value::Object(keys) => {
            only(keys, &["address", "port", "weight", "tier"])?;
            let address = keys.get("address").and_then(Value::as_str);
            Ok(vec![server(address.ok_or("it has no address")?, keys)?])
        }
        _ => Err("it is neither an address nor an entry with keys".to_owned()),
    }
}

/// The labels have other users too, so that most of them mean nothing here.
fn targets(keys: &Map<String, Value>) -> Result<Vec<SrvRecord>, String> {
    only(keys, &["targets", "labels"])?;
    let none = Map::new();
    let labels = match keys.get("labels") {
        None | Some(Value::Null) => &none,
        Some(Value::Object(labels)) => labels,
        Some(_) => return Err("labels is not a mapping".to_owned()),
    };
    let Some(Value::Array(targets)) = keys.get("targets") else {
        return Err("targets is not a list".to_owned());
    };
    let one = |target: &Value| server(target.as_str().ok_or("a target is no text")?, labels);
    targets.iter().map(one).collect()
}

fn only(keys: &Map<String, Value>, known: &[&str]) -> Result<(), String> {
    match keys.keys().find(|key| !known.contains(&key.as_str())) {
        Some(key) => Err(format!("unknown key {key:?}")),
        None => Ok(()),
    }
}

fn server(address: &str, keys: &Map<String, Value>) -> Result<SrvRecord, String> {
    let (target, written) = match (address.parse::<SocketAddr>(), address.parse::<IpAddr>()) {
        (Ok(both), _) if both.port() == NO_PORT => return Err(format!("{address} has port 0")),
        (Ok(both), _) => (both.ip(), Some(both.port())),
        (_, Ok(address)) => (address, None),
        _ => {
            return Err(format!(
                "{address:?} is not an IP address with or without a port"
            ));
        }
    };
    let port = number(keys, "port", 1)?;
    Ok(SrvRecord {
        priority: number(keys, "tier", 1)?.unwrap_or(TIER),
        target: target.to_string(),
        port: written.or(port).unwrap_or(NO_PORT),
        weight: number(keys, "weight", 0)?.unwrap_or(WEIGHT),
    })
}

/// A number, also in quotes: labels are texts.
fn number(keys: &Map<String, Value>, key: &str, least: u16) -> Result<Option<u16>, String> {
    let Some(value) = keys.get(key) else {
        return Ok(None);
    };
    let number = match value {
        Value::String(text) => text.parse().ok(),
        _ => value.as_u64().and_then(|number| u16::try_from(number).ok()),
    };
    match number.filter(|number| *number >= least) {
        Some(number) => Ok(Some(number)),
        None => Err(format!("{key} is not a number from {least} to 65535")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> Result<Vec<String>, String> {
        let shown = |one: SrvRecord| {
            let SrvRecord {
                target,
                port,
                weight,
                priority,
            } = one;
            format!("{target} {port} weight {weight} tier {priority}")
        };
        Ok(parse(text)?.into_iter().map(shown).collect())
    }

    #[test]
    fn lists_of_each_form_are_read() {
        let yaml = "- 10.0.0.2\n- {address: '[2001:db8::1]:81', weight: 0}\n- {address: 10.0.0.3, port: 82, tier: 2}\n";
        let expected = [
            "10.0.0.2 0 weight 1 tier 1",
            "2001:db8::1 81 weight 0 tier 1",
            "10.0.0.3 82 weight 1 tier 2",
        ];
        assert_eq!(shown(yaml).unwrap(), expected);
        let prometheus = r#"[{"targets": ["10.0.0.1:80", "10.0.0.2:80"], "labels": {"weight": "5", "job": "web"}}]"#;
        let expected = ["10.0.0.1 80 weight 5 tier 1", "10.0.0.2 80 weight 5 tier 1"];
        assert_eq!(shown(prometheus).unwrap(), expected);
    }

    #[test]
    fn a_faulty_entry_spoils_the_list() {
        for (text, why) in [
            ("", "it is not a list of servers"),
            ("{}", "it is not a list of servers"),
            (
                "[10.0.0.1, web]",
                "entry 2: \"web\" is not an IP address with or without a port",
            ),
            ("['10.0.0.1:0']", "entry 1: 10.0.0.1:0 has port 0"),
            (
                "[{address: 10.0.0.1, weigth: 2}]",
                "entry 1: unknown key \"weigth\"",
            ),
            (
                "[{address: 10.0.0.1, weight: -1}]",
                "entry 1: weight is not a number from 0 to 65535",
            ),
            ("[{weight: 1}]", "entry 1: it has no address"),
            ("[{targets: 10.0.0.1}]", "entry 1: targets is not a list"),
            (
                "[10.0.0.1, {address: 10.0.0.1, weight: 2}]",
                "10.0.0.1 is there twice",
            ),
            (
                "[1]",
                "entry 1: it is neither an address nor an entry with keys",
            ),
        ] {
            assert_eq!(parse(text).unwrap_err(), why, "{text}");
        }
        assert!(
            parse("[10.0.0.1")
                .unwrap_err()
                .starts_with("it is neither JSON nor YAML")
        );
    }
}
