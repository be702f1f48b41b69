//! What metrics are read from: the daemon's state with the names that services and servers have in labels.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;
use std::time::UNIX_EPOCH;

use director_core::health::{HealthState, Report};
use director_core::model::UnresolvedServer;
use director_core::moment::Moment;
use director_core::snapshot::{ServerView, ServiceView, Snapshot};

use crate::api::counters::ServiceCounters;
use crate::api::overview::Overview;

/// The daemon's state.
pub(super) struct View<'a> {
    pub(super) overview: &'a Overview,
    pub(super) clock: WallClock,
    pub(super) services: Vec<ServiceRow<'a>>,
    pub(super) servers: Vec<ServerRow<'a>>,
}

/// Turns moments of the director into seconds since 1970.
#[derive(Clone, Copy)]
pub(super) struct WallClock {
    now: Moment,
    at: f64,
}

pub(super) struct ServiceRow<'a> {
    /// What it is called in labels.
    pub(super) label: Rc<str>,
    pub(super) view: &'a ServiceView,
    pub(super) counters: ServiceCounters,
    pub(super) clock: WallClock,
}

/// A real server or fallback.
pub(super) struct ServerRow<'a> {
    pub(super) service: Rc<str>,
    /// Its address and port; the host name and port while it has no address.
    pub(super) label: String,
    pub(super) role: &'static str,
    pub(super) server: Server<'a>,
    pub(super) clock: WallClock,
}

#[derive(Clone, Copy)]
pub(super) enum Server<'a> {
    Known(&'a ServerView),
    /// Its host name has no address yet.
    Unresolved(&'a UnresolvedServer),
}

impl<'a> View<'a> {
    pub(super) fn of(overview: &'a Overview) -> Self {
        let clock = WallClock::of(overview);
        let services = overview.snapshot.services.iter();
        let services: Vec<ServiceRow<'a>> = services
            .zip(labels(&overview.snapshot))
            .map(|(view, label)| ServiceRow {
                label,
                view,
                counters: (overview.counters.services.get(&view.id))
                    .cloned()
                    .unwrap_or_default(),
                clock,
            })
            .collect();
        Self {
            overview,
            clock,
            servers: services.iter().flat_map(servers).collect(),
            services,
        }
    }
}

/// What each service is called in labels: by its name, with what it listens on where several have the same name.
pub(super) fn labels(snapshot: &Snapshot) -> Vec<Rc<str>> {
    let mut times: HashMap<&str, usize> = HashMap::new();
    for service in &snapshot.services {
        *times.entry(&service.name).or_default() += 1;
    }
    let label = |service: &ServiceView| match times.get(service.name.as_str()) {
        Some(2..) => Rc::from(format!("{} {}", service.name, service.id)),
        _ => Rc::from(service.name.as_str()),
    };
    snapshot.services.iter().map(label).collect()
}

/// The servers of a service, each once: a fallback may be a real server as well.
fn servers<'a>(service: &ServiceRow<'a>) -> Vec<ServerRow<'a>> {
    let view = service.view;
    let known = |role| move |server: &'a ServerView| (role, Server::Known(server));
    let real = view.servers.iter().map(known("real"));
    let unresolved = view.unresolved.iter();
    let unresolved = unresolved.map(|server| ("real", Server::Unresolved(server)));
    let fallback = view.fallback.iter().map(known("fallback"));
    let mut rows: Vec<ServerRow<'a>> = real
        .chain(unresolved)
        .chain(fallback)
        .map(|(role, server)| ServerRow {
            service: Rc::clone(&service.label),
            label: server.label(),
            role,
            server,
            clock: service.clock,
        })
        .collect();
    let mut seen = HashSet::new();
    rows.retain(|row| seen.insert(row.label.clone()));
    rows
}

impl WallClock {
    fn of(overview: &Overview) -> Self {
        let since = overview.at.duration_since(UNIX_EPOCH);
        Self {
            now: overview.snapshot.now,
            at: since.unwrap_or_default().as_secs_f64(),
        }
    }

    /// To a tenth of a second: the same moment has the same number in every answer.
    pub(super) fn seconds(self, moment: Moment) -> f64 {
        let seconds = self.at - self.now.since(moment).as_secs_f64();
        (seconds * 10.0).round() / 10.0
    }
}

impl<'a> Server<'a> {
    fn label(self) -> String {
        match self {
            Self::Known(view) => view.endpoint.to_string(),
            Self::Unresolved(server) => server.to_string(),
        }
    }

    pub(super) fn known(self) -> Option<&'a ServerView> {
        match self {
            Self::Known(view) => Some(view),
            Self::Unresolved(_) => None,
        }
    }

    pub(super) fn defined_weight(self) -> u32 {
        match self {
            Self::Known(view) => view.defined_weight,
            Self::Unresolved(server) => server.weight,
        }
    }

    pub(super) fn host(self) -> &'a str {
        match self {
            Self::Known(view) => view.host.as_deref().unwrap_or_default(),
            Self::Unresolved(server) => &server.host,
        }
    }

    /// Whether its checks pass; none where it has no check.
    pub(super) fn is_up(self) -> Option<bool> {
        match self {
            Self::Known(view) => {
                (view.health.as_ref()).map(|health| health.state == HealthState::Up)
            }
            Self::Unresolved(_) => Some(false),
        }
    }

    /// Its last probe.
    pub(super) fn last(self) -> Option<&'a (Moment, Report)> {
        self.known()?.health.as_ref()?.last()
    }
}
