//! Keys of the director section.

use std::net::SocketAddr;
use std::time::Duration;

use director_core::definitions::{
    Definitions, FreezeDefinition, GuardDefinition, Placed, SyncDefinition, SyncRoles,
};
use director_core::diagnostic::Place;
use director_core::model::Quantity;

use crate::loader::yaml::mapping::{Input, Key, Mapping, Takes};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::{Mapped, Value};
use crate::loader::yaml::words::{off, words};

/// What the director section says.
pub(in super::super) struct DirectorText {
    /// All of it that the core knows; the services are empty.
    pub(in super::super) definitions: Definitions,
    pub(in super::super) reload_on_change: Option<Placed<bool>>,
    pub(in super::super) on_error: Option<Placed<OnError>>,
    pub(in super::super) resolve_every: Option<Placed<Duration>>,
    pub(in super::super) metrics: Option<SocketAddr>,
    pub(in super::super) peer: Option<SocketAddr>,
}

/// What is done with a configuration that has errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum OnError {
    Refuse,
    Isolate,
}

words! {
    SyncRoles = [
        ("both", SyncRoles::Both),
        ("master", SyncRoles::Master),
        ("backup", SyncRoles::Backup),
        ("follow_vip", SyncRoles::FollowVip),
    ];
    OnError = [("refuse", OnError::Refuse), ("isolate", OnError::Isolate)];
}

impl DirectorText {
    pub(in super::super) fn of(definitions: Definitions) -> Self {
        Self {
            definitions,
            reload_on_change: None,
            on_error: None,
            resolve_every: None,
            metrics: None,
            peer: None,
        }
    }
}

mapping! {
    /// Settings that belong to no service.
    DIRECTOR: DirectorText = "director", "the director section", |_| DirectorText::of(Definitions::empty()), None;
    opt(definitions.resync) "resync" = "10s", or "10s",
        "How often ipvsd compares the whole kernel table with the configuration. It reverts and logs changes that \
         other programs made.";
    opt(definitions.probe_marks) "probe_fwmarks" = "1230000000-1230009999", or "1229979648-1230045183",
        "Firewall marks for probes with `via: vip`, lowest and highest. At the start ipvsd removes services with \
         these marks that a killed ipvsd left. Two daemons on one host need two ranges.";
    opt(definitions.guard) "safety_limits" = "{servers: 50%, services: 50%, connections: 1000}",
        or "the defaults of its keys",
        "Safety limits: what one change of the configuration or one override may remove at most. ipvsd refuses more \
         without `--force`. `off` removes the limits.";
    opt(definitions.freeze) "freeze" = "{min_servers: 3, within: 1s, max_duration: 2m}", or "the defaults of its keys",
        "When all servers of all services fall silent at once, this may be a fault of the director's own network. \
         ipvsd then freezes health states, empties no table and raises an alarm in log and status. An answer that \
         fails a check, or a refused connection, leads to no freeze. A service with a fallback or `below: withdraw` \
         is frozen only if no gateway and no fallback server answers either. The freeze ends when a server answers, \
         after a time, or by `ipvsctl unfreeze`.";
    opt(reload_on_change) "reload_on_change" = "true", or "false",
        "Reload the configuration when a file has changed, also an included file or directory. ipvsd waits until the \
         change is complete. `ipvsctl reload` and the signal HUP reload it at any time.";
    opt(on_error) "on_error" = "isolate", or "refuse",
        "What to do with a configuration that has errors. `refuse` keeps the previous configuration. `isolate` takes \
         every service that has no error and keeps a broken one as it was when it was last valid, also across a \
         restart; without such a state it leaves the service out.";
    flat(RESOLVE) "resolve" = "{every: 1m}", or "the defaults of its keys",
        "When to resolve host names again. ipvsd resolves them when it reads the configuration and again while it \
         runs. When a name cannot be resolved, its last address stays in use, also across a restart. A server without \
         any address is down until its name is resolved; ipvsd tries again every 10 s or sooner.";
    opt(peer) "peer" = "10.0.0.3:9190", or "none",
        "The other director of a pair: the TCP address of its `metrics`. Every 10 s ipvsd compares services, servers, weights, \
         health and overrides. It warns of differences that last for a minute. `ipvsctl compare` prints them.";
    opt(metrics) "metrics" = "127.0.0.1:9190", or "none",
        "TCP address for `GET /metrics` and the health pages, without the rest of the API. Every host that can reach it can \
         read it. If ipvsd cannot listen there, it works without metrics over TCP and tries again.";
    opt(definitions.host.profile) "profile" = "nat-gateway", or "none",
        "Set of kernel settings that ipvsd applies. A stop that leaves no service and no VIP in the kernel restores the \
         previous values, as does a configuration without the profile; forwarding stays on while servers are reached by NAT. `ipvsctl plan` shows each setting with its \
         reason. `nat-gateway` also turns on IPv6 forwarding where a service has NAT servers of IPv6. \
         A router ignores router advertisements, so ipvsd does not turn it on while the host has IPv6 routes from \
         them; set `accept_ra=2` on their interface first.";
    opt(definitions.host.expire_nodest_conn) "expire_nodest_conn" = "false",
        or "true if a service removes failed servers at once, with the profiles `dr` and `nat-gateway`, while a server is disabled, and for a time after connections were cut off",
        "Whether connections to a removed server are reset. ipvsd sets `net.ipv4.vs.expire_nodest_conn=1` for this. The \
         client learns it at its next packet. With `false` the kernel drops its packets, and the client waits for its own \
         timeout.";
    opt(definitions.host.expire_quiescent_template) "expire_quiescent_template" = "false",
        or "true if a service has `persistence` or the profile needs it",
        "Whether persistent clients leave a server of weight 0, which failed or drains, with their next connection. ipvsd \
         sets `net.ipv4.vs.expire_quiescent_template=1` for this. The value stays as long as services stay in the kernel, \
         also after a stop. With `false` a client goes on to its server as long \
         as it comes back within the persistence time, even if the server is down. A drain then waits for these clients.";
    opt(definitions.host.conn_reuse_mode) "conn_reuse_mode" = "false",
        or "true if a service uses direct routing or a tunnel",
        "Whether a new connection from a client port that was used before is scheduled again, although the director saw no \
         end of the former connection. ipvsd sets `net.ipv4.vs.conn_reuse_mode=3` for this. The value stays as long as services stay \
         in the kernel, also after a stop. With `false` the kernel \
         sends it to the server of the former connection for up to two minutes, even if that server failed or left.";
    opt(definitions.host.sync) "sync" = "{interface: eth1, id: 7}", or "no sync daemon",
        "The kernel's sync daemons, which copy the connection table from one director to another. Open connections \
         then go on when the other director takes over. ipvsd starts them, keeps one that runs with the same settings, and \
         starts one again that another program has stopped. They stay as long as services stay in the kernel, also after a \
         stop. A configuration without this key ends them. ipvsd never ends one that another program started.";
    flat(TIMEOUTS) "timeouts" = "{tcp: 15m, tcp_fin: 2m, udp: 5m}", or "unchanged",
        "Timeouts of the kernel's connection table. A stop that leaves no service and no VIP in the kernel restores the \
         previous values.";
}

