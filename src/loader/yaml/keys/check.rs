//! Keys of a check: what it asks, how often, and how its answers count.

use std::time::Duration;

use director_core::definitions::{
    CheckDefinition, ConnectsBetweenDefinition, DampingDefinition, WindowDefinition,
};

use super::kinds::{self, Asked, KindText, Kinds};
use super::protocols;
use crate::loader::yaml::mapping::{Input, Lines, Mapping, Takes, flow};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::Mapped;

/// Limit for a connect between two questions when none is written.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A check as written, layer by layer.
#[derive(Default)]
pub(in super::super) struct CheckText {
    pub(in super::super) check: CheckDefinition,
    pub(super) asked: Option<Asked>,
    /// Which layer is read, so that two questions of one are told from those of two.
    pub(in super::super) layer: u32,
}

mapping! {
    /// A check.
    CHECK: CheckText = "check", "a check", |_| CheckText::default(), None,
        more (8, &protocols::ROWS);
    node(Takes::Text) "use" = "web", or "none",
        "Name of an entry of `checks` to start from. Keys written here replace the keys of that entry.";
    by(Kinds) "none" = "{}", or "not checked", "No check: every server is up.";
    by(Kinds) "tcp" = "{}", or "not checked", "Connect by TCP.";
    by(Kinds) "http" = "{path: /test.html}", or "not checked", "Send an HTTP request.";
    by(Kinds) "https" = "{path: /test.html}", or "not checked", "Send an HTTPS request.";
    by(Kinds) "ping" = "{attempts: 3}", or "not checked", "Send an ICMP echo request.";
    by(Kinds) "command" = "[/usr/local/bin/probe, \"{rip}\", \"{rport}\"]", or "not checked",
        "Run a program; exit status 0 is a success. ipvsd replaces `{vip}`, `{vport}`, `{rip}` and `{rport}` in its \
         arguments by the addresses and ports of the service and the server.";
    by(Kinds) "always_down" = "{}", or "not checked", "No check: every server is down.";
    opt(check.connects_between) "connects_between" = "{count: 3, timeout: 5s}", or "none",
        "Run the full check only now and then, and make plain TCP connects in between.";
    opt(check.port) "port" = "8080", or "the port of the real server",
        "Port to check on every server, instead of the port it serves on.";
    opt(check.default_port) "default_port" in "port" = "80", or "the port of the service",
        "Port to check on servers defined without a port.";
    opt(check.address) "address" = "10.1.0.11", or "the address of each real server",
        "Address to probe instead of that of the real servers. All servers of the service share the result, so for one \
         management address for each server write `check_address` there.";
    opt(check.source) "source" = "10.0.0.5", or "chosen by the kernel",
        "Address of this host to probe from. If this host does not have it, the probe is a local error, which changes no \
         health.";
    opt(check.proxy_header) "proxy_header" = "v2", or "none",
        "Begin each TCP connection of the check with a header of the PROXY protocol, before TLS. `v1` sends the addresses of the \
         connection, `v2` the command LOCAL, as HAProxy does in its checks.";
    opt(check.every) "every" = "5s", or "5s",
        "Check interval, from the start of one probe to the start of the next.";
    opt(check.every_while_changing) "every_while_changing" = "1s", or "the value of `every`",
        "Check interval while a state change is pending (`rise` and `fall` counting).";
    opt(check.every_while_down) "every_while_down" = "10s", or "the value of `every`",
        "Check interval while the server is down.";
    opt(check.timeout) "timeout" = "3s", or "3s",
        "Time limit of one probe, from the connect to the end of the answer.";
    opt(check.rise) "rise" in "answers" = "1", or "1", "Successes in a row after which a server is up.";
    opt(check.fall) "fall" in "answers" = "3", or "3", "Failures in a row after which a server is down.";
    opt(check.window) "window" = "{good: 3, of: 5}", or "none",
        "Instead of `rise` and `fall`: a server is up while `good` of its last `of` probes succeeded.";
    opt(check.damping) "damping" = "{half_life: 1m, hold_above: 3, release_below: 1}", or "none",
        "Flap damping: keep a server down while it changes its state too often, and another server is left.";
    opt(check.name) "name" = "login", or "its protocol",
        "Name of the check in status and logs, where a service has several.";
    opt(check.start_spread) "start_spread" = "10s", or "0s; all at once",
        "Spread the first probes after a start over this time. Each check of a server has a fixed place in it.";
    opt(check.jitter) "jitter" in "per cent, 0 to 50" = "10", or "0",
        "Vary each interval by up to this much, so that several directors do not probe at the same moment.";
    opt(check.hold_connection) "hold_connection" = "true", or "false",
        "Keep an idle TCP connection open to the checked port of the server. When it breaks, ipvsd probes the \
         server at once, and every 100 ms while probes fail. A crashed process is removed within milliseconds. If \
         the first probe succeeds, three more follow within 600 ms, because the listening part of a crashing \
         process may die last. Use it for servers that leave idle connections open: it may occupy one process or \
         thread of the server.";
    opt(check.path) "via" = "vip", or "server",
        "Path of the probe. `server` probes each server at its own address. `vip` probes the VIP, and the kernel \
         forwards the probe to this one server by its forwarding method. That finds a missing VIP, a tunnel that is \
         not unwrapped, and a server that does not answer for the VIP. ipvsd adds a probe service to the kernel's \
         table for each such server. While it probes this way it sets `accept_local=1` on the interface towards the \
         server, and `rp_filter=2` where that was 1.";
    opt(check.to) "to" = "tcp://192.0.2.10:80", or "the VIP and port of the service",
        "VIP and port to probe with `via: vip` in a service of a firewall mark, which has no VIP of its \
         own. The mark must cover packets to this address.";
    opt(check.full_size) "test_mtu" = "true", or "false",
        "With `via: vip` and an http or https check: pad the request to a full packet. That finds path-MTU \
         problems, such as those of a tunnel.";
}

