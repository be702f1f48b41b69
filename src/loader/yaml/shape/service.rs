//! Rows of a virtual service, its real servers and what belongs to them.

use director_core::model::KNOWN_SCHEDULERS;

use super::Takes::{Either, List, Listen, Mapping, Number, Server, Span, Text, Truth, Word};
use super::check::{ALONE, CHECK};
use super::judging::{AGENT_KEY, BEFORE_FIRST_VERDICT, CHECKS, COMBINE, WEIGHT_FROM};
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
            .means("What the service is called in logs, status and commands."),
        key("listen", "tcp://192.0.2.10:80")
            .takes(Either(&[Listen, List(&Listen)]))
            .means(
                "What the service listens on; port 0 means every port and needs persistence. A list makes a virtual \
                 service of the kernel of each, which share checks and verdicts; where it names both IPv4 and IPv6, \
                 each takes the real servers of its own family, and tunnels of any.",
            ),
        key("vip", "{interface: eth0}")
            .takes(Mapping(&VIP))
            .default("none; somebody else adds the address")
            .means(
                "Has the director add the address to an interface, tell the neighbours, and remove it again. It is not \
                 added while another machine answers for it, nor while the interface is down and nobody can be asked; \
                 one that is there already is left alone. It is away while all services at it are withdrawn \
                 (`minimum_healthy`, `below: withdraw`).",
            ),
        key("scheduler", "wrr")
            .takes(Either(&[Word(KNOWN_SCHEDULERS), Mapping(&SCHEDULER)]))
            .default("wlc")
            .means("How the kernel chooses a real server for a new connection."),
        FORWARDING.means("How packets reach those real servers that name no method of their own."),
        key("persistence", "5m")
            .takes(Either(&[Span, Mapping(&PERSISTENCE)]))
            .default("none")
            .means("How long a client that comes back gets the same real server, in whole seconds."),
        key("one_packet", "true")
            .takes(Truth)
            .default("false")
            .means("Schedules each packet by itself. For UDP services and firewall marks."),
        key("check", "{http: {path: /test.html}, every: 5s}")
            .takes(Either(&[Word(ALONE), Text, Mapping(&CHECK)]))
            .default("tcp; ping for UDP and for firewall marks")
            .means("How real servers are asked whether they work; the name of a kind, or of one of the file's `checks`."),
        CHECKS,
        COMBINE,
        BEFORE_FIRST_VERDICT,
        AGENT_KEY,
        WEIGHT_FROM,
        key("on_failure", "quiesce")
            .takes(Word(&["remove", "quiesce", "drain"]))
            .default("remove")
            .means(
                "What happens to a real server that fails: `remove` takes it out and cuts off its connections, \
                 `quiesce` gives it weight 0 and lets them go on, `drain` gives it weight 0 until they have ended or the \
                 time of `drain` is up.",
            ),
        key("on_stop", "keep")
            .takes(Word(&["keep", "remove"]))
            .default("keep")
            .means(
                "What happens to the service when the director stops: `keep` leaves it balancing, `remove` takes it \
                 out of the kernel.",
            ),
        key("real_servers", "[10.0.0.11:80, 10.0.0.12:80]")
            .takes(Either(&[List(&REAL_SERVERS_ITEM), Text]))
            .default("none")
            .means("The machines behind the service, or the name of one of the `groups`."),
        FALLBACK_KEY,
        DRAIN_KEY,
        SLOW_START_KEY,
        MINIMUM_KEY,
    ],
};

pub(super) const REAL_SERVERS_ITEM: Takes = Either(&[Server, Mapping(&REAL_SERVER)]);

const FORWARDING: Key = key("forwarding", "nat")
    .takes(Either(&[Word(&["nat", "dr", "tunnel"]), Mapping(&TUNNEL)]))
    .default("none; the service or each real server must name one");

/// The VIP on an interface.
pub(in super::super) const VIP: Shape = Shape {
    name: "vip",
    what: "the vip",
    keys: &[
        key("interface", "eth0")
            .takes(Text)
            .means("The interface that clients or their router are on."),
        key("prefix", "32")
            .takes(Number("length"))
            .default("the address alone: 32, or 128 for IPv6")
            .means("Length of its network's prefix. A shorter one also brings a route to that network."),
        key("on_stop", "remove")
            .takes(Word(&["keep", "remove"]))
            .default("the service's")
            .means("What happens to the address when the director stops."),
    ],
};

/// A scheduler with flags.
pub(in super::super) const SCHEDULER: Shape = Shape {
    name: "scheduler",
    what: "a scheduler",
    keys: &[
        key("name", "sh")
            .takes(Word(KNOWN_SCHEDULERS))
            .means("The kernel's name for it."),
        key("flags", "[fallback, port]")
            .takes(List(&Text))
            .default("none")
            .means(
                "`sh` and `mh` have `fallback` (choose another when the chosen server cannot) and `port` (look at \
                 the client's port too).",
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
            .means("How long a client is remembered after its last connection, in whole seconds, at most 31 days."),
        key("mask", "255.255.255.0")
            .takes(Text)
            .default("a client is one address")
            .means("Which clients count as one: a netmask or a prefix length."),
        key("engine", "sip")
            .takes(Text)
            .default("none; clients are told apart by address")
            .means("What else tells clients apart; the kernel has `sip`, by Call-ID."),
    ],
};

/// A tunnel with settings.
pub(in super::super) const TUNNEL: Shape = Shape {
    name: "tunnel",
    what: "a forwarding method",
    keys: &[
        key("tunnel", "gue")
            .takes(Word(&["ipip", "gue", "gre"]))
            .means("What the packets are wrapped in."),
        key("port", "6080")
            .takes(Number("UDP port"))
            .default("6080")
            .means("Where the real server takes the tunnel's packets; for `gue` only."),
        key("checksum", "on")
            .takes(Word(&["off", "on", "remote"]))
            .default("off")
            .means("Checksum of the outer packet, for `gue` and `gre`; `remote` for `gue` only."),
    ],
};

/// A real server with settings.
pub(in super::super) const REAL_SERVER: Shape = Shape {
    name: "real_server",
    what: "a real server",
    keys: &[
        key("address", "10.0.0.11:80")
            .takes(Server)
            .default("none; must be written where no group is")
            .means("Address or host name, or a range of addresses; with the service's port when none is written."),
        key("group", "web")
            .takes(Text)
            .default("none")
            .means("In place of an address: the servers of a group, with the other keys written here for each of them."),
        key("weight", "2")
            .takes(Number("share of the connections"))
            .default("1")
            .means("Its share beside the weights of the others; 0 gives it no new connections."),
        key("tier", "2").takes(Number("tier")).default("1").means(
            "A server of a higher tier stands by with weight 0 while enough servers of the lower ones are available.",
        ),
        FORWARDING.means("How packets reach this server, in place of the service's method."),
        key("upper_threshold", "1000")
            .takes(Number("connections"))
            .default("0, which is no limit")
            .means("From this many connections on it gets no new ones."),
        key("lower_threshold", "800")
            .takes(Number("connections"))
            .default("0, which is three quarters of the upper one")
            .means("Below this many it gets new ones again."),
        key("request", "/own.html")
            .takes(Text)
            .default("that of the check")
            .means("What this server is asked, in place of the check's path or request."),
        key("receive", "OWN")
            .takes(Text)
            .default("that of the check")
            .means("A regular expression that this server's answer must hold, in place of the check's."),
    ],
};
