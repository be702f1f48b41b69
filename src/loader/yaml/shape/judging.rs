//! Rows of what makes a verdict: several checks on a server, when they begin to ask, and what counts before they have.

use super::Takes::{Either, List, Mapping, Number, Span, Text, Truth, Word};
use super::check::{ALONE, CHECK};
use super::{Key, key};

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
        "Holds an idle TCP connection to the port that is asked. When it breaks, the server is asked at once and, while \
         it fails, again every 100 ms, so that a crash is seen in milliseconds and not in an interval. For servers that \
         leave idle connections open: one that closes them after a while is asked once more each time, and one process \
         or thread of it may be taken up.",
    );
