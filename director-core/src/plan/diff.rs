//! Finds the operations between two tables.

use std::collections::BTreeSet;

use super::{Op, Plan, Step};
use crate::model::{Endpoint, ServiceId};
use crate::table::{ServiceEntry, Table};

/// The plan that turns `observed` into `desired` within the services `owned`; others are never touched. `reason` gives
/// the reason for a change of a service or, when an endpoint is named, of a real server; it may be empty.
///
/// Laws: applying the plan gives the desired table; planning again gives nothing; same identity means edit, never delete
/// and add; a service that can serve before and after can serve at every step between; same input, same override.
pub fn plan(
    observed: &Table,
    desired: &Table,
    owned: &BTreeSet<ServiceId>,
    mut reason: impl FnMut(&ServiceId, Option<&Endpoint>) -> String,
) -> Plan {
    let mut ops = Vec::new();
    for service in owned {
        match (
            observed.services.get(service),
            desired.services.get(service),
        ) {
            (None, None) => {}
            (Some(_), None) => ops.push(Op::DeleteService { service: *service }),
            (before, Some(after)) => change_service(*service, before, after, &mut ops),
        }
    }
    ops.sort_by_key(|op| (op.stage(), op.service(), op.server()));
    let steps = ops
        .into_iter()
        .map(|op| Step {
            reason: reason(&op.service(), op.server().as_ref()),
            op,
        })
        .collect();
    Plan { steps }
}

fn change_service(
    service: ServiceId,
    before: Option<&ServiceEntry>,
    after: &ServiceEntry,
    ops: &mut Vec<Op>,
) {
    match before {
        None => ops.push(Op::AddService {
            service,
            scheduling: after.scheduling.clone(),
        }),
        Some(before) if before.scheduling != after.scheduling => ops.push(Op::EditService {
            service,
            from: before.scheduling.clone(),
            to: after.scheduling.clone(),
        }),
        Some(_) => {}
    }
    for (server, entry) in &after.servers {
        match before.and_then(|before| before.servers.get(server)) {
            None => ops.push(Op::AddServer {
                service,
                server: *server,
                settings: entry.settings,
            }),
            Some(old) if old.settings != entry.settings => {
                ops.push(Op::EditServer {
                    service,
                    server: *server,
                    from: old.settings,
                    to: entry.settings,
                });
            }
            Some(_) => {}
        }
    }
    for (server, old) in before.into_iter().flat_map(|before| &before.servers) {
        if !after.servers.contains_key(server) {
            ops.push(Op::DeleteServer {
                service,
                server: *server,
                settings: old.settings,
            });
        }
    }
}
