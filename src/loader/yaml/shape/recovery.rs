//! Rows of what happens on failure and return, and of what is too much at once.

use super::Takes::{Either, List, Mapping, Number, Share, Span, Text, Word};
use super::check::{ALONE, CHECK};
use super::service::REAL_SERVERS_ITEM;
use super::{Key, Shape, key};

/// Rows of a service: `drain`.
pub(super) const DRAIN_KEY: Key = key("drain", "10m")
    .takes(Either(&[Span, Mapping(&DRAIN)]))
    .default("none: whoever leaves the definitions leaves the kernel at once")
    .means(
        "How real servers leave: with weight 0 until no connection is active, or until this time is up. For servers \
         and services that leave the definitions, for the fallback when it is not needed any more, and for failed \
         servers with `on_failure: drain`. Datagrams have no connections to wait for.",
    );

/// Rows of a service: `slow_start`.
pub(super) const SLOW_START_KEY: Key = key("slow_start", "60s")
    .takes(Either(&[Span, Mapping(&SLOW_START)]))
    .default("none: a server returns with its full weight")
    .means(
        "Time in which the weight of a server that returns grows to its full height. All weights of the service are \
         multiplied in the kernel so that the smallest is at least 100. For schedulers whose weight is a share: wrr, \
         wlc, lblc, lblcr, sed, nq, twos.",
    );

/// Rows of a service: `minimum_healthy`.
pub(super) const MINIMUM_KEY: Key = key("minimum_healthy", "50%")
    .takes(Either(&[Number("real servers"), Share, Mapping(&MINIMUM)]))
    .default("1")
    .means(
        "How many real servers have to be available, or which share of those of the first tier. With fewer, the next \
         tier serves too; with all tiers together below it, `below` says what happens.",
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
        "Who answers while no real server is available, or fewer than `minimum_healthy`. A single server is not \
         checked, being the last resort; those of a list are, by TCP connects or by a check of their own.",
    );

/// A drain with more than a time.
pub(in super::super) const DRAIN: Shape = Shape {
    name: "drain",
    what: "a drain",
    keys: &[
        key("timeout", "10m")
            .takes(Span)
            .default("none; it takes as long as it takes")
            .means("How long open connections are waited for."),
        key("then", "remove")
            .takes(Word(&["remove", "keep"]))
            .default("remove")
            .means(
                "What happens when the time is up: `remove` takes the server out and cuts off what is left, `keep` \
                 leaves it with weight 0; one that is no longer defined then stays until it has no active connection.",
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
            .means("Time to the full weight."),
        key("aggression", "1.0")
            .takes(Text)
            .default("1.0, a straight line")
            .means("Above 1 the weight rises faster at the beginning, below 1 slower; 0.1 to 10."),
        key("from", "10%")
            .takes(Share)
            .default("10%")
            .means("The share of the weight to begin with."),
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
            .means("How many have to be available, or which share of the first tier."),
        key("below", "keep_all")
            .takes(Word(&["fallback", "keep_all", "withdraw"]))
            .default("fallback")
            .means(
                "What happens with fewer: `fallback` serves in place of those that are left (which go on where no \
                 fallback works), `keep_all` believes no verdict and lets all serve, `withdraw` takes the service \
                 out of the kernel, and its address away where the service has a `vip` and no other service is at that \
                 address, so that another director or a router takes over.",
            ),
        key("back_at", "75%")
            .takes(Either(&[Number("real servers"), Share]))
            .default("that of servers")
            .means("How many end that state, so that it does not come and go; also closes a tier again."),
    ],
};

/// A fallback of several servers.
pub(in super::super) const FALLBACK: Shape = Shape {
    name: "fallback",
    what: "a fallback of several servers",
    keys: &[
        key("real_servers", "[10.0.0.98:80, 10.0.0.99:80]")
            .takes(List(&REAL_SERVERS_ITEM))
            .means("The servers."),
        key("check", "{http: {path: /sorry.html}}")
            .takes(Either(&[Word(ALONE), Mapping(&CHECK)]))
            .default("tcp")
            .means("How they are asked whether they work."),
    ],
};

/// What one change may take out at most.
pub(in super::super) const GUARD: Shape = Shape {
    name: "guard",
    what: "a guard",
    keys: &[
        key("servers", "50%")
            .takes(Either(&[Number("real servers"), Share]))
            .default("50%")
            .means("By how much the serving real servers of one service may become fewer."),
        key("services", "50%")
            .takes(Either(&[Number("services"), Share]))
            .default("50%")
            .means("How many of the services may leave."),
        key("connections", "1000")
            .takes(Number("active connections"))
            .default("1000")
            .means(
                "How many active connections may be cut off; those of servers that drain are not.",
            ),
    ],
};