mapping! {
    /// The kernel's synchronisation daemons.
    SYNC: SyncDefinition = "sync", "sync", sync, None;
    plain(interface) "interface" = "eth1",
        "Interface that the directors share. The kernel sends and receives the connections there, unencrypted. While it \
         is missing or down, ipvsd waits for it with a warning.";
    plain(id) "id" in "0 to 255" = "7",
        "Number that the directors share. A backup daemon ignores messages with another number; one with `id: 0` takes all.";
    opt(role) "role" = "both", or "both",
        "`master` sends the connections of this director. `backup` receives those of another one. `both` does both, for two \
         directors that take turns. `follow_vip` is `master` while this machine has the VIP of `vip`, and `backup` otherwise.";
    opt(vip) "vip" = "192.0.2.10", or "none; required with `role: follow_vip`",
        "VIP whose moves `role: follow_vip` follows. It counts on interfaces on which this machine answers for it, so not on \
         the loopback.";
    opt(maxlen) "maxlen" in "bytes" = "1400", or "what fits an MTU of 1500",
        "Longest message. The daemons of both directors need the same value, and a backup daemon takes at least 1024.";
    opt(group) "group" = "224.0.0.82", or "224.0.0.81",
        "Multicast group, of IPv4 or IPv6.";
    opt(port) "port" in "1 to 65535" = "8849", or "8848",
        "UDP port.";
    opt(ttl) "ttl" in "1 to 255" = "2", or "1",
        "Time to live of the messages. With 1 no router forwards them.";
}

