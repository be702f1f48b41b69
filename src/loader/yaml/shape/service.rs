//! Rows of a virtual service, its real servers and what belongs to them.

use director_core::model::KNOWN_SCHEDULERS;

use super::Takes::{Either, List, Listen, Mapping, Number, Server, Span, Text, Truth, Word};
use super::check::{ALONE, CHECK};
use super::judging::{AGENT_KEY, CHECKS, COMBINE, INITIAL_HEALTH, WEIGHT_FROM};
use super::recovery::{DRAIN_KEY, FALLBACK_KEY, MINIMUM_KEY, SLOW_START_KEY};
use super::{Key, Shape, Takes, key};

/// A virtual service.
pub(in super::super) const SERVICE: Shape = Shape {
    name: "service",
    what: "a service",
    keys: &[
        key("name", "web")
            .takes(Text)
            .default("its address and port")
            .means("Name of the service in logs, status and commands."),
        key("listen", "tcp://192.0.2.10:80")
            .takes(Either(&[Listen, List(&Listen)]))
            .means(
                "Protocol, VIP and port of the service, or a firewall mark. Port 0 means every port and needs \
                 `persistence`. A list makes one virtual service of the kernel for each entry; they share checks and \
                 health. With both IPv4 and IPv6, each takes the real servers of its own family, and tunnel servers \
                 of any.",
            ),
        key("vip", "{interface: eth0}")
            .takes(Mapping(&VIP))
            .default("none; another program adds the address")
            .means(
                "Let ipvsd add the VIP to an interface, announce it to the neighbours, and remove it again. ipvsd \
                 does not add it while another machine answers for it, or while the interface is down. It leaves an \
                 address that is already there alone. It removes the address while all services at it are withdrawn \
                 (`minimum_healthy` with `below: withdraw`).",
            ),
        key("scheduler", "wrr")
            .takes(Either(&[Word(KNOWN_SCHEDULERS), Mapping(&SCHEDULER)]))
            .default("wlc")
            .means("How the kernel chooses a real server for a new connection."),
        FORWARDING.means("Forwarding method for real servers that set none."),
        key("persistence", "5m")
            .takes(Either(&[Span, Mapping(&PERSISTENCE)]))
            .default("none")
            .means("How long a client that comes back gets the same real server, in whole seconds."),
        key("one_packet", "true")
            .takes(Truth)
            .default("false")
            .means("Schedule each packet by itself. For UDP services and firewall marks."),
        key("check", "{http: {path: /test.html}, every: 5s}")
            .takes(Either(&[Word(ALONE), Text, Mapping(&CHECK)]))
            .default("tcp; ping for UDP and for firewall marks")
            .means("Health check of the real servers: the name of a protocol, the name of an entry of `checks`, or \
                a mapping."),
        CHECKS,
        COMBINE,
        INITIAL_HEALTH,
        AGENT_KEY,
        WEIGHT_FROM,
        key("on_failure", "quiesce")
            .takes(Word(&["remove", "quiesce", "drain"]))
            .default("remove")
            .means(
                "What to do with a real server that fails. `remove` removes it and ends its connections. `quiesce` \
                 sets weight 0 and keeps its connections. `drain` sets weight 0 until its connections have ended or \
                 the time limit of `drain` has passed.",
            ),
        key("on_stop", "keep")
            .takes(Word(&["keep", "remove"]))
            .default("keep")
            .means(
                "What to do with the service when ipvsd stops. `keep` leaves it in the kernel, balancing. `remove` \
                 removes it.",
            ),
        key("real_servers", "[10.0.0.11:80, 10.0.0.12:80]")
            .takes(Either(&[List(&REAL_SERVERS_ITEM), Text]))
            .default("none")
            .means("Servers behind the service, or the name of an entry of `groups`."),
        FALLBACK_KEY,
        DRAIN_KEY,
        SLOW_START_KEY,
        MINIMUM_KEY,
    ],
};

pub(super) const REAL_SERVERS_ITEM: Takes = Either(&[Server, Mapping(&REAL_SERVER)]);

const FORWARDING: Key = key("forwarding", "nat")
    .takes(Either(&[Word(&["nat", "dr", "tunnel"]), Mapping(&TUNNEL)]))
    .default("none; the service or each real server must set it");

