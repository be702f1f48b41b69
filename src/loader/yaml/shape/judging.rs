//! Rows of what makes a verdict: several checks on a server, when they begin to ask, and what counts before they have.

use super::Takes::{Either, List, Mapping, Number, Port, Span, Text, Truth, Word};
use super::check::{ALONE, CHECK, COMMAND};
use super::{Key, Shape, key};

/// Several checks of a service.
pub(super) const CHECKS: Key = key("checks", "[tcp, {http: {path: /test.html}}]")
    .takes(List(&Either(&[Word(ALONE), Text, Mapping(&CHECK)])))
    .default("the check of `check`")
    .means(
        "Several checks on every real server, instead of `check`. Each has its own interval and state; `combine` \
         says how they determine the health of the server.",
    );

/// How they make one verdict.
pub(super) const COMBINE: Key = key("combine", "any")
    .takes(Word(&["all", "any"]))
    .default("all")
    .means(
        "`all`: a server is up while all of its checks are up. `any`: a server is up while at least one check is \
         up.",
    );

/// What counts before the first verdict.
pub(super) const INITIAL_HEALTH: Key = key("initial_health", "down")
    .takes(Word(&["adopt", "down", "up"]))
    .default("adopt")
    .means(
        "State of a server before its first probe has finished. `adopt` keeps the weight in the kernel's table, so \
         that a start moves no traffic. `down` sends it no new connections until a check succeeds. `up` sends it \
         connections until its checks fail.",
    );

/// What a check is called.
pub(super) const CHECK_NAME: Key = key("name", "login")
    .takes(Text)
    .default("its protocol")
    .means("Name of the check in status and logs, where a service has several.");

/// When first questions are asked.
pub(super) const START_SPREAD: Key = key("start_spread", "10s")
    .takes(Span)
    .default("0s; all at once")
    .means(
        "Spread the first probes after a start over this time. Each check of a server has a fixed place in it.",
    );

/// How intervals vary.
pub(super) const JITTER: Key = key("jitter", "10")
    .takes(Number("per cent, 0 to 50"))
    .default("0")
    .means("Vary each interval by up to this much, so that several directors do not probe at the same moment.");

/// The held connection.
pub(super) const HOLD_CONNECTION: Key = key("hold_connection", "true")
    .takes(Truth)
    .default("false")
    .means(
        "Keep an idle TCP connection open to the checked port of the server. When it breaks, ipvsd probes the \
         server at once, and every 100 ms while probes fail. A crashed process is removed within milliseconds. If \
         the first probe succeeds, three more follow within 600 ms, because the listening part of a crashing process \
         may die last. Use it for servers that leave idle connections open: it may occupy one process or thread of \
         the server.",
    );

/// The agent.
pub(super) const AGENT_KEY: Key = key("agent", "{port: 9707, every: 5s}")
    .takes(Mapping(&AGENT))
    .default("none")
    .means(
        "Agent on every real server that reports its state in HAProxy's agent protocol: `75%` of the weight, \
         `drain`, `maint`, `ready`, `up`, or `down`, `stopped` or `fail` with a reason. The last report stays in \
         force for what a new one leaves out, and while the agent cannot be reached. `maint` and `down` take the \
         server out as `on_failure` says. ipvsd ignores `maxconn`.",
    );

/// The source of weights.
pub(super) const WEIGHT_FROM: Key = key("weight_from", "{file: \"/run/weights/{rip}\", every: 5s}")
    .takes(Mapping(&WEIGHT_SOURCE))
    .default("none")
    .means(
        "File or program that gives the weight of each real server: a number that replaces the defined weight, or a \
         report as an agent sends it. The last weight stays in force while there is no new one.",
    );

/// The freeze of all verdicts.
pub(super) const FREEZE_KEY: Key = key("freeze", "{min_servers: 3, within: 1s, max_duration: 2m}")
    .takes(Either(&[Word(&["off"]), Mapping(&FREEZE)]))
    .default("the defaults of its keys")
    .means(
        "When all servers of all services fail at once, this is probably a fault of the director's own network. \
         ipvsd then freezes all health states, empties no table and raises an alarm in log and status. The freeze \
         ends with the first successful probe, after a time, or by `ipvsctl unfreeze`.",
    );

/// The freeze of all verdicts.
pub(in super::super) const FREEZE: Shape = Shape {
    name: "freeze",
    what: "the freeze",
    keys: &[
        key("min_servers", "3")
            .takes(Number("servers, at least 2"))
            .default("3")
            .means("Least number of servers, by address, for a freeze. With fewer servers a common failure of their \
                own is likely."),
        key("within", "1s")
            .takes(Span)
            .default("1s")
            .means("How close together the servers must fail, in addition to the check interval."),
        key("max_duration", "2m")
            .takes(Span)
            .default("2m")
            .means("How long a freeze lasts at most. With `0s` it lasts until a server answers or the operator ends \
                it."),
    ],
};

/// An agent.
pub(in super::super) const AGENT: Shape = Shape {
    name: "agent",
    what: "an agent",
    keys: &[
        key("port", "9707")
            .takes(Port)
            .means("Port of the agent on the real server."),
        key("send", "\"status\\n\"")
            .takes(Text)
            .default("nothing")
            .means("Text to send to the agent first."),
        key("every", "5s")
            .takes(Span)
            .default("5s")
            .means("Check interval, from the start of one probe to the start of the next."),
        key("timeout", "3s")
            .takes(Span)
            .default("3s")
            .means("Time limit of one probe."),
    ],
};

/// A source of weights.
pub(in super::super) const WEIGHT_SOURCE: Shape = Shape {
    name: "weight_from",
    what: "the source of weights",
    keys: &[
        key("file", "\"/run/weights/{rip}\"")
            .takes(Text)
            .default("none; either `file` or `command` is required")
            .means(
                "File on the director whose first line is the weight. ipvsd replaces `{vip}`, `{vport}`, `{rip}` \
                 and `{rport}` by the addresses and ports of the service and the server.",
            ),
        key("command", "[/usr/local/bin/weight, \"{rip}\"]")
            .takes(Either(&[List(&Text), Mapping(&COMMAND)]))
            .default("none; either `file` or `command` is required")
            .means("Program whose last line of output is the weight. Its exit status must be 0."),
        key("every", "5s")
            .takes(Span)
            .default("5s")
            .means("Check interval, from the start of one probe to the start of the next."),
        key("timeout", "3s")
            .takes(Span)
            .default("3s")
            .means("Time limit of one probe."),
    ],
};
