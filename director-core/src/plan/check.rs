//! An independent check of plans: it knows nothing of how a plan was found and only looks at what it would do.
//! Oracle of the tests, and a debug assertion in the director.

use std::collections::BTreeSet;
use std::fmt;

use super::{Op, Plan};
use crate::model::ServiceId;
use crate::table::Table;

/// What a plan does wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// It touches a service that is not ours.
    Foreign(ServiceId),
    /// A step does not fit the table at its turn: it adds what is there, or edits or deletes what is not.
    Misplaced(usize),
    /// It deletes and adds the same server or service.
    Recreated(usize),
    /// A service that could serve before and after cannot in between.
    Gap {
        /// Index of the step that makes the gap.
        step: usize,
        /// The service.
        service: ServiceId,
    },
    /// Its end is not the desired table.
    WrongEnd(ServiceId),
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Foreign(service) => write!(f, "touches {service}, which is not ours"),
            Self::Misplaced(step) => write!(f, "step {step} does not fit the table at its turn"),
            Self::Recreated(step) => {
                write!(f, "step {step} adds again what an earlier step deleted")
            }
            Self::Gap { step, service } => write!(f, "after step {step} {service} cannot serve"),
            Self::WrongEnd(service) => write!(f, "{service} does not end as desired"),
        }
    }
}

/// Every fault of `plan` as a way from `observed` to `desired`, for the services `owned`.
#[must_use]
pub fn faults(
    plan: &Plan,
    observed: &Table,
    desired: &Table,
    owned: &BTreeSet<ServiceId>,
) -> Vec<Fault> {
    let mut table = observed.clone();
    let mut faults = Vec::new();
    let mut deleted = BTreeSet::new();
    for (index, step) in plan.steps.iter().enumerate() {
        let service = step.op.service();
        if !owned.contains(&service) {
            faults.push(Fault::Foreign(service));
        }
        if !fits(&step.op, &table) {
            faults.push(Fault::Misplaced(index));
        }
        match &step.op {
            Op::DeleteService { .. } | Op::DeleteServer { .. } => {
                deleted.insert((service, step.op.server()));
            }
            Op::AddService { .. } | Op::AddServer { .. }
                if deleted.contains(&(service, step.op.server())) =>
            {
                faults.push(Fault::Recreated(index));
            }
            _ => {}
        }
        step.op.apply_to(&mut table);
        if can_serve(observed, &service)
            && can_serve(desired, &service)
            && !can_serve(&table, &service)
        {
            faults.push(Fault::Gap {
                step: index,
                service,
            });
        }
    }
    faults.extend(
        owned
            .iter()
            .filter(|id| !ends_as_desired(&table, desired, id))
            .map(|id| Fault::WrongEnd(*id)),
    );
    faults
}

fn can_serve(table: &Table, service: &ServiceId) -> bool {
    table
        .services
        .get(service)
        .is_some_and(crate::table::ServiceEntry::can_serve)
}

fn fits(op: &Op, table: &Table) -> bool {
    let entry = table.services.get(&op.service());
    match op {
        Op::AddService { .. } => entry.is_none(),
        Op::EditService { from, .. } => entry.is_some_and(|entry| entry.scheduling == *from),
        Op::DeleteService { .. } => entry.is_some(),
        Op::AddServer { server, .. } => {
            entry.is_some_and(|entry| !entry.servers.contains_key(server))
        }
        Op::EditServer {
            server,
            from: settings,
            ..
        }
        | Op::DeleteServer {
            server, settings, ..
        } => entry
            .and_then(|entry| entry.servers.get(server))
            .is_some_and(|found| found.settings == *settings),
    }
}

fn ends_as_desired(table: &Table, desired: &Table, service: &ServiceId) -> bool {
    let single = |table: &Table| Table {
        services: table
            .services
            .get(service)
            .map(|entry| (*service, entry.clone()))
            .into_iter()
            .collect(),
    };
    single(table).same_settings(&single(desired))
}
