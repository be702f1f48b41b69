//! Rows of the file as a whole.

use super::Takes::{Either, List, Mapping, Named, Part, Span, Text, Truth, Word};
use super::judging::FREEZE_KEY;
use super::notify::NOTIFY_KEY;
use super::service::REAL_SERVERS_ITEM;
use super::{CHECK, GUARD, REAL_SERVER, SERVICE, Shape, key};

/// The whole file.
pub(in super::super) const FILE: Shape = Shape {
    name: "file",
    what: "the file",
    keys: &[
        key("director", "{resync: 10s}")
            .takes(Mapping(&DIRECTOR))
            .default("the defaults of its keys")
            .means("Settings that belong to no service. Only the first file may have them."),
        key("include", "conf.d/*.yaml")
            .takes(Either(&[Text, List(&Text)]))
            .default("none")
            .means(
                "More files of definitions: a file, a directory (its `.yaml` and `.yml` files, in the order of their \
                 names), or a pattern. Relative paths begin at the directory of the file they stand in.",
            ),
        key("defaults", "{service: {scheduler: wrr}, check: {every: 2s}}")
            .takes(Mapping(&DEFAULTS))
            .default("none")
            .means(
                "What counts where a service, a check or a real server does not say, in this file and in those that \
                 it includes; the defaults of an included file count before those of the file around it.",
            ),
        key("checks", "{web: {http: {path: /test.html}, every: 2s}}")
            .takes(Named(&Mapping(&CHECK)))
            .default("none")
            .means("Checks with a name, for any service of any file: `check: web`, or `check: {use: web, fall: 5}`."),
        key("groups", "{web: [10.0.0.11, 10.0.0.12]}")
            .takes(Named(&List(&REAL_SERVERS_ITEM)))
            .default("none")
            .means(
                "Real servers with a common name, for any service of any file: `real_servers: web`, or \
                 `real_servers: [{group: web, weight: 2}, 10.0.0.9]`.",
            ),
        NOTIFY_KEY,
        key("services", "[{listen: tcp://192.0.2.10:80, …}]")
            .takes(List(&Mapping(&SERVICE)))
            .default("none; must be written where nothing is included")
            .means("The virtual services. An empty list, `[]`, defines none."),
    ],
};

/// What counts where nothing is said.
pub(in super::super) const DEFAULTS: Shape = Shape {
    name: "defaults",
    what: "the defaults section",
    keys: &[
        key("service", "{scheduler: wrr, forwarding: nat, on_failure: quiesce}")
            .takes(Part(&SERVICE))
            .default("none")
            .means("For services: all of their keys but `name` and `listen`."),
        key("check", "{every: 2s, timeout: 1s, fall: 3}")
            .takes(Part(&CHECK))
            .default("none")
            .means("For checks: all of their keys but `use`. A kind counts for services whose check names none."),
        key("real_server", "{weight: 10}")
            .takes(Part(&REAL_SERVER))
            .default("none")
            .means("For real servers, not for fallbacks: all of their keys but `address` and `group`."),
    ],
};

/// Settings of the director that belong to no service.
pub(in super::super) const DIRECTOR: Shape = Shape {
    name: "director",
    what: "the director section",
    keys: &[
        key("resync", "10s").takes(Span).default("10s").means(
        "How often the whole kernel table is read again, to find and repair what others changed.",
    ),
        key("probe_marks", "1230000000-1230009999")
            .takes(Text)
            .default("1229979648-1230045183")
            .means(
                "Firewall marks that belong to probes with `path: forwarding`, lowest and highest. A service of such a \
                 mark that a killed director left behind is removed. Two directors on one host need two ranges.",
            ),
        key("guard", "{servers: 50%, services: 50%, connections: 1000}")
            .takes(Either(&[Word(&["off"]), Mapping(&GUARD)]))
            .default("the defaults of its keys")
            .means(
                "What one change of the definitions or one order may take out at most; with more it is refused unless \
                 it comes with `--force`. `off` lets everything through.",
            ),
        FREEZE_KEY,
        key("reload_on_change", "true")
            .takes(Truth)
            .default("false")
            .means(
                "Reads the definitions again when a file of them changes, included ones and their directories too, once \
                 it has kept still for a moment. `ipvsctl reload` and the signal HUP do so always.",
            ),
        key("on_error", "isolate")
            .takes(Word(&["refuse", "isolate"]))
            .default("refuse")
            .means(
                "What a fault does to definitions that are read: `refuse` keeps all former ones in force; `isolate` \
                 keeps only the broken service as it was when it was last good, over a restart too (or leaves it out \
                 where that is not known), and takes all others.",
            ),
        key("resolve", "{every: 1m}")
            .takes(Mapping(&RESOLVE))
            .default("the defaults of its keys")
            .means(
                "Host names are resolved when definitions are read, and again while they are in force. While a name \
                 cannot be resolved its last address stays.",
            ),
        key("profile", "nat-gateway")
            .takes(Word(&["nat-gateway", "dr", "maglev-ecmp"]))
            .default("none; no setting of the kernel is changed")
            .means(
                "A way of balancing, whose settings of the kernel are applied while the director runs and put back when \
                 it stops, along with what the kernel changes by itself with them; `ipvsctl plan` shows each with its \
                 reason. `nat-gateway` has IPv6 forwarded too where a service has servers by NAT of IPv6. A router \
                 ignores router advertisements: on a machine that has its own IPv6 routes from those this is not set \
                 until `accept_ra=2` on their interface has the kernel keep them.",
            ),
        key("timeouts", "{tcp: 15m, tcp_fin: 2m, udp: 5m}")
            .takes(Mapping(&TIMEOUTS))
            .default("as they are")
            .means("Time limits of the kernel's connection table while the director runs; put back when it stops."),
    ],
};

/// When host names are resolved again.
pub(in super::super) const RESOLVE: Shape = Shape {
    name: "resolve",
    what: "the resolve section",
    keys: &[key("every", "1m")
        .takes(Span)
        .default("1m")
        .means(
            "How often a name is asked for again whose answer does not say how long it holds, as with `/etc/hosts`. \
             What a name server says counts before this, from 5 s to an hour.",
        )],
};

/// Time limits of the kernel's connection table.
pub(in super::super) const TIMEOUTS: Shape = Shape {
    name: "timeouts",
    what: "the timeouts section",
    keys: &[
        key("tcp", "15m")
            .takes(Span)
            .default("as it is; 15m in a fresh kernel")
            .means("How long an established TCP connection may be silent, in whole seconds."),
        key("tcp_fin", "2m")
            .takes(Span)
            .default("as it is; 2m in a fresh kernel")
            .means("How long a TCP connection is remembered after a FIN, in whole seconds."),
        key("udp", "5m")
            .takes(Span)
            .default("as it is; 5m in a fresh kernel")
            .means("How long a client of UDP keeps its real server without a packet, in whole seconds."),
    ],
};
