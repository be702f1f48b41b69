//! Keys of the director section.

use std::time::Duration;

use director_core::definitions::{Definitions, FreezeDefinition, GuardDefinition, Placed};
use director_core::diagnostic::Place;
use director_core::model::Quantity;

use crate::loader::yaml::mapping::{Input, Key, Takes};
use crate::loader::yaml::node::Content;
use crate::loader::yaml::reader::Reader;
use crate::loader::yaml::rows::{access, mapping};
use crate::loader::yaml::value::Value;
use crate::loader::yaml::words::{off, words};

/// What the director section says.
pub(in super::super) struct DirectorText {
    /// All of it that the core knows; the services are empty.
    pub(in super::super) definitions: Definitions,
    pub(in super::super) reload_on_change: Option<Placed<bool>>,
    pub(in super::super) on_error: Option<Placed<OnError>>,
    pub(in super::super) resolve_every: Option<Placed<Duration>>,
}

/// What is done with a configuration that has errors.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum OnError {
    Refuse,
    Isolate,
}

words! {
    OnError = [("refuse", OnError::Refuse), ("isolate", OnError::Isolate)];
}

impl DirectorText {
    pub(in super::super) fn of(definitions: Definitions) -> Self {
        Self {
            definitions,
            reload_on_change: None,
            on_error: None,
            resolve_every: None,
        }
    }
}

mapping! {
    /// Settings that belong to no service.
    DIRECTOR: DirectorText = "director", "the director section", |_| DirectorText::of(Definitions::empty()), None;
    opt(definitions.resync) "resync" = "10s", or "10s",
        "How often ipvsd compares the whole kernel table with the configuration. It reverts and logs changes that \
         other programs made.";
    opt(definitions.probe_marks) "probe_fwmarks" = "1230000000-1230009999", or "1229979648-1230045183",
        "Firewall marks for probes with `via: vip`, lowest and highest. ipvsd removes services of such \
         marks that a killed ipvsd left behind. Two daemons on one host need two ranges.";
    opt(definitions.guard) "safety_limits" = "{servers: 50%, services: 50%, connections: 1000}",
        or "the defaults of its keys",
        "Safety limits: what one change of the configuration or one override may remove at most. ipvsd refuses more \
         without `--force`. `off` removes the limits.";
    opt(definitions.freeze) "freeze" = "{min_servers: 3, within: 1s, max_duration: 2m}", or "the defaults of its keys",
        "When all servers of all services fail at once, this is probably a fault of the director's own network. \
         ipvsd then freezes all health states, empties no table and raises an alarm in log and status. The freeze \
         ends with the first successful probe, after a time, or by `ipvsctl unfreeze`.";
    opt(reload_on_change) "reload_on_change" = "true", or "false",
        "Reload the configuration when one of its files changes, included files and directories too, once the \
         change is complete. `ipvsctl reload` and the signal HUP reload it at any time.";
    opt(on_error) "on_error" = "isolate", or "refuse",
        "What to do with a configuration that has errors. `refuse` keeps the former configuration. `isolate` takes \
         every service that has no error and keeps a broken one as it was when it was last valid, also across a \
         restart; without such a state it leaves the service out.";
    flat(RESOLVE) "resolve" = "{every: 1m}", or "the defaults of its keys",
        "When to resolve host names again. ipvsd resolves them when it reads the configuration and repeats it while \
         it runs. When a name cannot be resolved, its last address stays in use, also across a restart. A server without \
         any address is down until its name is resolved; ipvsd asks again every 10 s or sooner.";
    opt(definitions.host.profile) "profile" = "nat-gateway", or "none; ipvsd changes no kernel setting",
        "Set of kernel settings that ipvsd applies while it runs and restores when it stops. `ipvsctl plan` shows \
         each with its reason. `nat-gateway` also turns on IPv6 forwarding where a service has NAT servers of IPv6. \
         A router ignores router advertisements, so ipvsd does not turn it on while the host has IPv6 routes from \
         them; set `accept_ra=2` on their interface first.";
    flat(TIMEOUTS) "timeouts" = "{tcp: 15m, tcp_fin: 2m, udp: 5m}", or "unchanged",
        "Timeouts of the kernel's connection table while ipvsd runs. ipvsd restores the former values when it \
         stops.";
}

