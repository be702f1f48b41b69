//! What a running daemon says that its state file may not hold, or not yet: the overrides in force.

use director_core::model::{Model, ServiceId};
use director_core::moment::Moment;
use director_core::overrides::{Origin, Override, Target};

use crate::api::overrides::ActiveOverride;
use crate::api::wire::Status;

/// The overrides of a daemon about servers of this configuration.
pub(super) fn overrides(status: &Status, model: &Model, now: Moment) -> Vec<(Target, Override)> {
    let overrides = status.overrides.iter();
    overrides
        .filter_map(|active| Some((target(active, model)?, standing(active, now))))
        .collect()
}

fn target(active: &ActiveOverride, model: &Model) -> Option<Target> {
    let is_meant = |id: &ServiceId| id.to_string() == active.server.listen;
    let service = model
        .services()
        .iter()
        .find(|service| is_meant(&service.id))?;
    let mut servers = service.real_servers.iter().map(|server| server.endpoint);
    let server = servers.find(|endpoint| endpoint.to_string() == active.server.address)?;
    Some((service.id, server))
}

fn standing(active: &ActiveOverride, now: Moment) -> Override {
    Override {
        kind: active.status.kind,
        author: active.status.author.clone(),
        reason: active.status.reason.clone(),
        since: now,
        expires: None,
        origin: Origin::OverrideCommand,
    }
}
