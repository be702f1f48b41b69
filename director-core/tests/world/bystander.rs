//! What a bystander makes of a director's operations: he hears the answers of the servers, sees each operation just before
//! it is carried out, and knows the definitions. He notes a server that gets weight and should not, and a service that is
//! emptied and need not be.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::sync::Arc;

use director_core::director::{Director, Event};
use director_core::health::{HealthState, Outcome};
use director_core::model::{Combine, Endpoint, Model, Probe, ServiceId};
use director_core::moment::Moment;
use director_core::overrides::Target;
use director_core::persistent_state::PersistentState;
use director_core::plan::Op;
use director_core::snapshot::{ServerView, ServiceView};
use director_core::table::{ServiceEntry, Table};

/// Notes what is wrong, once each.
#[derive(Debug)]
pub(crate) struct Bystander {
    /// A server that got weight while its verdict was down.
    pub(crate) raised_known_bad: Option<Op>,
    /// A server that got weight before it had answered well since the director began, or, if it was down when that began or
    /// when definitions were loaded, since then; and then every check has to have answered well that counts.
    pub(crate) raised_unasked: Option<Op>,
    /// The last server of a service that somebody is to serve, though not known to be bad.
    pub(crate) emptied: Option<Op>,
    model: Arc<Model>,
    /// What the kernel held before the plan.
    before: Table,
    /// Good answers so far, and the number of the last one at each port.
    answers: u64,
    last: BTreeMap<(IpAddr, u16), u64>,
    /// Servers that were down when definitions were loaded, and how many good answers had come by then.
    down: BTreeMap<Target, u64>,
}

impl Bystander {
    pub(crate) fn new() -> Self {
        Self {
            raised_known_bad: None,
            raised_unasked: None,
            emptied: None,
            model: Arc::new(Model::empty()),
            before: Table::default(),
            answers: 0,
            last: BTreeMap::new(),
            down: BTreeMap::new(),
        }
    }

    /// An event is about to be handed over.
    pub(super) fn sees(&mut self, event: &Event, director: &Director, now: Moment) {
        match event {
            Event::Restored { saved } => self.remembers(saved),
            Event::Loaded { model, .. } => {
                self.model = Arc::clone(model);
                for service in director.snapshot(now).services {
                    for server in service.servers {
                        self.judged((service.id, server.endpoint), &server);
                    }
                }
            }
            _ => {}
        }
    }

    fn remembers(&mut self, saved: &PersistentState) {
        let bad = saved.health.iter();
        let bad = bad.filter(|(_, judged)| judged.state == HealthState::Down);
        self.down.extend(bad.map(|(target, _)| (*target, 0)));
    }

    fn judged(&mut self, target: Target, server: &ServerView) {
        let Some(health) = &server.health else { return };
        if health.state == HealthState::Down && !health.assumed {
            self.down.insert(target, self.answers);
        } else {
            self.down.remove(&target);
        }
    }

    /// A server answers.
    pub(super) fn hears(&mut self, probe: &Probe, outcome: &Outcome) {
        if outcome.is_good() == Some(true) {
            self.answers += 1;
            self.last.insert((probe.address, probe.port), self.answers);
        }
    }

    /// A plan is about to be carried out.
    pub(super) fn begins(&mut self, kernel: &Table) {
        self.before.clone_from(kernel);
    }

    /// An operation is about to be carried out.
    pub(super) fn watches(&mut self, op: &Op, kernel: &Table, director: &Director, now: Moment) {
        if raises(op) {
            self.watch_raise(op, director, now);
        }
        if empties(op, kernel) && self.emptied.is_none() {
            let service = service_of(op, director, now);
            // Somebody else's change that the director has not read yet cannot be held against it.
            let service = service.filter(|service| {
                let entry = self.before.services.get(&service.id);
                entry.is_some_and(|entry| weights_as_read(service) == weights(entry))
            });
            let needless = service.is_some_and(|service| is_needless(op, &service));
            self.emptied = needless.then(|| op.clone());
        }
    }

