//! Rows of what makes a verdict: several checks on a server, when they begin to ask, and what counts before they have.

use super::Takes::{Either, List, Mapping, Number, Port, Span, Text, Truth, Word};
use super::check::{ALONE, CHECK, COMMAND};
use super::{Key, Shape, key};

/// Several checks of a service.
pub(super) const CHECKS: Key = key("checks", "[tcp, {http: {path: /test.html}}]")
    .takes(List(&Either(&[Word(ALONE), Text, Mapping(&CHECK)])))
    .default("the one of `check`")
    .means(
        "Several checks on every real server, in place of `check`; each has its own timing and verdict, and `combine` \
         says how they make that of the server.",
    );

/// How they make one verdict.
pub(super) const COMBINE: Key = key("combine", "any")
    .takes(Word(&["all", "any"]))
    .default("all")
    .means(
        "With `all` a server is up while all of its checks are, with `any` while at least one is.",
    );

/// What counts before the first verdict.
pub(super) const BEFORE_FIRST_VERDICT: Key = key("before_first_verdict", "down")
    .takes(Word(&["adopt", "down", "up"]))
    .default("adopt")
    .means(
        "What counts of a server that was not asked yet: `adopt` lets it keep the weight that the kernel's table gives \
         it, so that a start moves no traffic; `down` gives it no new connections before a check was good; `up` gives it \
         connections until its checks say otherwise.",
    );

/// What a check is called.
pub(super) const CHECK_NAME: Key = key("name", "login")
    .takes(Text)
    .default("its kind")
    .means("What the check is called in status and log, where a service has several.");

/// When first questions are asked.
pub(super) const START_SPREAD: Key = key("start_spread", "10s")
    .takes(Span)
    .default("0s, all at once")
    .means(
        "Over how long the first questions after a start are spread. Each has its place by what it asks whom, the same at \
         every start.",
    );

/// How intervals vary.
pub(super) const JITTER: Key = key("jitter", "10")
    .takes(Number("per cent, 0 to 50"))
    .default("0")
    .means("By how much each interval is made shorter or longer, so that several directors do not ask in step.");

/// The held connection.
pub(super) const HOLD_CONNECTION: Key = key("hold_connection", "true")
    .takes(Truth)
    .default("false")
    .means(
        "Holds an idle TCP connection to the port that is asked, at the server's own address also with `path: \
         forwarding`. When it breaks, the server is asked at once and, while it fails, again every 100 ms, so that a \
         crash is seen in milliseconds and not in an interval; where it answers well it is asked three times more within 600 ms, since of a crashing process the part that listens may die last. \
         For servers that leave idle connections open: one that closes them after a while is asked those few times more \
         each time, and one process or thread of it may be taken up.",
    );

/// The agent.
pub(super) const AGENT_KEY: Key = key("agent", "{port: 9707, every: 5s}")
    .takes(Mapping(&AGENT))
    .default("none")
    .means(
        "An agent on every real server that says how it fares, in HAProxy's agent protocol: `75%` of the weight, `drain`, \
         `maint`, `ready`, `down`, `stopped` or `fail` with a reason, `up`. What it does not say stays as it was, also when \
         it cannot be reached, since that is for checks to judge. `maint` and `down` take the server out as `on_failure` \
         says; `maxconn` is passed over.",
    );

/// The source of weights.
pub(super) const WEIGHT_FROM: Key = key("weight_from", "{file: \"/run/weights/{rip}\", every: 5s}")
    .takes(Mapping(&WEIGHT_SOURCE))
    .default("none")
    .means(
        "A file or a program that says the weight of each real server: a number in place of the defined weight, or what an \
         agent may say. What it said last stays while it says nothing.",
    );

/// The freeze of all verdicts.
pub(super) const FREEZE_KEY: Key = key("freeze", "{servers: 3, within: 1s, for: 2m}")
    .takes(Either(&[Word(&["off"]), Mapping(&FREEZE)]))
    .default("the defaults of its keys")
    .means(
        "When all servers of all services fail at once, the director doubts itself: all verdicts stand still, no table is \
         emptied, and log and status raise an alarm. It ends with the first good answer, after a time, or by `ipvsctl \
         unfreeze`.",
    );

/// The freeze of all verdicts.
pub(in super::super) const FREEZE: Shape = Shape {
    name: "freeze",
    what: "the freeze",
    keys: &[
        key("servers", "3")
            .takes(Number("servers, 2 or more"))
            .default("3")
            .means("Servers, by address, that have to fail in it: with fewer it may well be their own fault."),
        key("within", "1s")
            .takes(Span)
            .default("1s")
            .means("How close together, beyond what the intervals of the checks make of it."),
        key("for", "2m")
            .takes(Span)
            .default("2m")
            .means("How long it lasts at most; with `0s` until a server answers or the operator ends it."),
    ],
};

/// An agent.
pub(in super::super) const AGENT: Shape = Shape {
    name: "agent",
    what: "an agent",
    keys: &[
        key("port", "9707")
            .takes(Port)
            .means("Where it listens, on the real server."),
        key("send", "\"status\\n\"")
            .takes(Text)
            .default("nothing")
            .means("What is sent to it first."),
        key("every", "5s")
            .takes(Span)
            .default("5s")
            .means("From the start of one question to the start of the next."),
        key("timeout", "3s")
            .takes(Span)
            .default("3s")
            .means("Time limit of one question."),
    ],
};

/// A source of weights.
pub(in super::super) const WEIGHT_SOURCE: Shape = Shape {
    name: "weight_from",
    what: "the source of weights",
    keys: &[
        key("file", "\"/run/weights/{rip}\"")
            .takes(Text)
            .default("none; either a file or a command must be written")
            .means(
                "A file of the director's whose first line says it. `{vip}`, `{vport}`, `{rip}` and `{rport}` stand for \
                 the addresses and ports of service and server.",
            ),
        key("command", "[/usr/local/bin/weight, \"{rip}\"]")
            .takes(Either(&[List(&Text), Mapping(&COMMAND)]))
            .default("none; either a file or a command must be written")
            .means("A program whose last line says it; its exit status has to be 0."),
        key("every", "5s")
            .takes(Span)
            .default("5s")
            .means("From the start of one question to the start of the next."),
        key("timeout", "3s")
            .takes(Span)
            .default("3s")
            .means("Time limit of one question."),
    ],
};
