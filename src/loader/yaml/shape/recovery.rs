//! Rows of what happens on failure and return, and of what is too much at once.

use super::Takes::{Either, List, Mapping, Number, Share, Span, Text, Word};
use super::check::{ALONE, CHECK};
use super::service::REAL_SERVERS_ITEM;
use super::{Key, Shape, key};

/// Rows of a service: `drain`.
pub(super) const DRAIN_KEY: Key = key("drain", "10m")
    .takes(Either(&[Span, Mapping(&DRAIN)]))
    .default("none; ipvsd removes a server from the kernel as soon as it leaves the configuration")
    .means(
        "Drain servers before removal: keep them with weight 0 until they have no active connection or this time \
         has passed. It applies to servers and services that leave the configuration, to a fallback that is no \
         longer needed, and to failed servers with `on_failure: drain`. UDP has no connections to wait for.",
    );

/// Rows of a service: `slow_start`.
pub(super) const SLOW_START_KEY: Key = key("slow_start", "60s")
    .takes(Either(&[Span, Mapping(&SLOW_START)]))
    .default("none; a server returns with its full weight")
    .means(
        "Time in which a server that comes back reaches its full weight. ipvsd multiplies all weights of the \
         service in the kernel so that the smallest is at least 100. It needs a scheduler with relative weights: \
         wrr, wlc, lblc, lblcr, sed, nq or twos.",
    );

/// Rows of a service: `minimum_healthy`.
pub(super) const MINIMUM_KEY: Key = key("minimum_healthy", "50%")
    .takes(Either(&[Number("real servers"), Share, Mapping(&MINIMUM)]))
    .default("1")
    .means(
        "Least number of real servers that must be available, or share of those of the first tier. With fewer, the \
         next tier serves too. When all tiers together have fewer, `below` applies.",
    );

/// Rows of a service: `fallback`.
pub(super) const FALLBACK_KEY: Key = key("fallback", "10.0.0.99:80")
    .takes(Either(&[
        REAL_SERVERS_ITEM,
        List(&REAL_SERVERS_ITEM),
        Mapping(&FALLBACK),
    ]))
    .default("none")
    .means(
        "Server of last resort while no real server is available, or fewer than `minimum_healthy`. ipvsd does not \
         check a single fallback. It checks the fallbacks of a list, by TCP connects or by a check of their own.",
    );

/// A drain with more than a time.
pub(in super::super) const DRAIN: Shape = Shape {
    name: "drain",
    what: "a drain",
    keys: &[
        key("timeout", "10m")
            .takes(Span)
            .default("none; there is no limit")
            .means("How long to wait for open connections."),
        key("then", "remove")
            .takes(Word(&["remove", "keep"]))
            .default("remove")
            .means(
                "What to do after the time limit. `remove` removes the server and ends its connections. `keep` \
                 keeps it with weight 0; a server that is no longer configured then stays until it has no active \
                 connection.",
            ),
    ],
};

/// A slow start with more than a time.
pub(in super::super) const SLOW_START: Shape = Shape {
    name: "slow_start",
    what: "a slow start",
    keys: &[
        key("window", "60s")
            .takes(Span)
            .default("60s")
            .means("Time until the full weight."),
        key("aggression", "1.0")
            .takes(Text)
            .default("1.0; a straight line")
            .means("Form of the rise, from 0.1 to 10. Above 1 the weight rises faster at the beginning, below 1 \
                slower."),
        key("from", "10%")
            .takes(Share)
            .default("10%")
            .means("Share of the weight to begin with."),
    ],
};

/// The servers that have to be available, with more than their number.
pub(in super::super) const MINIMUM: Shape = Shape {
    name: "minimum_healthy",
    what: "minimum_healthy",
    keys: &[
        key("servers", "50%")
            .takes(Either(&[Number("real servers"), Share]))
            .default("1")
            .means("Least number of available servers, or share of the first tier."),
        key("below", "keep_all")
            .takes(Word(&["fallback", "keep_all", "withdraw"]))
            .default("fallback")
            .means(
                "What to do with fewer. `fallback` uses the fallback instead of the servers that are left; without \
                 a working fallback they go on serving. `keep_all` ignores health and uses all servers. `withdraw` \
                 removes the service from the kernel so that another director or a router takes over; it also \
                 removes the `vip` when no other service uses that address.",
            ),
        key("back_at", "75%")
            .takes(Either(&[Number("real servers"), Share]))
            .default("the value of `servers`")
            .means("Number or share that ends this state, so that it does not come and go. It also decides when the \
                next tier stands by again."),
    ],
};

/// A fallback of several servers.
pub(in super::super) const FALLBACK: Shape = Shape {
    name: "fallback",
    what: "a fallback of several servers",
    keys: &[
        key("real_servers", "[10.0.0.98:80, 10.0.0.99:80]")
            .takes(List(&REAL_SERVERS_ITEM))
            .means("Servers of the fallback."),
        key("check", "{http: {path: /sorry.html}}")
            .takes(Either(&[Word(ALONE), Mapping(&CHECK)]))
            .default("tcp")
            .means("Health check of these servers."),
    ],
};

/// What one change may take out at most.
pub(in super::super) const GUARD: Shape = Shape {
    name: "safety_limits",
    what: "safety_limits",
    keys: &[
        key("servers", "50%")
            .takes(Either(&[Number("real servers"), Share]))
            .default("50%")
            .means("How many serving real servers of one service may be removed."),
        key("services", "50%")
            .takes(Either(&[Number("services"), Share]))
            .default("50%")
            .means("How many services may be removed."),
        key("connections", "1000")
            .takes(Number("active connections"))
            .default("1000")
            .means(
                "How many active connections may be ended. Connections of draining servers do not count.",
            ),
    ],
};