    fn watch_raise(&mut self, op: &Op, director: &Director, now: Moment) {
        let service = service_of(op, director, now);
        let view = service.and_then(|service| {
            let mut servers = service.servers.into_iter();
            servers.find(|server| Some(server.endpoint) == op.server())
        });
        // Below the minimum verdicts may be not believed, and then the chain says so.
        let Some(view) = view.filter(|server| {
            let mut links = server.chain.iter();
            !links.any(|link| link.what == "minimum" && link.weight > Some(0))
        }) else {
            return;
        };
        let health = view.health.as_ref();
        if health.is_some_and(|health| health.state == HealthState::Down) {
            self.raised_known_bad = Some(op.clone());
        }
        // Whoever served when all failed at once serves on, also where only the kernel vouched for him.
        let taken_back = health
            .is_some_and(|health| health.reason.starts_with("restored from before the freeze"));
        let target = (op.service(), view.endpoint);
        if !taken_back && !self.has_answered(&target) {
            self.raised_unasked = Some(op.clone());
        }
        self.down.remove(&target);
    }

    fn has_answered(&self, target: &Target) -> bool {
        let down_since = self.down.get(target).copied();
        let last = |probe: &Probe| self.last.get(&(probe.address, probe.port)).copied();
        let service = self.model.service(&target.0);
        let mut servers = service.into_iter().flat_map(|known| &known.real_servers);
        let server = servers.find(|server| server.endpoint == target.1);
        let (Some(service), Some(server)) = (service, server) else {
            return true;
        };
        // The other checks of one that was not down may still be asked for the first time.
        let Some(down_since) = down_since else {
            return self.answered_once(&server.endpoint);
        };
        let mut probes = server.probes.iter();
        let all = service.combine == Combine::Any || probes.all(|probe| last(probe).is_some());
        let mut probes = server.probes.iter();
        all && probes.any(|probe| last(probe) > Some(down_since))
    }

    fn answered_once(&self, server: &Endpoint) -> bool {
        let mut ports = self.last.iter();
        ports.any(|((address, _), _)| *address == server.address)
    }
}

/// Whether it gives a server weight, or more of it.
fn raises(op: &Op) -> bool {
    match op {
        Op::AddServer { settings, .. } => settings.weight > 0,
        Op::EditServer { from, to, .. } => to.weight > from.weight,
        _ => false,
    }
}

/// Whether its service finds a server for a new connection before it, and none after it.
fn empties(op: &Op, kernel: &Table) -> bool {
    let can_serve = |table: &Table| {
        let entry = table.services.get(&op.service());
        entry.map(ServiceEntry::can_serve)
    };
    if can_serve(kernel) != Some(true) || matches!(op, Op::DeleteService { .. }) {
        return false;
    }
    let mut after = kernel.clone();
    op.apply_to(&mut after);
    can_serve(&after) == Some(false)
}

/// Whether somebody is to serve here, and whoever leaves is not known to be bad.
fn is_needless(op: &Op, service: &ServiceView) -> bool {
    let all = || service.servers.iter().chain(&service.fallback);
    let wanted = |server: &ServerView| server.desired.is_some_and(|desired| desired.weight > 0);
    let leaving = all().find(|server| Some(server.endpoint) == op.server());
    let is_bad = leaving.is_some_and(|server| {
        let overridden_out = server
            .overrides
            .iter()
            .any(|override_| override_.kind.takes_out());
        let health = server.health.as_ref();
        overridden_out || health.is_some_and(|health| health.state == HealthState::Down)
    });
    all().any(wanted) && !is_bad
}

fn weights(entry: &ServiceEntry) -> BTreeMap<Endpoint, u32> {
    let servers = entry.servers.iter();
    let weights = servers.map(|(server, entry)| (*server, entry.settings.weight));
    weights.collect()
}

/// The weights of a service as the director last read them.
fn weights_as_read(service: &ServiceView) -> BTreeMap<Endpoint, u32> {
    let defined = service.servers.iter().chain(&service.fallback);
    let defined = defined.filter_map(|server| Some((server.endpoint, server.observed?)));
    let departing = service.leaving.iter();
    let all = defined.chain(departing.map(|departing| (departing.endpoint, departing.observed)));
    all.map(|(server, entry)| (server, entry.settings.weight))
        .collect()
}

/// What the director shows of the service of an operation.
fn service_of(op: &Op, director: &Director, now: Moment) -> Option<ServiceView> {
    let id: ServiceId = op.service();
    let mut services = director.snapshot(now).services.into_iter();
    services.find(|service| service.id == id)
}
