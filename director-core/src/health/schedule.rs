//! Which probe is due when. Equal probes of equal servers run once, and their results go to every service that wants to
//! know; a server never has more than one open probe; first probes run at once, later ones spread evenly
//! over the interval.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::outage::{LastResults, outage};
use super::probe_task::{ProbeTask, probe_specs};
use super::{Outage, Report};
use crate::model::{Endpoint, Freeze, Model, Probe, ServiceId, VirtualService};
use crate::moment::Moment;

/// Number of a recurring probe, unique while the director lives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ProbeId(pub u64);

/// All recurring probes.
#[derive(Debug, Clone, Default)]
pub struct Schedule {
    tasks: BTreeMap<ProbeId, ProbeTask>,
    /// The tasks that wait, by their time.
    queue: BTreeSet<(Moment, ProbeId)>,
    /// The tasks that concern a server.
    of_server: HashMap<(ServiceId, Endpoint), Vec<(Concern, ProbeId)>>,
    /// Checks that have no result yet.
    without_result: usize,
    last_id: u64,
}

/// Whom an answer concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Subscription {
    /// The service.
    pub service: ServiceId,
    /// The server.
    pub server: Endpoint,
    /// What of it.
    pub concern: Concern,
}

/// What of a real server an answer concerns.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Concern {
    /// Its check with this place among the service's checks.
    Check(usize),
    /// What its agent says of it.
    Agent,
    /// What the source of its weight says.
    WeightSource,
}

impl Schedule {
    /// Takes over the probes of a new model. A probe that was there before keeps its time, and stays open if it is.
    pub fn adopt(&mut self, model: &Model, now: Moment) {
        let mut former = std::mem::take(&mut self.tasks);
        self.queue.clear();
        self.of_server.clear();
        let specs = probe_specs(model);
        let mut by_address: HashMap<(IpAddr, u16), Vec<ProbeId>> = HashMap::new();
        for (id, probe_task) in &former {
            by_address
                .entry((probe_task.probe.address, probe_task.probe.port))
                .or_default()
                .push(*id);
        }
        let total = specs.len().max(1);
        let vips: BTreeSet<IpAddr> = model.services().iter().filter_map(vip).collect();
        for (place, question) in specs.into_iter().enumerate() {
            let near = by_address.get(&(question.probe.address, question.probe.port));
            let known = near.into_iter().flatten().copied().find(|id| {
                former
                    .get(id)
                    .is_some_and(|probe_task| probe_task.is(&question))
            });
            let (id, mut probe_task) =
                match known.and_then(|id| former.remove(&id).map(|probe_task| (id, probe_task))) {
                    Some((id, mut probe_task)) => {
                        probe_task.subscribers = question.subscribers;
                        (id, probe_task)
                    }
                    None => (
                        self.next_id(),
                        ProbeTask::new(question, spread(place, total), now),
                    ),
                };
            let server = probe_task.server();
            probe_task.is_local = server.is_loopback() || vips.contains(&server);
            if !probe_task.in_flight {
                self.queue.insert((probe_task.due, id));
            }
            for subscriber in &probe_task.subscribers {
                let of_server = self
                    .of_server
                    .entry((subscriber.service, subscriber.server));
                of_server.or_default().push((subscriber.concern, id));
            }
            self.tasks.insert(id, probe_task);
        }
        let waiting = self.tasks.values();
        self.without_result = waiting.filter(|task| task.waits_for_first_result()).count();
    }

    /// The probes that are due now; each is marked as open.
    pub fn take_due(&mut self, now: Moment) -> Vec<(ProbeId, Probe)> {
        let mut probe_specs = Vec::new();
        while let Some((_, id)) = self.queue.first().copied().filter(|(due, _)| *due <= now) {
            self.queue.pop_first();
            if let Some(probe_task) = self.tasks.get_mut(&id) {
                probe_specs.push((id, probe_task.start(now)));
            }
        }
        probe_specs
    }

    /// A service that needs this probe: of several the first one.
    #[must_use]
    pub fn service_of(&self, id: ProbeId) -> Option<ServiceId> {
        let subscribers = &self.tasks.get(&id)?.subscribers;
        subscribers.first().map(|subscriber| subscriber.service)
    }

    /// When the next probe is due.
    #[must_use]
    pub fn next_due(&self) -> Option<Moment> {
        self.queue.first().map(|(due, _)| *due)
    }

    /// Closes a probe; says which servers the result concerns. A probe that is no longer wanted concerns none.
    pub fn finish(&mut self, id: ProbeId, report: &Report, now: Moment) -> Vec<Subscription> {
        let Some(probe_task) = self.tasks.get_mut(&id) else {
            return Vec::new();
        };
        self.without_result -= usize::from(probe_task.waits_for_first_result());
        probe_task.finish(report, now);
        self.queue.insert((probe_task.due, id));
        probe_task.subscribers.clone()
    }

    /// The services of the servers that a probe checks, one of them for each server. What agents and weight sources say is
    /// no check.
    pub(crate) fn checked_services(&self, id: ProbeId) -> impl Iterator<Item = ServiceId> {
        let subscribers = self.tasks.get(&id).map(|task| task.subscribers.iter());
        subscribers
            .into_iter()
            .flatten()
            .filter(|subscriber| matches!(subscriber.concern, Concern::Check(_)))
            .map(|subscriber| subscriber.service)
    }

    /// Whether every check has been answered at least once.
    #[must_use]
    pub fn all_have_results(&self) -> bool {
        self.without_result == 0
    }

