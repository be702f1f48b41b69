//! A plan: operations so specific that their execution leaves no choice, each with its reason and in the order
//! that keeps every service serving. How it is found is [`diff`](diff::plan)'s work, whether it is right [`check`]'s.

mod cause;
pub mod check;
mod diff;
mod failure;
mod stake;

pub use cause::Cause;
pub use diff::plan;
pub use failure::OpFailure;
pub use stake::Stake;

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::model::{Endpoint, Scheduling, ServiceId};
use crate::table::{ServerEntry, ServerSettings, ServiceEntry, Table};

/// One change of the kernel's table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Op {
    /// A new virtual service, without real servers.
    AddService {
        /// The service.
        service: ServiceId,
        /// Its settings.
        scheduling: Scheduling,
    },
    /// New settings for a service; connections and counters stay.
    EditService {
        /// The service.
        service: ServiceId,
        /// Settings until now.
        from: Scheduling,
        /// Settings from now on.
        to: Scheduling,
    },
    /// A service leaves, with its real servers.
    DeleteService {
        /// The service.
        service: ServiceId,
    },
    /// A new real server.
    AddServer {
        /// Its service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// Its settings.
        settings: ServerSettings,
    },
    /// New settings for a real server; connections stay.
    EditServer {
        /// Its service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// Settings until now.
        from: ServerSettings,
        /// Settings from now on.
        to: ServerSettings,
    },
    /// A real server leaves.
    DeleteServer {
        /// Its service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// Settings until now.
        settings: ServerSettings,
    },
}

/// When an operation has its turn. Operations of one stage do not depend on each other; a stage begins when the one
/// before it is through, and leaves out services in which an operation has failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Stage {
    /// Services are made and changed.
    Services,
    /// Servers are added.
    Add,
    /// Weights rise, or settings change at the same weight.
    Raise,
    /// Weights fall.
    Lower,
    /// Servers leave.
    Remove,
    /// Services leave.
    RemoveServices,
}

impl Op {
    /// The service that the operation belongs to.
    #[must_use]
    pub fn service(&self) -> ServiceId {
        match self {
            Self::AddService { service, .. }
            | Self::EditService { service, .. }
            | Self::DeleteService { service }
            | Self::AddServer { service, .. }
            | Self::EditServer { service, .. }
            | Self::DeleteServer { service, .. } => *service,
        }
    }

    /// The real server that the operation is about, when it is about one.
    #[must_use]
    pub fn server(&self) -> Option<Endpoint> {
        match self {
            Self::AddServer { server, .. }
            | Self::EditServer { server, .. }
            | Self::DeleteServer { server, .. } => Some(*server),
            _ => None,
        }
    }

    /// The stage in which the operation is carried out.
    #[must_use]
    pub fn stage(&self) -> Stage {
        match self {
            Self::AddService { .. } | Self::EditService { .. } => Stage::Services,
            Self::AddServer { .. } => Stage::Add,
            Self::EditServer { from, to, .. } if to.weight >= from.weight => Stage::Raise,
            Self::EditServer { .. } => Stage::Lower,
            Self::DeleteServer { .. } => Stage::Remove,
            Self::DeleteService { .. } => Stage::RemoveServices,
        }
    }

    /// Carries the operation out on a table held in memory, by the kernel's rules for one that succeeds. An operation
    /// whose subject is not there, or is already there, changes nothing.
    pub fn apply_to(&self, table: &mut Table) {
        match self {
            Self::AddService {
                service,
                scheduling,
            } => {
                table
                    .services
                    .entry(*service)
                    .or_insert_with(|| ServiceEntry::new(scheduling.clone()));
            }
            Self::EditService { service, to, .. } => {
                if let Some(entry) = table.services.get_mut(service) {
                    entry.scheduling = to.clone();
                }
            }
            Self::DeleteService { service } => {
                table.services.remove(service);
            }
            Self::AddServer {
                service,
                server,
                settings,
            } => {
                if let Some(entry) = table.services.get_mut(service) {
                    entry
                        .servers
                        .entry(*server)
                        .or_insert_with(|| ServerEntry::new(*settings));
                }
            }
            Self::EditServer {
                service,
                server,
                to,
                ..
            } => {
                let entry = table
                    .services
                    .get_mut(service)
                    .and_then(|entry| entry.servers.get_mut(server));
                if let Some(entry) = entry {
                    entry.settings = *to;
                }
            }
            Self::DeleteServer {
                service, server, ..
            } => {
                if let Some(entry) = table.services.get_mut(service) {
                    entry.servers.remove(server);
                }
            }
        }
    }
}

