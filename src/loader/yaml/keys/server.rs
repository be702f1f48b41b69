//! Keys of a real server and of how packets reach it.

use director_core::definitions::{
    ForwardingDefinition, Host, Placed, RealServerDefinition, is_service_name,
};
use director_core::diagnostic::Place;
use director_core::model::TunnelChecksum;

use super::check;
use super::source::{SourceOfServers, source};
use crate::loader::yaml::address;
use crate::loader::yaml::layers;
use crate::loader::yaml::mapping::{Input, Key, Lens, Takes};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::other_words;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::{Mapped, Value};
use crate::loader::yaml::words::words;

fn unknown(place: &Place) -> RealServerDefinition {
    RealServerDefinition::at(place.clone(), Placed::new(Host::Unusable, place.clone()))
}

mapping! {
    /// A real server with settings.
    REAL_SERVER: RealServerDefinition = "real_server", "a real server", unknown, Some("address");
    by(Address) "address" = "10.0.0.11:80", or "none; required without `group`, `srv` and `from`",
        "Address or host name, or a range of addresses. Without a port the server has the port of the service. A host name \
         stands for all its addresses of the family of the service. Each is a real server of its own, which joins and leaves \
         as DNS changes.";
    by(Srv) "srv" = "_http._tcp.example.net", or "none; instead of `address`",
        "SRV name, whose records in DNS give the real servers, with port, weight and priority. Servers of a higher \
         priority number get the next higher tier. `weight` replaces the weights of the records, and `tier` is the tier \
         of the lowest priority number.";
    by(SourceOfServers) "from" = "{file: /etc/ipvsd/web.servers.yaml}", or "none; instead of `address`",
        "List of real servers in a file or from an HTTP server, read while ipvsd runs. `weight` and `tier` apply as with \
         `srv`.";
    by(Single) "single" = "true", or "false",
        "Use only one address of a host name, as long as the name has it.";
    node(Takes::Text) "group" = "web", or "none",
        "Name of an entry of `groups`, instead of an address. The other keys apply to each of its servers.";
    opt(weight) "weight" in "relative weight" = "2", or "1",
        "Relative weight, up to 65535. 0 sends the server no new connections.";
    opt(tier) "tier" in "tier" = "2", or "1",
        "Priority group. Servers of a higher tier stand by with weight 0 while enough servers of lower tiers are \
         available.";
    opt(forwarding) "forwarding" = "nat", or "none; the service or each real server must set it",
        "Forwarding method of this server, instead of that of the service.";
    opt(upper_threshold) "upper_threshold" in "connections" = "1000", or "0; no limit",
        "Number of connections at which the server gets no new ones.";
    opt(lower_threshold) "lower_threshold" in "connections" = "800", or "0; three quarters of `upper_threshold`",
        "Number of connections below which the server gets new ones again.";
    opt(check_address) "check_address" = "10.1.0.11", or "the address of the server",
        "Address to probe for this server, such as a management address. It counts before `address` of a check. Checks with \
         `via: vip` ignore it.";
    by(ServerCheck) "check" = "{http: {path: /own.html}}", or "the checks of the service",
        "Health check of this server, instead of those of the service.";
    by(ServerChecks) "checks" = "[tcp, {http: {path: /own.html}}]", or "the checks of the service",
        "Several checks of this server, instead of those of the service.";
    opt(request) "request" = "/own.html", or "the value of the check",
        "Path or request for this server, instead of that of the check.";
    opt(receive) "receive" = "OWN", or "the value of the check",
        "Regular expression that the answer of this server must match, instead of that of the check.";
}

impl Mapped for RealServerDefinition {
    const MAPPING: &'static crate::loader::yaml::mapping::Mapping<Self> = &REAL_SERVER;
}

/// What may stand as a real server.
pub(in super::super) fn takes() -> Takes {
    REAL_SERVER.takes()
}

/// Address and port, or a range of addresses.
struct Address;

