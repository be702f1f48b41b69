//! What `ldirectord` hands on without a look, and the kernel, its tools or its own checks then refuse again and again: for
//! each such thing what becomes of the service or the real server here, and a warning that says so.

use director_core::definitions::{
    CheckKindDefinition, Host, ListenDefinition, Placed, PortDefinition, RealServerDefinition,
    ServiceDefinition,
};
use director_core::diagnostic::{Diagnostic, Place, nearest};
use director_core::model::{
    Family, KNOWN_SCHEDULERS, LARGEST_THRESHOLD, LARGEST_WEIGHT, LONGEST_PERSISTENCE_SECONDS,
    SchedulerFlags, no_real_server, no_vip, scheduler_by_other_name, scheduler_flag_names,
};

use super::check::Plan;
use super::expression::{self, Fault};
use super::scope::Scope;
use crate::directives::Key;
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::unfit::{Keeps, Unfit};

/// What is meant of a service that cannot be had as it is written.
const FATE: &str = "the service is left out; after a reload it keeps its previous scheduler";

/// Mends what can be mended, takes out the servers that cannot be had, and says whether the whole service cannot.
pub(super) fn judge(
    scope: &Scope<'_>,
    service: &mut ServiceDefinition,
    findings: &mut Findings,
) -> Option<Unfit> {
    let mut judge = Judge {
        findings,
        faults: Vec::new(),
        stands: true,
        keeps: Keeps::Scheduling,
    };
    judge.persistence(service);
    judge.listen(service);
    judge.scheduler(service);
    judge.mask(service, scope.family());
    judge.servers(scope, service);
    judge.expressions(scope, service);
    let Judge {
        faults,
        stands,
        keeps,
        ..
    } = judge;
    (!faults.is_empty()).then(|| Unfit {
        index: 0,
        name: format!("the service {}", scope.head_text()),
        place: scope.place().clone(),
        faults,
        stands,
        keeps,
    })
}

struct Judge<'f> {
    findings: &'f mut Findings,
    /// What makes the service unfit.
    faults: Vec<Diagnostic>,
    stands: bool,
    keeps: Keeps,
}