/// One operation and why it is wanted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What is done.
    pub op: Op,
    /// Why, in words; empty when the definitions alone say so.
    pub reason: String,
}

/// Operations in the order of their execution.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Plan {
    /// The steps, sorted by stage.
    pub steps: Vec<Step>,
}

impl Plan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// The services that the plan touches, each once.
    #[must_use]
    pub fn services(&self) -> Vec<ServiceId> {
        let mut services: Vec<ServiceId> =
            self.steps.iter().map(|step| step.op.service()).collect();
        services.sort_unstable();
        services.dedup();
        services
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::AddService {
                service,
                scheduling,
            } => write!(f, "add     {service}  {}", Described(scheduling)),
            Self::EditService { service, from, to } => {
                write!(
                    f,
                    "edit    {service}  {} -> {}",
                    Described(from),
                    Described(to)
                )
            }
            Self::DeleteService { service } => write!(f, "delete  {service}"),
            Self::AddServer {
                service,
                server,
                settings,
            } => {
                write!(
                    f,
                    "add     {service}  {server}  {} weight {}",
                    settings.forwarding, settings.weight
                )?;
                thresholds(f, settings)
            }
            Self::EditServer {
                service,
                server,
                from,
                to,
            } => {
                write!(f, "edit    {service}  {server} ")?;
                changes(f, from, to)
            }
            Self::DeleteServer {
                service,
                server,
                settings,
            } => {
                write!(
                    f,
                    "delete  {service}  {server}  (had weight {})",
                    settings.weight
                )
            }
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.op.fmt(f)?;
        if self.reason.is_empty() {
            Ok(())
        } else {
            write!(f, "   ({})", self.reason)
        }
    }
}

/// Scheduling in words.
struct Described<'a>(&'a Scheduling);

impl fmt::Display for Described<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheduling = self.0;
        f.write_str(&scheduling.scheduler)?;
        let flags = scheduling.flags.names(&scheduling.scheduler);
        if !flags.is_empty() {
            write!(f, " ({})", flags.join(","))?;
        }
        if let Some(persistence) = &scheduling.persistence {
            write!(f, " persistent {}", persistence.timeout_seconds)?;
        }
        if !scheduling.mask.is_single_client() {
            write!(f, " mask {}", scheduling.mask)?;
        }
        if let Some(engine) = scheduling
            .persistence
            .as_ref()
            .and_then(|persistence| persistence.engine.as_ref())
        {
            write!(f, " pe {engine}")?;
        }
        if scheduling.one_packet {
            f.write_str(" one-packet")
        } else {
            Ok(())
        }
    }
}

fn thresholds(f: &mut fmt::Formatter<'_>, settings: &ServerSettings) -> fmt::Result {
    if settings.upper_threshold == 0 && settings.lower_threshold == 0 {
        return Ok(());
    }
    write!(
        f,
        " thresholds {}/{}",
        settings.lower_threshold, settings.upper_threshold
    )
}

fn changes(f: &mut fmt::Formatter<'_>, from: &ServerSettings, to: &ServerSettings) -> fmt::Result {
    if from.weight != to.weight {
        write!(f, " weight {} -> {}", from.weight, to.weight)?;
    }
    if from.forwarding != to.forwarding {
        write!(f, " forwarding {} -> {}", from.forwarding, to.forwarding)?;
    }
    if from.lower_threshold != to.lower_threshold {
        write!(
            f,
            " lower threshold {} -> {}",
            from.lower_threshold, to.lower_threshold
        )?;
    }
    if from.upper_threshold != to.upper_threshold {
        write!(
            f,
            " upper threshold {} -> {}",
            from.upper_threshold, to.upper_threshold
        )?;
    }
    Ok(())
}