/// The VIP on an interface.
pub(in super::super) const VIP: Shape = Shape {
    name: "vip",
    what: "the vip",
    keys: &[
        key("interface", "eth0")
            .takes(Text)
            .means("Interface towards the clients or their router."),
        key("prefix", "32")
            .takes(Number("length"))
            .default("the address alone: 32, or 128 for IPv6")
            .means(
                "Prefix length of the address. A shorter one also adds a route to that network.",
            ),
        key("on_stop", "remove")
            .takes(Word(&["keep", "remove"]))
            .default("the value of the service")
            .means("What to do with the address when ipvsd stops."),
    ],
};

/// A scheduler with flags.
pub(in super::super) const SCHEDULER: Shape = Shape {
    name: "scheduler",
    what: "a scheduler",
    keys: &[
        key("name", "sh")
            .takes(Word(KNOWN_SCHEDULERS))
            .means("Name of the scheduler in the kernel."),
        key("flags", "[fallback, port]")
            .takes(List(&Text))
            .default("none")
            .means(
                "Flags of `sh` and `mh`: `fallback` (choose another server when the chosen one is unavailable) and \
                 `port` (hash the client's port too).",
            ),
    ],
};

/// Persistence with more than a time.
pub(in super::super) const PERSISTENCE: Shape = Shape {
    name: "persistence",
    what: "persistence",
    keys: &[
        key("timeout", "5m")
            .takes(Span)
            .means("How long the kernel remembers a client after its last connection, in whole seconds, at most 31 \
                days."),
        key("mask", "255.255.255.0")
            .takes(Text)
            .default("each address is one client")
            .means("Which addresses count as one client: a netmask or a prefix length."),
        key("engine", "sip")
            .takes(Text)
            .default("none; by address")
            .means("Persistence engine of the kernel. It has `sip`, which distinguishes clients by Call-ID."),
    ],
};

/// A tunnel with settings.
pub(in super::super) const TUNNEL: Shape = Shape {
    name: "tunnel",
    what: "a forwarding method",
    keys: &[
        key("tunnel", "gue")
            .takes(Word(&["ipip", "gue", "gre"]))
            .means("Encapsulation."),
        key("port", "6080")
            .takes(Number("UDP port"))
            .default("6080")
            .means("UDP port on which the real server receives the tunnel, for `gue` only."),
        key("checksum", "on")
            .takes(Word(&["off", "on", "remote"]))
            .default("off")
            .means(
                "Checksum of the outer packet, for `gue` and `gre`. `remote` is for `gue` only.",
            ),
    ],
};

/// A real server with settings.
pub(in super::super) const REAL_SERVER: Shape = Shape {
    name: "real_server",
    what: "a real server",
    keys: &[
        key("address", "10.0.0.11:80")
            .takes(Server)
            .default("none; required without `group`")
            .means("Address or host name, or a range of addresses. Without a port the server has the port of the \
                service."),
        key("group", "web")
            .takes(Text)
            .default("none")
            .means("Name of an entry of `groups`, instead of an address. The other keys apply to each of its \
                servers."),
        key("weight", "2")
            .takes(Number("relative weight"))
            .default("1")
            .means("Relative weight. 0 sends the server no new connections."),
        key("tier", "2").takes(Number("tier")).default("1").means(
            "Priority group. Servers of a higher tier stand by with weight 0 while enough servers of lower tiers \
             are available.",
        ),
        FORWARDING.means("Forwarding method of this server, instead of that of the service."),
        key("upper_threshold", "1000")
            .takes(Number("connections"))
            .default("0; no limit")
            .means("Number of connections at which the server gets no new ones."),
        key("lower_threshold", "800")
            .takes(Number("connections"))
            .default("0; three quarters of `upper_threshold`")
            .means("Number of connections below which the server gets new ones again."),
        key("request", "/own.html")
            .takes(Text)
            .default("the value of the check")
            .means("Path or request for this server, instead of that of the check."),
        key("receive", "OWN")
            .takes(Text)
            .default("the value of the check")
            .means("Regular expression that the answer of this server must match, instead of that of the check."),
    ],
};