mapping! {
    /// TCP connects between full questions.
    CONNECTS_BETWEEN: ConnectsBetweenDefinition = "connects_between", "connects_between", |_| ConnectsBetweenDefinition {
        count: 0,
        timeout: CONNECT_TIMEOUT,
    }, None;
    plain(count) "count" in "connects" = "3", "TCP connects between two full probes.";
    plain(timeout) "timeout" = "5s", or "5s", "Time limit of one TCP connect.";
}

impl Mapped for ConnectsBetweenDefinition {
    const MAPPING: &'static Mapping<Self> = &CONNECTS_BETWEEN;
}

mapping! {
    /// A window over the last probes.
    WINDOW: WindowDefinition = "window", "a window", |_| WindowDefinition { good: 0, of: 0 }, None;
    plain(good) "good" in "answers" = "3", "Successes needed.";
    plain(of) "of" in "answers" = "5", "Number of last probes to count, at most 64.";
}

impl Mapped for WindowDefinition {
    const MAPPING: &'static Mapping<Self> = &WINDOW;
}

mapping! {
    /// Flap damping.
    DAMPING: DampingDefinition = "damping", "damping", |_| DampingDefinition {
        half_life: Duration::ZERO,
        hold_above: 0,
        release_below: 0,
    }, None;
    plain(half_life) "half_life" = "1m", "Half-life of the penalty. Each state change adds one to it.";
    plain(hold_above) "hold_above" in "changes" = "3", "Penalty at which ipvsd starts to keep the server down.";
    plain(release_below) "release_below" in "changes" = "1", "Penalty below which the server may come up again.";
}

impl Mapped for DampingDefinition {
    const MAPPING: &'static Mapping<Self> = &DAMPING;
}

impl CheckText {
    /// The check that all layers make together.
    pub(in super::super) fn definition(self, reader: &mut Reader) -> CheckDefinition {
        CheckDefinition {
            kind: self.asked.and_then(|asked| asked.definition(reader)),
            ..self.check
        }
    }
}

/// What may stand as a check: a kind, the name of a check, or a mapping.
pub(in super::super) fn takes() -> Takes {
    let kinds = kinds::alone().collect();
    Takes::Either(vec![
        Takes::Word(kinds),
        Takes::Text,
        Takes::Mapping(&CHECK),
    ])
}

/// A check as it is written: what it asks, and its other keys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in super::super) struct CheckParts {
    pub(in super::super) kind: Option<(&'static str, KindText)>,
    pub(in super::super) others: Lines,
}

/// The parts of a check.
pub(in super::super) fn parts(check: &CheckDefinition) -> CheckParts {
    let without_kind = CheckDefinition {
        kind: None,
        ..check.clone()
    };
    CheckParts {
        kind: check.kind.as_ref().map(|kind| kinds::text_of(&kind.value)),
        others: CHECK.lines(&CheckText {
            check: without_kind,
            ..CheckText::default()
        }),
    }
}

/// A check in one line; none when nothing is said about it.
pub(in super::super) fn print(check: &CheckDefinition) -> Option<String> {
    let lines = CHECK.lines(&CheckText {
        check: check.clone(),
        ..CheckText::default()
    });
    (!lines.is_empty()).then(|| flow(&lines))
}

/// Several checks in one line.
pub(in super::super) fn print_list<'c>(
    checks: impl Iterator<Item = &'c CheckDefinition>,
) -> String {
    let texts: Vec<String> = checks
        .map(|one| print(one).unwrap_or_else(|| "tcp".to_owned()))
        .collect();
    format!("[{}]", texts.join(", "))
}

/// Refuses a list where one check is expected.
pub(in super::super) fn refuse_list(input: &Input<'_>, reader: &mut Reader) -> Option<()> {
    let Content::List(_) = input.node.content else {
        return Some(());
    };
    let hint = match input.node.flow() {
        Some(list) => format!("write checks: {list}"),
        None => "write it as the value of checks".to_owned(),
    };
    let message = "check is one check, and this is a list";
    reader.error(&input.node.place, message, hint);
    None
}