mapping! {
    /// When host names are resolved again.
    RESOLVE: DirectorText = "resolve", "the resolve section", |_| DirectorText::of(Definitions::empty()), None;
    opt(resolve_every) "every" = "1m", or "1m",
        "How often to resolve a name whose answer has no time to live, as with `/etc/hosts`. The time to live of a \
         DNS answer takes precedence, from 5 s to 1 h.";
}

mapping! {
    /// Time limits of the kernel's connection table.
    TIMEOUTS: DirectorText = "timeouts", "the timeouts section", |_| DirectorText::of(Definitions::empty()), None;
    opt(definitions.host.tcp_timeout) "tcp" = "15m", or "unchanged; the kernel starts with 15m",
        "How long an established TCP connection may be idle, in whole seconds.";
    opt(definitions.host.tcp_fin_timeout) "tcp_fin" = "2m", or "unchanged; the kernel starts with 2m",
        "How long the kernel keeps a TCP connection after a FIN, in whole seconds.";
    opt(definitions.host.udp_timeout) "udp" = "5m", or "unchanged; the kernel starts with 5m",
        "How long a UDP client keeps its real server without a packet, in whole seconds.";
}

mapping! {
    /// The freeze of all health states.
    FREEZE: FreezeDefinition = "freeze", "the freeze", |_| FreezeDefinition::default(), None;
    opt(servers) "min_servers" in "servers, at least 2" = "3", or "3",
        "Least number of servers, by address, for a freeze. With fewer servers a common failure of their own is \
         likely.";
    opt(within) "within" = "1s", or "1s",
        "How close together the servers must fail, in addition to the check interval.";
    opt(lasts) "max_duration" = "2m", or "2m",
        "How long a freeze lasts at most. With `0s` it lasts until a server answers or the operator ends it.";
}

/// `off`, or `{min_servers: 3, within: 1s, max_duration: 2m}`.
impl Value for FreezeDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Either(vec![Takes::Word(vec!["off"]), Takes::Mapping(&FREEZE)])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        if matches!(input.node.content, Content::Mapping(_)) {
            return FREEZE.read(input, reader);
        }
        off(input, reader)?;
        Some(Self {
            off: true,
            ..Self::default()
        })
    }

    fn print(&self) -> String {
        match self.off {
            true => "off".to_owned(),
            false => FREEZE.print(self),
        }
    }
}

/// The limits of a guard.
pub(in super::super) struct Limits {
    place: Place,
    servers: Option<Placed<Quantity>>,
    services: Option<Placed<Quantity>>,
    connections: Option<Placed<u64>>,
}

fn limits(place: &Place) -> Limits {
    Limits {
        place: place.clone(),
        servers: None,
        services: None,
        connections: None,
    }
}

mapping! {
    /// What one change may remove at most.
    GUARD: Limits = "safety_limits", "safety_limits", limits, None;
    opt(servers) "servers" in "real servers" = "50%", or "50%",
        "How many real servers of one service may be removed: of those that serve, and, with what was removed before, of those \
         that are configured.";
    opt(services) "services" in "services" = "50%", or "50%", "How many services may be removed.";
    opt(connections) "connections" in "active connections" = "1000", or "1000",
        "How many active connections may be ended. Connections of draining servers do not count.";
}

/// `off`, or `{servers: 50%, services: 50%, connections: 1000}`.
impl Value for GuardDefinition {
    fn takes(_: &Key) -> Takes {
        Takes::Either(vec![Takes::Word(vec!["off"]), Takes::Mapping(&GUARD)])
    }

    fn read(input: &Input<'_>, reader: &mut Reader) -> Option<Self> {
        if !matches!(input.node.content, Content::Mapping(_)) {
            return off(input, reader).map(Self::Off);
        }
        let limits = GUARD.read(input, reader)?;
        Some(Self::Limits {
            place: limits.place,
            servers: limits.servers,
            services: limits.services,
            connections: limits.connections,
        })
    }

    fn print(&self) -> String {
        match self.clone() {
            Self::Off(_) => "off".to_owned(),
            Self::Limits {
                place,
                servers,
                services,
                connections,
            } => GUARD.print(&Limits {
                place,
                servers,
                services,
                connections,
            }),
        }
    }
}