    /// Has a server probed sooner or later than its interval says, until the next answer: `interval` after the last probe.
    /// Of several wishes for one probe the earliest counts.
    pub fn set_interval(&mut self, id: ProbeId, interval: Duration) {
        let Some(probe_task) = self
            .tasks
            .get_mut(&id)
            .filter(|probe_task| !probe_task.in_flight)
        else {
            return;
        };
        self.queue.remove(&(probe_task.due, id));
        probe_task.due = probe_task.started_at + probe_task.varied(interval);
        self.queue.insert((probe_task.due, id));
    }

    /// Has every check of a server probed at once, except those with an open probe.
    pub(crate) fn probe_now(&mut self, service: ServiceId, server: Endpoint, now: Moment) {
        for (concern, id) in self.of_server.get(&(service, server)).into_iter().flatten() {
            if let Some(probe_task) = (self.tasks.get_mut(id))
                .filter(|probe_task| matches!(concern, Concern::Check(_)) && !probe_task.in_flight)
            {
                self.queue.remove(&(probe_task.due, *id));
                probe_task.due = probe_task.due.min(now);
                self.queue.insert((probe_task.due, *id));
            }
        }
    }

    /// Counts checks of a server as good at this moment, unless they have been answered: so the kernel's table says.
    pub(crate) fn assume_good(
        &mut self,
        service: ServiceId,
        server: Endpoint,
        good: impl Fn(usize) -> bool,
        now: Moment,
    ) {
        for (concern, id) in self.of_server.get(&(service, server)).into_iter().flatten() {
            if let Some(probe_task) = (self.tasks.get_mut(id)).filter(|probe_task| {
                matches!(concern, Concern::Check(check) if good(*check)) && !probe_task.has_result
            }) {
                probe_task.last_heard = Some(now);
            }
        }
    }

    /// The outage of everything that the checks speak of, if they do.
    pub(crate) fn outage(&self, freeze: &Freeze) -> Option<Outage> {
        outage(self.last_results(), freeze)
    }

    /// Whether any server answers that only the network leads to.
    pub(crate) fn any_answers(&self) -> bool {
        self.last_results()
            .any(|results| results.last_heard.is_some() && results.silent_since.is_none())
    }

    /// Whether a probe goes to this machine, so that its results show nothing of the network.
    pub(crate) fn is_local(&self, id: ProbeId) -> bool {
        self.tasks.get(&id).is_some_and(|task| task.is_local)
    }

    /// What the checks have met with that shows something of the network.
    fn last_results(&self) -> impl Iterator<Item = LastResults> + Clone {
        let tasks = self.tasks.values();
        let checks = tasks.filter(|probe_task| probe_task.is_check());
        checks.filter_map(ProbeTask::last_results)
    }

    /// Lets every server that is silent fall silent now.
    pub(crate) fn restart_silences(&mut self, now: Moment) {
        let tasks = self.tasks.values_mut();
        for since in tasks.filter_map(|probe_task| probe_task.silent_since.as_mut()) {
            *since = now;
        }
    }

    /// Has every check of a server's port probed at once, and in quick succession until it is known what became of it.
    pub(crate) fn hint(&mut self, peer: SocketAddr, now: Moment) {
        for (id, probe_task) in &mut self.tasks {
            if probe_task.probe.own_place() == peer && probe_task.is_check() {
                self.queue.remove(&(probe_task.due, *id));
                probe_task.hint(now);
                if !probe_task.in_flight {
                    self.queue.insert((probe_task.due, *id));
                }
            }
        }
    }

    /// Whether something hints that the server of this probe has failed.
    pub(crate) fn is_hinted(&self, id: ProbeId) -> bool {
        self.tasks
            .get(&id)
            .is_some_and(|probe_task| probe_task.hinted.is_some())
    }

    /// It answers well in spite of the hint: says which good answer since the hint that is, counted from 0.
    pub(crate) fn passed_despite_hint(&mut self, id: ProbeId) -> Option<usize> {
        let hinted = self.tasks.get_mut(&id)?.hinted.as_mut()?;
        let answers = *hinted;
        *hinted += 1;
        Some(answers)
    }

    /// It is known what became of it.
    pub(crate) fn forget_hint(&mut self, id: ProbeId) {
        if let Some(probe_task) = self.tasks.get_mut(&id) {
            probe_task.hinted = None;
        }
    }

    /// Has a server probed within this time from the last probe, where its turn would be later.
    pub(crate) fn hurry(&mut self, id: ProbeId, within: Duration) {
        let waiting = self
            .tasks
            .get(&id)
            .filter(|probe_task| !probe_task.in_flight);
        if waiting.is_some_and(|probe_task| probe_task.started_at + within < probe_task.due) {
            self.set_interval(id, within);
        }
    }

    /// When this server is probed next; none while all its probes are open or when it is not probed.
    #[must_use]
    pub fn next_for(&self, service: &ServiceId, server: &Endpoint) -> Option<Moment> {
        let concerns = self.of_server.get(&(*service, *server))?;
        let checks = concerns
            .iter()
            .filter(|(concern, _)| matches!(concern, Concern::Check(_)));
        let tasks = checks.filter_map(|(_, id)| self.tasks.get(id));
        tasks
            .filter(|probe_task| !probe_task.in_flight)
            .map(|probe_task| probe_task.due)
            .min()
    }

    fn next_id(&mut self) -> ProbeId {
        self.last_id += 1;
        ProbeId(self.last_id)
    }
}

/// The address of a service, which is on this machine while it serves.
fn vip(service: &VirtualService) -> Option<IpAddr> {
    match service.id {
        ServiceId::Address { vip, .. } => Some(vip),
        ServiceId::Mark { .. } => None,
    }
}

/// The place of one probe among `total` in the interval, in thousandths, never 0.
fn spread(place: usize, total: usize) -> u32 {
    u32::try_from((place + 1) * 1000 / total)
        .unwrap_or(1000)
        .max(1)
}
