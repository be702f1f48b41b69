//! Keys of a virtual service.

use director_core::definitions::{
    CheckDefinition, JudgingDefinition, ListenDefinition, Placed, PublishDefinition,
    RecoveryDefinition, ServiceDefinition, VipDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::KNOWN_SCHEDULERS;

use super::check;
use super::recovery::FALLBACK;
use super::server;
use crate::loader::yaml::address;
use crate::loader::yaml::layers;
use crate::loader::yaml::mapping::{Input, Key, Lens, Mapping, Takes};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::servers;
use crate::loader::yaml::value::{Codec, Mapped, Value};
use crate::loader::yaml::words::WholeSeconds;

/// A service as written: one block, which may listen on many addresses.
pub(in super::super) struct ServiceText {
    pub(in super::super) listens: Vec<Placed<ListenDefinition>>,
    pub(in super::super) service: ServiceDefinition,
}

impl ServiceText {
    pub(in super::super) fn of(service: ServiceDefinition) -> Self {
        Self {
            listens: vec![service.listen.clone()],
            service,
        }
    }
}

fn unknown(place: &Place) -> ServiceText {
    ServiceText {
        listens: Vec::new(),
        service: ServiceDefinition {
            place: place.clone(),
            name: None,
            listen: Placed::new(address::unusable_listen(), place.clone()),
            vip: None,
            scheduler: None,
            scheduler_flags: Vec::new(),
            persistence: None,
            mask: None,
            persistence_engine: None,
            persistence_each_port: None,
            publish: None,
            one_packet: None,
            forwarding: None,
            check: CheckDefinition::default(),
            judging: JudgingDefinition::default(),
            on_failure: None,
            on_stop: None,
            real_servers: Vec::new(),
            fallback: None,
            recovery: RecoveryDefinition::default(),
        },
    }
}

mapping! {
    /// A virtual service.
    SERVICE: ServiceText = "service", "a service", unknown, None;
    many(listens) "listen" = "tcp://192.0.2.10:80",
        "Protocol, VIP and port of the service, or a firewall mark. Port 0 means every port and needs `persistence`. \
         A list makes one virtual service of the kernel for each entry; they share checks and health. A check \
         without `port` that does not fit a port of the list, such as `https` at port 80, probes the port of the list that it \
         fits. With IPv4 and IPv6 in the list, each service takes the real servers of its own family, or tunnel servers of \
         the other one if it has none.";
    opt(service.name) "name" = "web", or "its address and port", "Name of the service in logs, status and commands.";
    opt(service.vip) "vip" = "{interface: eth0}", or "none; another program adds the address",
        "Let ipvsd add the VIP to an interface, announce it to the neighbours, and remove it again. ipvsd does not \
         add it while another machine answers for it, or while the interface is down. It does not change an address \
         that is already there. It removes the address while all services at it are withdrawn (`minimum_healthy` with \
         `below: withdraw`).";
    flat(SCHEDULER) "scheduler" = "wrr", or "wlc", "How the kernel chooses a real server for a new connection.";
    opt(service.forwarding) "forwarding" = "nat", or "none; the service or each real server must set it",
        "Forwarding method for real servers that set none.";
    flat(PERSISTENCE) "persistence" = "5m", or "none",
        "How long a client that comes back gets the same real server, in whole seconds.";
    opt(service.one_packet) "one_packet" = "true", or "false",
        "Schedule each packet by itself. For UDP services and firewall marks.";
    by(Check) "check" = "{http: {path: /test.html}, every: 5s}", or "tcp; ping for UDP and for firewall marks",
        "Health check of the real servers: the name of a protocol, the name of an entry of `checks`, or a mapping.";
    by(Checks) "checks" = "[tcp, {http: {path: /test.html}}]", or "none; `check` applies",
        "Several checks on every real server, instead of `check`. Each has its own interval and state; `combine` \
         says how they determine the health of the server.";
    opt(service.judging.combine) "combine" = "any", or "all",
        "`all`: a server is up while all of its checks are up. `any`: a server is up while at least one check is \
         up.";
    opt(service.judging.initial_health) "initial_health" = "down", or "adopt",
        "State of a server before its first probe has finished. `adopt` keeps the weight in the kernel's table, so \
         that a start moves no traffic. `down` sends it no new connections until a check succeeds. `up` sends it \
         connections until its checks fail.";
    opt(service.judging.agent) "agent" = "{port: 9707, every: 5s}", or "none",
        "Agent on every real server that reports its state in HAProxy's agent protocol: `75%` of the weight, `drain`, \
         `maint`, `ready`, `up`, or `down`, `stopped` or `fail` with a reason. What a new report does not mention \
         keeps its last value. While the agent cannot be reached, its last report stays in force. `maint` and `down` \
         take the server out as `on_failure` says. ipvsd limits it to 256 times the configured weight. ipvsd \
         ignores `maxconn`.";
    opt(service.judging.weight_from) "weight_from" = "{file: \"/run/weights/{rip}\", every: 5s}", or "none",
        "File or program that gives the weight of each real server: a number that replaces the defined weight, or a \
         report as an agent sends it. ipvsd limits it to 256 times the configured weight. Without a new weight the last \
         one stays in force.";
    opt(service.on_failure) "on_failure" = "quiesce",
        or "drain, for at most 10m without `drain`; remove with the scheduler dh, and with sh and mh without `fallback`",
        "What to do with a real server that fails. `drain` sets weight 0 until its connections have ended or the time \
         limit of `drain` has passed, then removes it. `quiesce` sets weight 0 and keeps it. `remove` removes it at once \
         and resets its connections (`director.expire_nodest_conn`).";
    opt(service.on_stop) "on_stop" = "keep", or "keep",
        "What to do with the service when ipvsd stops. `keep` leaves it in the kernel, balancing. `remove` removes \
         it.";
    opt(service.recovery.drain) "drain" = "10m",
        or "10m; off with `on_failure: remove`, which is the default of some schedulers",
        "Drain servers before removal: keep them with weight 0 until they have no active connection or this time \
         has passed. It applies to servers and services that leave the configuration, to a fallback that is no \
         longer needed, and to failed servers with `on_failure: drain`. With a time of its own it applies to `ipvsctl \
         drain` as well. UDP has no connections to wait for. `off` removes what leaves the configuration at once and \
         resets its connections (`director.expire_nodest_conn`).";
    opt(service.recovery.slow_start) "slow_start" = "60s", or "none; a server returns with its full weight",
        "Time in which a server that comes back reaches its full weight. ipvsd multiplies all weights of the \
         service in the kernel so that the smallest is at least 100. It needs a scheduler with relative weights: \
         wrr, wlc, lblc, lblcr, sed, nq or twos.";
    opt(service.recovery.minimum_healthy) "minimum_healthy" in "real servers" = "50%", or "1",
        "Least number of real servers that must be available, or a share of the first tier. With fewer, the next tier \
         serves too. When all tiers together have fewer, `below` applies.";
    opt(service.publish) "publish" = "/run/ipvsd/web", or "none",
        "File that holds the state of the service as a number, in the format of keepalived's `track_file`. ipvsd replaces it \
         whenever the state changes. Services with the same file, such as those of a list in `listen`, have the number of \
         the one that is worst off. An unknown or frozen state changes no file, and a stop leaves it.";
    by(Fallback) "fallback" = "10.0.0.99:80", or "none",
        "Server of last resort while no real server is available, or fewer than `minimum_healthy`. ipvsd does not \
         check a single fallback. It checks the fallbacks of a list, by TCP connects or by a check of their own.";
    by(RealServers) "real_servers" = "[10.0.0.11:80, 10.0.0.12:80]", or "none",
        "Servers behind the service, the name of an entry of `groups`, or one source: `{from: …}`.";
}

mapping! {
    /// A scheduler with flags.
    SCHEDULER: ServiceText = "scheduler", "a scheduler", unknown, Some("name");
    code(Scheduler, service.scheduler) "name" = "sh", "Name of the scheduler in the kernel.";
    plain(service.scheduler_flags) "flags" = "[fallback, port]", or "none",
        "Flags of `sh` and `mh`: `fallback` (choose another server when the chosen one is unavailable) and `port` \
         (hash the client's port too).";
}

mapping! {
    /// Persistence with more than a time.
    PERSISTENCE: ServiceText = "persistence", "persistence", unknown, Some("timeout");
    code(WholeSeconds, service.persistence) "timeout" = "5m",
        "How long the kernel remembers a client after its last connection, in whole seconds, at most 31 days.";
    opt(service.mask) "mask" = "255.255.255.0", or "each address is one client",
        "Which addresses count as one client: a netmask or a prefix length.";
    opt(service.persistence_engine) "engine" = "sip", or "none; by address",
        "Persistence engine of the kernel. The kernel has one, `sip`, which distinguishes clients by Call-ID.";
    opt(service.persistence_each_port) "each_port" = "true", or "false",
        "Whether each port of a list in `listen` may have its own clients. Without it such a list with persistence is an \
         error, since the kernel keeps a client at one server over several ports only with a firewall mark.";
}

mapping! {
    /// The VIP on an interface.
    VIP: VipDefinition = "vip", "the vip", |place| VipDefinition {
        interface: Placed::new(String::new(), place.clone()),
        prefix: None,
        on_stop: None,
    }, None;
    plain(interface) "interface" = "eth0", "Interface towards the clients or their router.";
    opt(prefix) "prefix" in "length" = "32", or "the address alone: 32, or 128 for IPv6",
        "Prefix length of the address. A shorter one also adds a route to that network.";
    opt(on_stop) "on_stop" = "remove", or "the value of the service",
        "What to do with the address when ipvsd stops.";
}

impl Mapped for VipDefinition {
    const MAPPING: &'static Mapping<Self> = &VIP;
}

mapping! {
    /// The file for the state of a service, with more than its path.
    PUBLISH: PublishDefinition = "publish", "publish", |place| PublishDefinition {
        file: Placed::new(String::new(), place.clone()),
        up: None,
        degraded: None,
        down: None,
    }, Some("file");
    plain(file) "file" = "/run/ipvsd/web", "Absolute path of the file.";
    opt(up) "up" in "priority" = "0", or "0", "Number while all servers are up.";
    opt(degraded) "degraded" in "priority" = "-10", or "-10",
        "Number while some servers are down or taken out, or the fallback serves.";
    opt(down) "down" in "priority" = "-50", or "-50", "Number while no server serves.";
}

impl Mapped for PublishDefinition {
    const MAPPING: &'static Mapping<Self> = &PUBLISH;
}

/// The name of a scheduler. Whether the kernel has it is judged with all other values.
struct Scheduler;

impl Codec<String> for Scheduler {
    fn takes(_: &Key) -> Takes {
        Takes::Word(KNOWN_SCHEDULERS.to_vec())
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<String> {
        String::read(input, reader)
    }

    fn print(value: &String) -> String {
        value.print()
    }
}

/// The only check.
struct Check;

impl Lens<ServiceText> for Check {
    fn takes(_: &Key) -> Takes {
        check::takes()
    }

    fn read(text: &mut ServiceText, input: &Input<'_>, reader: &mut Reader) -> Option<()> {
        check::refuse_list(input, reader)?;
        text.service.check = layers::check(Some(input), true, &input.node.place, reader);
        Some(())
    }

    fn print(text: &ServiceText, _: &Key) -> Option<String> {
        let only = text.service.judging.further_checks.is_empty();
        only.then(|| check::print(&text.service.check)).flatten()
    }
}

/// Several checks.
struct Checks;

impl Lens<ServiceText> for Checks {
    fn takes(_: &Key) -> Takes {
        Takes::List(Box::new(check::takes()))
    }

    fn read(text: &mut ServiceText, input: &Input<'_>, reader: &mut Reader) -> Option<()> {
        let mut checks = layers::checks(input, reader)?.into_iter();
        text.service.check = checks.next()?;
        text.service.judging.further_checks = checks.collect();
        Some(())
    }

    fn print(text: &ServiceText, _: &Key) -> Option<String> {
        let further = &text.service.judging.further_checks;
        let all = std::iter::once(&text.service.check).chain(further);
        (!further.is_empty()).then(|| check::print_list(all))
    }
}

/// Real servers in a list, or a group of them by its name.
pub(in super::super) struct RealServers;

impl Lens<ServiceText> for RealServers {
    fn takes(_: &Key) -> Takes {
        Takes::Either(vec![
            Takes::List(Box::new(server::takes())),
            Takes::Mapping(&server::REAL_SERVER),
            Takes::Text,
        ])
    }

    fn read(text: &mut ServiceText, input: &Input<'_>, reader: &mut Reader) -> Option<()> {
        text.service.real_servers = servers::servers(input, true, reader)?;
        Some(())
    }

    /// Each on a line of its own.
    fn print(text: &ServiceText, _: &Key) -> Option<String> {
        let servers = &text.service.real_servers;
        let lines = servers
            .iter()
            .map(|one| format!("\n      - {}", one.print()));
        Some(match servers.is_empty() {
            true => "[]".to_owned(),
            false => lines.collect(),
        })
    }
}

/// One server, a list of them, or `{real_servers: [...], check: ...}`.
struct Fallback;

impl Lens<ServiceText> for Fallback {
    fn takes(_: &Key) -> Takes {
        let mut forms = match server::takes() {
            Takes::Either(forms) => forms,
            one => vec![one],
        };
        forms.push(Takes::List(Box::new(server::takes())));
        forms.push(Takes::Mapping(&FALLBACK));
        Takes::Either(forms)
    }

    fn read(text: &mut ServiceText, input: &Input<'_>, reader: &mut Reader) -> Option<()> {
        let is_pool = match &input.node.content {
            Content::List(_) => true,
            Content::Mapping(entries) => entries.iter().any(|entry| entry.key == "real_servers"),
            _ => false,
        };
        if let Content::Scalar(scalar) = &input.node.content
            && matches!(
                &*scalar.text.to_ascii_lowercase(),
                "none" | "no" | "off" | "false"
            )
        {
            let message = format!("fallback {:?} is not a server", scalar.text);
            reader.error(&input.node.place, message, "remove it");
            return None;
        }
        match is_pool {
            true => text.service.recovery.fallback_pool = Some(Value::read(input, reader)?),
            false => text.service.fallback = servers::server(input, reader),
        }
        Some(())
    }

    fn print(text: &ServiceText, _: &Key) -> Option<String> {
        let single = text.service.fallback.as_ref().map(Value::print);
        single.or(text
            .service
            .recovery
            .fallback_pool
            .as_ref()
            .map(Value::print))
    }
}