impl Judge<'_> {
    /// Something for which the service cannot be as it is written.
    fn unfit(&mut self, quirk: Quirk, place: &Place, message: String, hint: String) {
        self.faults
            .push(Diagnostic::warning(place, message.clone()).hint(hint.clone()));
        self.findings.quirk(quirk, place, message, hint);
    }

    /// Something for which it cannot be at all.
    fn absent(&mut self, quirk: Quirk, place: &Place, message: &str, hint: String) {
        self.stands = false;
        self.unfit(quirk, place, format!("{message}: {FATE}"), hint);
    }

    fn persistence(&mut self, service: &mut ServiceDefinition) {
        let Some(written) = service.persistence.clone() else {
            return;
        };
        if written.value == 0 {
            let message = "persistent=0 means no persistence; ipvsadm refuses it, so ldirectord runs without the \
                           service";
            let hint = "remove the line";
            self.findings
                .quirk(Quirk::PersistentZero, &written.place, message, hint);
            service.persistence = None;
            service.mask = None;
        } else if written.value > LONGEST_PERSISTENCE_SECONDS {
            let message = format!("ipvsadm refuses a persistence of {} seconds", written.value);
            let hint = format!("write a number of seconds up to {LONGEST_PERSISTENCE_SECONDS}");
            self.absent(Quirk::ServiceRefused, &written.place, &message, hint);
        }
    }

    fn listen(&mut self, service: &ServiceDefinition) {
        let place = &service.listen.place;
        match &service.listen.value {
            ListenDefinition::Mark { mark, .. } if *mark == 0 || *mark > u64::from(u32::MAX) => {
                let message = format!("ipvsadm refuses the firewall mark {mark}");
                let hint = "write a mark from 1 to 2147483647".to_owned();
                self.absent(Quirk::ServiceRefused, place, &message, hint);
            }
            ListenDefinition::Mark { .. } => {}
            ListenDefinition::Address { host, port, .. } => {
                if *port == PortDefinition::Number(0) && service.persistence.is_none() {
                    let message =
                        "ipvsadm refuses port 0, which means every port, without persistence";
                    let hint = "write a port, or add persistent=SECONDS".to_owned();
                    self.absent(Quirk::ServiceRefused, place, message, hint);
                }
                if let Host::Address(vip) = host
                    && let Some(fault) = no_vip(*vip)
                {
                    let message = format!("{vip} is {fault}, and such a service gets no packets");
                    let hint = "write a unicast address of this director".to_owned();
                    self.absent(Quirk::NoVip, place, &message, hint);
                }
            }
        }
    }

    fn scheduler(&mut self, service: &ServiceDefinition) {
        let Some(written) = &service.scheduler else {
            return;
        };
        let name = written.value.as_str();
        if !KNOWN_SCHEDULERS.contains(&name) {
            let message = format!("the kernel has no scheduler {name}");
            let known = KNOWN_SCHEDULERS.join(", ");
            let near = nearest(name, KNOWN_SCHEDULERS.iter().copied());
            let hint = match scheduler_by_other_name(name).or(near) {
                Some(near) => format!("did you mean {near}? It has {known}"),
                None => format!("it has {known}"),
            };
            self.absent(Quirk::UnknownScheduler, &written.place, &message, hint);
            return;
        }
        let mut flags = SchedulerFlags::default();
        for flag in &service.scheduler_flags {
            if !flags.set(name, &flag.value) {
                let message = format!("scheduler {name} has no flag {}", flag.value);
                let hint = format!("it has {}", scheduler_flag_names(name).join(", "));
                self.absent(Quirk::UnknownScheduler, &flag.place, &message, hint);
            }
        }
    }

    fn mask(&mut self, service: &ServiceDefinition, family: Family) {
        let Some(mask) = &service.mask else {
            return;
        };
        if family == Family::Ipv4 && mask.value.parse::<std::net::Ipv4Addr>().is_err() {
            let message = format!("ipvsadm refuses the mask {}", mask.value);
            let hint = "write a mask such as 255.255.255.0".to_owned();
            self.absent(Quirk::ServiceRefused, &mask.place, &message, hint);
        }
    }

    fn servers(&mut self, scope: &Scope<'_>, service: &mut ServiceDefinition) {
        let portless = Portless::of(scope, service);
        service
            .real_servers
            .retain_mut(|server| self.server(server) && self.port(server, &portless));
        if service
            .fallback
            .as_ref()
            .is_some_and(|fallback| !self.address(&fallback.host, "the fallback"))
        {
            service.fallback = None;
        }
    }

    /// Whether the kernel takes a real server, thresholds that are beyond it brought into its range.
    fn server(&mut self, server: &mut RealServerDefinition) -> bool {
        let mut refuse = |place: &Place, message: String, hint: &str| {
            self.findings.quirk(
                Quirk::ServerRefused,
                place,
                format!("{message}: the real server is left out, as in ldirectord"),
                hint,
            );
        };
        if let Some(weight) = (server.weight.as_ref()).filter(|w| w.value > LARGEST_THRESHOLD) {
            let message = format!("ipvsadm refuses weights above {LARGEST_THRESHOLD}");
            refuse(&weight.place, message, "write a smaller weight");
            return false;
        }
        let limit = |threshold: &Option<Placed<i64>>| threshold.as_ref().map_or(0, |t| t.value);
        let (lower, upper) = (
            limit(&server.lower_threshold),
            limit(&server.upper_threshold),
        );
        if let Some(place) = server.lower_threshold.as_ref().filter(|_| lower > upper) {
            let message = format!(
                "the kernel refuses the lower threshold {lower}, which is above the upper one, {upper}"
            );
            let hint = "write the smaller number after l: and the larger one after u:";
            refuse(&place.place, message, hint);
            return false;
        }
        let largest = i64::from(LARGEST_WEIGHT);
        if let Some(weight) = server.weight.as_mut().filter(|w| w.value > largest) {
            let message = format!("the weight is lowered to {largest}");
            let hint = "with larger weights the scheduler wrr can need seconds for each new connection; divide all weights \
                    of the service by the same number";
            self.findings
                .quirk(Quirk::HugeNumber, &weight.place, message, hint);
            weight.value = largest;
        }
        for threshold in [&mut server.upper_threshold, &mut server.lower_threshold]
            .into_iter()
            .flatten()
        {
            if threshold.value > LARGEST_THRESHOLD {
                let message = format!("the threshold is lowered to {LARGEST_THRESHOLD}");
                let hint =
                    "no server has that many connections; remove it, or write a smaller number";
                self.findings
                    .quirk(Quirk::HugeNumber, &threshold.place, message, hint);
                threshold.value = LARGEST_THRESHOLD;
            }
        }
        self.address(&server.host, "the real server")
    }

    fn address(&mut self, host: &Placed<Host>, what: &str) -> bool {
        let Host::Address(address) = host.value else {
            return true;
        };
        let Some(fault) = no_real_server(address) else {
            return true;
        };
        let message = format!("{address} is {fault}: {what} is left out, as in ldirectord");
        let hint = "write its unicast address";
        self.findings
            .quirk(Quirk::ServerRefused, &host.place, message, hint);
        false
    }

    /// Whether there is a port to check a real server at.
    fn port(&mut self, server: &RealServerDefinition, portless: &Portless) -> bool {
        let has_port = server
            .port
            .as_ref()
            .is_some_and(|port| port.value != PortDefinition::Number(0));
        match portless {
            Portless::Known => true,
            _ if has_port => true,
            Portless::OfService(port) => {
                let message = format!(
                    "this real server has no port, so its check uses port {port} of the service"
                );
                let hint = "ldirectord never brings such a server up; write the port";
                self.findings
                    .quirk(Quirk::PortOfService, &server.place, message, hint);
                true
            }
            Portless::Nowhere => {
                let message = "this real server has no port to check; it is left out, because ldirectord never brings \
                               it up";
                let hint = "write the port after its address, or checkport=PORT below virtual";
                self.findings
                    .quirk(Quirk::NoPort, &server.place, message, hint);
                false
            }
        }
    }

    /// An expression that is none is found in no answer. What a server has had before is better than that.
    fn expressions(&mut self, scope: &Scope<'_>, service: &mut ServiceDefinition) {
        let mut faults = Vec::new();
        for receive in expression::all_of(service) {
            expression::make_sane(receive, &mut faults);
        }
        // What nobody looks for is not looked at there either.
        if !Plan::of(scope).uses().contains(&Key::Receive) {
            return;
        }
        for Fault {
            place,
            why,
            is_perls,
        } in faults
        {
            self.keeps = Keeps::Everything;
            if is_perls {
                let message = format!(
                    "only Perl supports this expression ({why}); after a start every answer matches; after a reload \
                     the service stays unchanged"
                );
                let hint = "write it without the syntax that only Perl has, until `ipvsctl check` accepts it".to_owned();
                self.unfit(Quirk::PerlsExpression, &place, message, hint);
                continue;
            }
            let message = format!(
                "this is not a regular expression ({why}); after a start no answer matches, so no server comes up; \
                 after a reload the service stays unchanged; ldirectord exits at the first good answer"
            );
            let hint =
                "put a backslash before special characters that you mean literally".to_owned();
            self.unfit(Quirk::BadExpression, &place, message, hint);
        }
    }
}

/// Where a real server without port is checked.
enum Portless {
    /// At a port that is known, or nowhere because nothing is asked.
    Known,
    /// At the port of the service.
    OfService(String),
    /// At none.
    Nowhere,
}

impl Portless {
    fn of(scope: &Scope<'_>, service: &ServiceDefinition) -> Self {
        let check = &service.check;
        let asks = !matches!(
            check.kind.as_ref().map(|kind| &kind.value),
            Some(
                CheckKindDefinition::AlwaysUp
                    | CheckKindDefinition::AlwaysDown
                    | CheckKindDefinition::Ping { .. }
                    | CheckKindDefinition::Command(_)
            )
        );
        if !asks || check.port.is_some() || check.default_port.is_some() {
            return Self::Known;
        }
        match &service.listen.value {
            ListenDefinition::Mark { .. }
            | ListenDefinition::Address {
                port: PortDefinition::Number(0),
                ..
            } => Self::Nowhere,
            ListenDefinition::Address {
                port: PortDefinition::Unusable,
                ..
            } => Self::Known,
            ListenDefinition::Address { port, .. } => Self::OfService(match port {
                PortDefinition::Name(name) => name.clone(),
                _ => scope.port_number().unwrap_or(0).to_string(),
            }),
        }
    }
}