impl Lens<RealServerDefinition> for Address {
    fn takes(_: &Key) -> Takes {
        Takes::Server
    }

    fn read(
        server: &mut RealServerDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        let text = reader.text(input)?;
        let written = address::server(input.node, text, reader);
        if let Host::Name(name) = &written.host.value
            && is_service_name(name)
        {
            let message = format!("{name} is an SRV name, not a host name");
            reader.error(&written.host.place, message, format!("write srv: {name}"));
            return None;
        }
        server.host = written.host;
        server.last = written.last;
        server.port = written.port;
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        let named = is_service(server) || source(server).is_some();
        (!named).then(|| address::print_server(server).print())
    }
}

fn is_service(server: &RealServerDefinition) -> bool {
    matches!(&server.host.value, Host::Name(name) if is_service_name(name))
}

/// The name of a service, whose SRV records give the servers.
struct Srv;

impl Lens<RealServerDefinition> for Srv {
    fn takes(_: &Key) -> Takes {
        Takes::Text
    }

    fn read(
        server: &mut RealServerDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        let text = reader.text(input)?;
        let name = text.strip_suffix('.').unwrap_or(text);
        if !is_service_name(name) || !address::is_host_name(name) {
            let message = format!("{text:?} is not an SRV name");
            let hint = "write _SERVICE._PROTOCOL.DOMAIN, such as _http._tcp.example.net";
            reader.error(&input.node.place, message, hint);
            return None;
        }
        server.host = Placed::new(Host::Name(name.to_owned()), input.node.place.clone());
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        is_service(server).then(|| server.host.value.to_string().print())
    }
}

/// The only check of a server that has its own.
struct ServerCheck;

impl Lens<RealServerDefinition> for ServerCheck {
    fn takes(_: &Key) -> Takes {
        check::takes()
    }

    fn read(
        server: &mut RealServerDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        check::refuse_list(input, reader)?;
        server.checks = vec![layers::check(Some(input), true, &input.node.place, reader)];
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        match server.checks.as_slice() {
            [only] => Some(check::print(only).unwrap_or_else(|| "tcp".to_owned())),
            _ => None,
        }
    }
}

/// Several checks of a server that has its own.
struct ServerChecks;

impl Lens<RealServerDefinition> for ServerChecks {
    fn takes(_: &Key) -> Takes {
        Takes::List(Box::new(check::takes()))
    }

    fn read(
        server: &mut RealServerDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        server.checks = layers::checks(input, reader)?;
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        (server.checks.len() > 1).then(|| check::print_list(server.checks.iter()))
    }
}

/// Whether a host name stands for one server. An address does in any case.
struct Single;

impl Lens<RealServerDefinition> for Single {
    fn takes(_: &Key) -> Takes {
        Takes::Truth
    }

    fn read(
        server: &mut RealServerDefinition,
        input: &Input<'_>,
        reader: &mut Reader,
    ) -> Option<()> {
        server.single = Some(Value::read(input, reader)?);
        Some(())
    }

    fn print(server: &RealServerDefinition, _: &Key) -> Option<String> {
        let single = server.single.as_ref()?;
        let matters = single.value && matches!(server.host.value, Host::Name(_));
        matters.then(|| single.print())
    }
}

#[derive(Clone, Copy, PartialEq)]
enum TunnelKind {
    Ipip,
    Gue,
    Gre,
}

words! {
    TunnelKind = [("ipip", TunnelKind::Ipip), ("gue", TunnelKind::Gue), ("gre", TunnelKind::Gre)];
}

/// A tunnel as written.
#[derive(Default)]
pub(in super::super) struct TunnelText {
    kind: Option<TunnelKind>,
    port: Option<Placed<u64>>,
    checksum: Option<Placed<TunnelChecksum>>,
}