fn sync(place: &Place) -> SyncDefinition {
    SyncDefinition {
        interface: Placed::new(String::new(), place.clone()),
        id: Placed::new(0, place.clone()),
        role: None,
        vip: None,
        maxlen: None,
        group: None,
        port: None,
        ttl: None,
    }
}

impl Mapped for SyncDefinition {
    const MAPPING: &'static Mapping<Self> = &SYNC;
}

mapping! {
    /// When host names are resolved again.
    RESOLVE: DirectorText = "resolve", "the resolve section", |_| DirectorText::of(Definitions::empty()), None;
    opt(resolve_every) "every" = "1m", or "1m",
        "How often to resolve a name whose answer has no time to live, as with `/etc/hosts`. The time to live of a \
         DNS answer takes precedence, from 5 s to 1 h.";
}

mapping! {
    /// Time limits of the kernel's connection table.
    TIMEOUTS: DirectorText = "timeouts", "the timeouts section", |_| DirectorText::of(Definitions::empty()), None;
    opt(definitions.host.tcp_timeout) "tcp" = "15m", or "unchanged; the kernel starts with 15m",
        "How long an established TCP connection may be idle, in whole seconds.";
    opt(definitions.host.tcp_fin_timeout) "tcp_fin" = "2m", or "unchanged; the kernel starts with 2m",
        "How long the kernel keeps a TCP connection after a FIN, in whole seconds.";
    opt(definitions.host.udp_timeout) "udp" = "5m", or "unchanged; the kernel starts with 5m",
        "How long a UDP client keeps its real server without a packet, in whole seconds.";
}

mapping! {
    /// The freeze of all health states.
    FREEZE: FreezeDefinition = "freeze", "the freeze", |_| FreezeDefinition::default(), None;
    opt(servers) "min_servers" in "servers, at least 2" = "3", or "3",
        "Least number of silent servers, by address, for a freeze. With fewer, the servers themselves have probably \
         failed.";
    opt(within) "within" = "1s", or "1s",
        "Time within which all servers must fall silent, in addition to the check interval.";
    opt(lasts) "max_duration" = "2m", or "2m",
        "Longest time of a freeze. With `0s` it lasts until a server answers or the operator ends it.";
}

/// `off`, or `{min_servers: 3, within: 1s, max_duration: 2m}`.
impl Value for FreezeDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Either(vec![Takes::Word(vec!["off"]), Takes::Mapping(&FREEZE)])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        if matches!(input.node.content, Content::Mapping(_)) {
            return FREEZE.read(input, reader);
        }
        off(input, reader)?;
        Some(Self {
            off: true,
            ..Self::default()
        })
    }

    fn print(&self) -> String {
        match self.off {
            true => "off".to_owned(),
            false => FREEZE.print(self),
        }
    }
}

/// The limits of a guard.
pub(in super::super) struct Limits {
    place: Place,
    servers: Option<Placed<Quantity>>,
    services: Option<Placed<Quantity>>,
    connections: Option<Placed<u64>>,
}

fn limits(place: &Place) -> Limits {
    Limits {
        place: place.clone(),
        servers: None,
        services: None,
        connections: None,
    }
}

mapping! {
    /// What one change may remove at most.
    GUARD: Limits = "safety_limits", "safety_limits", limits, None;
    opt(servers) "servers" in "real servers" = "50%", or "50%",
        "Largest number of real servers of one service that may be removed. One change is measured against the servers \
         that serve. All changes together are measured against the largest pool that was configured within the last hour.";
    opt(services) "services" in "services" = "50%", or "50%",
        "Largest number of services that may be removed by one change, or by all changes within one hour.";
    opt(connections) "connections" in "active connections" = "1000", or "1000",
        "Largest number of active connections that one change may end. Connections of draining servers do not count.";
}

/// `off`, or `{servers: 50%, services: 50%, connections: 1000}`.
impl Value for GuardDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Either(vec![Takes::Word(vec!["off"]), Takes::Mapping(&GUARD)])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        if !matches!(input.node.content, Content::Mapping(_)) {
            return off(input, reader).map(Self::Off);
        }
        let limits = GUARD.read(input, reader)?;
        Some(Self::Limits {
            place: limits.place,
            servers: limits.servers,
            services: limits.services,
            connections: limits.connections,
        })
    }

    fn print(&self) -> String {
        match self.clone() {
            Self::Off(_) => "off".to_owned(),
            Self::Limits {
                place,
                servers,
                services,
                connections,
            } => GUARD.print(&Limits {
                place,
                servers,
                services,
                connections,
            }),
        }
    }
}
