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
            .means("Settings of the director as a whole. Only the first file may have them."),
        key("include", "conf.d/*.yaml")
            .takes(Either(&[Text, List(&Text)]))
            .default("none")
            .means(
                "More configuration files: a file, a directory (its `.yaml` and `.yml` files in the order of their \
                 names), or a pattern. A relative path starts at the directory of the file that contains it.",
            ),
        key("defaults", "{service: {scheduler: wrr}, check: {every: 2s}}")
            .takes(Mapping(&DEFAULTS))
            .default("none")
            .means(
                "Defaults for services, checks and real servers in this file and in the files it includes. The \
                 defaults of an included file override those of the including file.",
            ),
        key("checks", "{web: {http: {path: /test.html}, every: 2s}}")
            .takes(Named(&Mapping(&CHECK)))
            .default("none")
            .means("Named checks, for any service of any file: `check: web`, or `check: {use: web, fall: 5}`."),
        key("groups", "{web: [10.0.0.11, 10.0.0.12]}")
            .takes(Named(&List(&REAL_SERVERS_ITEM)))
            .default("none")
            .means(
                "Named groups of real servers, for any service of any file: `real_servers: web`, or `real_servers: \
                 [{group: web, weight: 2}, 10.0.0.9]`.",
            ),
        NOTIFY_KEY,
        key("services", "[{listen: tcp://192.0.2.10:80, …}]")
            .takes(List(&Mapping(&SERVICE)))
            .default("none; required when the file includes no other")
            .means("Virtual services. An empty list, `[]`, defines none."),
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
            .means("Defaults for services: any of their keys but `name` and `listen`."),
        key("check", "{every: 2s, timeout: 1s, fall: 3}")
            .takes(Part(&CHECK))
            .default("none")
            .means("Defaults for checks: any of their keys but `use`. A protocol set here applies to services whose \
                check names none."),
        key("real_server", "{weight: 10}")
            .takes(Part(&REAL_SERVER))
            .default("none")
            .means("Defaults for real servers, not for fallbacks: any of their keys but `address` and `group`."),
    ],
};

/// Settings of the director that belong to no service.
pub(in super::super) const DIRECTOR: Shape = Shape {
    name: "director",
    what: "the director section",
    keys: &[
        key("resync", "10s").takes(Span).default("10s").means(
        "How often ipvsd compares the whole kernel table with the configuration. It reverts and logs changes that \
         other programs made.",
    ),
        key("probe_fwmarks", "1230000000-1230009999")
            .takes(Text)
            .default("1229979648-1230045183")
            .means(
                "Firewall marks for probes with `via: vip`, lowest and highest. ipvsd removes services of \
                 such marks that a killed ipvsd left behind. Two daemons on one host need two ranges.",
            ),
        key("safety_limits", "{servers: 50%, services: 50%, connections: 1000}")
            .takes(Either(&[Word(&["off"]), Mapping(&GUARD)]))
            .default("the defaults of its keys")
            .means(
                "Safety limits: what one change of the configuration or one override may remove at most. ipvsd \
                 refuses more without `--force`. `off` removes the limits.",
            ),
        FREEZE_KEY,
        key("reload_on_change", "true")
            .takes(Truth)
            .default("false")
            .means(
                "Reload the configuration when one of its files changes, included files and directories too, once \
                 the change is complete. `ipvsctl reload` and the signal HUP reload it at any time.",
            ),
        key("on_error", "isolate")
            .takes(Word(&["refuse", "isolate"]))
            .default("refuse")
            .means(
                "What to do with a configuration that has errors. `refuse` keeps the former configuration. \
                 `isolate` takes every service that has no error and keeps a broken one as it was when it was last \
                 valid, also across a restart; without such a state it leaves the service out.",
            ),
        key("resolve", "{every: 1m}")
            .takes(Mapping(&RESOLVE))
            .default("the defaults of its keys")
            .means(
                "When to resolve host names again. ipvsd resolves them when it reads the configuration and repeats \
                 it while it runs. When a name cannot be resolved, its last address stays in use.",
            ),
        key("profile", "nat-gateway")
            .takes(Word(&["nat-gateway", "dr", "maglev-ecmp"]))
            .default("none; ipvsd changes no kernel setting")
            .means(
                "Set of kernel settings that ipvsd applies while it runs and restores when it stops. `ipvsctl plan` \
                 shows each with its reason. `nat-gateway` also turns on IPv6 forwarding where a service has NAT \
                 servers of IPv6. A router ignores router advertisements, so ipvsd does not turn it on while the \
                 host has IPv6 routes from them; set `accept_ra=2` on their interface first.",
            ),
        key("timeouts", "{tcp: 15m, tcp_fin: 2m, udp: 5m}")
            .takes(Mapping(&TIMEOUTS))
            .default("unchanged")
            .means("Timeouts of the kernel's connection table while ipvsd runs. ipvsd restores the former values \
                when it stops."),
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
            "How often to resolve a name whose answer has no time to live, as with `/etc/hosts`. The time to live \
             of a DNS answer takes precedence, from 5 s to 1 h.",
        )],
};

/// Time limits of the kernel's connection table.
pub(in super::super) const TIMEOUTS: Shape = Shape {
    name: "timeouts",
    what: "the timeouts section",
    keys: &[
        key("tcp", "15m")
            .takes(Span)
            .default("unchanged; the kernel starts with 15m")
            .means("How long an established TCP connection may be idle, in whole seconds."),
        key("tcp_fin", "2m")
            .takes(Span)
            .default("unchanged; the kernel starts with 2m")
            .means("How long the kernel keeps a TCP connection after a FIN, in whole seconds."),
        key("udp", "5m")
            .takes(Span)
            .default("unchanged; the kernel starts with 5m")
            .means(
                "How long a UDP client keeps its real server without a packet, in whole seconds.",
            ),
    ],
};