mapping! {
    /// A tunnel with settings.
    TUNNEL: TunnelText = "tunnel", "a tunnel", |_| TunnelText::default(), None;
    opt(kind) "tunnel" = "gue", "Encapsulation.";
    opt(port) "port" in "UDP port" = "6080", or "6080",
        "UDP port on which the real server receives the tunnel, for `gue` only.";
    opt(checksum) "checksum" = "on", or "off",
        "Checksum of the outer packet, for `gue` and `gre`. `remote` is for `gue` only.";
}

impl TunnelText {
    fn forwarding(self, reader: &mut Reader) -> Option<ForwardingDefinition> {
        /// The port that IANA assigned to GUE.
        const GUE_PORT: u64 = 6080;
        let kind = self.kind?;
        if let Some(port) = self.port.as_ref().filter(|_| kind != TunnelKind::Gue) {
            reader.error(&port.place, "only a gue tunnel has a port", "remove it");
        }
        if let Some(checksum) = &self.checksum {
            let fault = match (kind, checksum.value) {
                (TunnelKind::Ipip, _) => Some(("an ipip tunnel has no checksum", "remove it")),
                (TunnelKind::Gre, TunnelChecksum::Remote) => {
                    Some(("a gre tunnel has no remote checksum", "write on or off"))
                }
                _ => None,
            };
            if let Some((message, hint)) = fault {
                reader.error(&checksum.place, message, hint);
            }
        }
        let checksum = self.checksum;
        let checksum = checksum.map_or(TunnelChecksum::Off, |checksum| checksum.value);
        Some(match kind {
            TunnelKind::Ipip => ForwardingDefinition::Ipip,
            TunnelKind::Gue => ForwardingDefinition::Gue {
                port: self.port.map_or(GUE_PORT, |port| port.value),
                checksum,
            },
            TunnelKind::Gre => ForwardingDefinition::Gre { checksum },
        })
    }
}

const METHODS: [(&str, ForwardingDefinition); 3] = [
    ("nat", ForwardingDefinition::Masq),
    ("dr", ForwardingDefinition::Direct),
    ("tunnel", ForwardingDefinition::Ipip),
];

/// `nat`, `dr`, `tunnel`, or `{tunnel: gue, port: 6080, checksum: on}`. What cannot be read is marked as unusable, so that
/// no finding says that the method is missing.
impl Value for ForwardingDefinition {
    fn takes(_: &Key) -> Takes {
        let words = METHODS.iter().map(|(word, _)| *word).collect();
        Takes::Either(vec![Takes::Word(words), Takes::Mapping(&TUNNEL)])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        let method = match &input.node.content {
            Content::Mapping(_) => {
                let tunnel = TUNNEL.read(input, reader);
                tunnel.and_then(|tunnel| tunnel.forwarding(reader))
            }
            Content::Scalar(scalar) => match other_name(&scalar.text) {
                Some(name) => {
                    let message = format!("forwarding {:?} has another name in YAML", scalar.text);
                    reader.error(&input.node.place, message, format!("write {name}"));
                    None
                }
                None => reader.word(input, &METHODS),
            },
            _ => reader.word(input, &METHODS),
        };
        Some(method.unwrap_or(Self::Unusable))
    }

    fn print(&self) -> String {
        let tunnel = |kind, port, checksum| {
            let place = Place::whole_file(&std::sync::Arc::from(""));
            TUNNEL.print(&TunnelText {
                kind: Some(kind),
                port: Option::map(port, |port| Placed::new(port, place.clone())),
                checksum: Some(Placed::new(checksum, place.clone())),
            })
        };
        match *self {
            Self::Gue { port, checksum } => tunnel(TunnelKind::Gue, Some(port), checksum),
            Self::Gre { checksum } => tunnel(TunnelKind::Gre, None, checksum),
            _ => {
                // One that is unusable was reported; nothing is ever printed from such definitions.
                let known = METHODS.iter().find(|(_, method)| method == self);
                known.map_or("nat", |(word, _)| word).to_owned()
            }
        }
    }
}

/// The word for a method that other tools call by this one.
fn other_name(word: &str) -> Option<&'static str> {
    other_words::forwarding(word).filter(|name| *name != word)
}
