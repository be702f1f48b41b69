//! Real servers in lists and groups.

use std::net::{IpAddr, Ipv6Addr};
use std::rc::Rc;

use director_core::definitions::{Host, Placed, RealServerDefinition};
use director_core::diagnostic::nearest;

use super::keys::server::REAL_SERVER;
use super::layers::{Defaults, Library, OF_SERVER, did_you_mean, fill, of_file};
use super::mapping::Input;
use super::node::{Content, Node};
use super::other_words;
use super::reader::Reader;

/// A single real server.
pub(super) fn server(input: &Input<'_>, reader: &mut Reader) -> Option<RealServerDefinition> {
    let mut servers = Servers::new(false, reader);
    if let Some(group) = servers.named_group(input.node) {
        let hint = format!("write {{real_servers: {group}}}");
        let message = format!("{group} is the name of a group, not of a server");
        reader.error(&input.node.place, message, hint);
        return None;
    }
    servers.one(input, &[], reader);
    servers.found.pop()
}

/// The real servers of a list, or of a group by its name.
pub(super) fn servers(
    input: &Input<'_>,
    with_defaults: bool,
    reader: &mut Reader,
) -> Option<Vec<RealServerDefinition>> {
    let mut servers = Servers::new(with_defaults, reader);
    match &input.node.content {
        Content::Scalar(_) => servers.group(input, &[], reader),
        Content::List(_) => servers.list(input, &[], reader),
        // A source gives all servers of the service.
        Content::Mapping(_) if is_source(input.node) => servers.one(input, &[], reader),
        _ => {
            reader.list(input)?;
        }
    }
    Some(servers.found)
}

/// Whether it is a source, and no server beside it.
fn is_source(node: &Node) -> bool {
    let has = |key| node.entry(key).is_some();
    has("from") && !has("address") && !has("srv")
}

/// An IPv6 address without brackets and without a port.
fn bare_ipv6(node: &Node, server: &RealServerDefinition) -> Option<Placed<Ipv6Addr>> {
    let written = node.scalar().or_else(|| node.get("address")?.scalar())?;
    match server.host.value {
        Host::Address(IpAddr::V6(address))
            if server.port.is_none() && !written.text.starts_with('[') =>
        {
            Some(Placed::new(address, server.host.place.clone()))
        }
        _ => None,
    }
}

/// Real servers as they are found, groups taken apart.
pub(super) struct Servers {
    found: Vec<RealServerDefinition>,
    defaults: Rc<Defaults>,
    library: Rc<Library>,
    /// The groups that are read just now, each named by the one before.
    pub(super) path: Vec<String>,
}

impl Servers {
    pub(super) fn new(with_defaults: bool, reader: &Reader) -> Self {
        let none = Rc::default();
        Self {
            found: Vec::new(),
            defaults: if with_defaults {
                Rc::clone(&reader.defaults)
            } else {
                none
            },
            library: Rc::clone(&reader.library),
            path: Vec::new(),
        }
    }

    /// Reads a list. `above` says more of each of its servers, and counts before what they say.
    pub(super) fn list(&mut self, input: &Input<'_>, above: &[&Node], reader: &mut Reader) {
        let Content::List(items) = &input.node.content else {
            let kind = input.node.kind();
            let message = format!("a group must be a list of real servers, not {kind}");
            let hint = "write [10.0.0.11:80, 10.0.0.12:80]";
            reader.error(&input.node.place, message, hint);
            return;
        };
        for item in items {
            let input = input.item(item);
            let Some(group) = item.entry("group") else {
                self.one_or_group(&input, above, reader);
                continue;
            };
            if let Some(address) = item.entry("address") {
                let message = "an entry has either a group or an address";
                reader.error(&address.place, message, "write an entry for each");
            }
            // Even where the group has no server.
            REAL_SERVER.fill(&mut REAL_SERVER.draft(&item.place), &input, &[], reader);
            let above: Vec<&Node> = above.iter().copied().chain([item]).collect();
            self.group(&input.item(&group.value), &above, reader);
        }
    }

    /// A server; a list or the name of a group does not belong there.
    fn one_or_group(&mut self, input: &Input<'_>, above: &[&Node], reader: &mut Reader) {
        if let Some(group) = self.named_group(input.node) {
            let hint = match input.node.scalar() {
                Some(_) => format!("write {{group: {group}}}"),
                None => format!("write group: {group}"),
            };
            let message = format!("{group} is the name of a group, not of a server");
            let place = input.node.entry("address").map(|entry| &entry.place);
            reader.error(place.unwrap_or(&input.node.place), message, hint);
            return;
        }
        self.one(input, above, reader);
    }

    /// The group that a value names in the place of a server.
    fn named_group(&self, node: &Node) -> Option<String> {
        let named = node.scalar().or_else(|| node.get("address")?.scalar())?;
        let known = self.library.groups.contains_key(&named.text);
        known.then(|| named.text.clone())
    }

    fn one(&mut self, input: &Input<'_>, above: &[&Node], reader: &mut Reader) {
        let place = &input.node.place;
        let mut draft = REAL_SERVER.draft(place);
        for layer in above {
            REAL_SERVER.fill(&mut draft, &input.item(layer), OF_SERVER, reader);
        }
        REAL_SERVER.fill(&mut draft, input, &[], reader);
        let is_written = |key| REAL_SERVER.is_written(&draft, key);
        let forms = ["address", "srv", "from"].map(is_written);
        match forms.into_iter().filter(|written| *written).count() {
            0 => {
                let hint = "write address: 10.0.0.11:80";
                reader.error(place, "this real server has no address", hint);
            }
            2.. => {
                let message = match forms {
                    [true, true, false] => "a real server has either an address or srv",
                    _ => "a real server has only one of address, srv and from",
                };
                reader.error(place, message, "write an entry for each");
            }
            _ => {}
        }
        let defaults = Rc::clone(&self.defaults);
        fill(
            &REAL_SERVER,
            &mut draft,
            &defaults.real_server,
            OF_SERVER,
            reader,
        );
        if let Some(bare) = bare_ipv6(input.node, &draft.value) {
            reader.bare_ipv6.push(bare);
        }
        self.found.push(draft.value);
    }

    fn group(&mut self, input: &Input<'_>, above: &[&Node], reader: &mut Reader) {
        let Some(name) = reader.text(input) else {
            return;
        };
        let place = &input.node.place;
        let library = Rc::clone(&self.library);
        let Some(entry) = library.groups.get(name) else {
            let is_server = name.contains(':') || name.parse::<IpAddr>().is_ok();
            let hint = match nearest(name, library.groups.keys().map(String::as_str)) {
                Some(near) => did_you_mean(near),
                None if is_server => {
                    let servers = name.split([',', ' ']).filter(|server| !server.is_empty());
                    let servers: Vec<String> = servers.map(other_words::plain).collect();
                    format!(
                        "real servers are a list: write real_servers: [{}]",
                        servers.join(", ")
                    )
                }
                None => {
                    "define it under groups, in this file or in one that belongs to it".to_owned()
                }
            };
            reader.error(place, format!("unknown group {name:?}"), hint);
            return;
        };
        if self.path.iter().any(|known| known == name) {
            let message = format!("group {name} contains itself");
            reader.error(place, message, "write its servers, or other groups");
            return;
        }
        reader.copies(&entry.value);
        if reader.overflow().is_some() {
            return;
        }
        self.path.push(name.to_owned());
        self.list(&of_file("groups", &entry.value), above, reader);
        self.path.pop();
    }
}
