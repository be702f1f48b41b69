//! Sets, clears and expires overrides, and reports each change.

use std::collections::BTreeSet;

use super::{Director, Effect, Notice};
use crate::model::{Model, ServiceId};
use crate::moment::Moment;
use crate::overrides::{NewOverride, OverrideChanges, OverrideCommand, OverrideConflict};
use crate::overrides::{Override, Target};

impl Director {
    /// Overrides that a command would replace or end and that its author may not know of, see [`Overrides::in_the_way_of`].
    ///
    /// [`Overrides::in_the_way_of`]: crate::overrides::Overrides::in_the_way_of
    #[must_use]
    pub fn overrides_in_the_way(
        &self,
        command: &OverrideCommand,
        now: Moment,
    ) -> Vec<(Target, Override, OverrideConflict)> {
        self.overrides.in_the_way_of(command, now)
    }

    pub(super) fn file_overrides(
        &mut self,
        author: &str,
        overrides: &[NewOverride],
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let changes = self.overrides.replace(author, overrides, now);
        self.overrides_changed(changes, effects);
    }

    pub(super) fn override_commanded(
        &mut self,
        command: &OverrideCommand,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let changes = self.overrides.command(command, now);
        self.overrides_changed(changes, effects);
    }

    pub(super) fn expire_overrides(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        let expired = self.overrides.expire(now);
        self.overrides_changed(expired, effects);
    }

    /// New definitions have taken the place of former ones. An override names a server of a service, so it has no effect on the same
    /// machine at another port or in another service.
    pub(super) fn tell_idle_overrides(&self, former: &Model, effects: &mut Vec<Effect>) {
        for ((service, server), override_) in self.overrides.iter() {
            let target = (*service, *server);
            let is_gone = !self.model.holds(service) && !defines(&self.model, &target);
            let moved = || {
                let mut new = targets(&self.model).filter(|place| !defines(former, place));
                new.find(|(_, other)| other.address == server.address)
            };
            if let Some(known) = former.service(service).filter(|_| is_gone)
                && defines(former, &target)
                && let Some(now_at) = moved()
            {
                effects.push(Effect::Tell(Notice::OverrideIdle {
                    name: known.name.clone(),
                    service: *service,
                    server: *server,
                    override_: override_.clone(),
                    now_at,
                }));
            }
        }
    }

    fn overrides_changed(&mut self, changes: OverrideChanges, effects: &mut Vec<Effect>) {
        let name = |service: &ServiceId| {
            let known = self.model.service(service);
            known.map_or_else(|| service.to_string(), |known| known.name.clone())
        };
        for ((service, server), override_) in &changes.cleared {
            effects.push(Effect::Tell(Notice::OverrideCleared {
                name: name(service),
                service: *service,
                server: *server,
                override_: override_.clone(),
            }));
        }
        for ((service, server), override_) in &changes.set {
            effects.push(Effect::Tell(Notice::OverrideSet {
                name: name(service),
                service: *service,
                server: *server,
                override_: override_.clone(),
            }));
        }
        let changed = changes.cleared.iter().chain(&changes.set);
        let changed: BTreeSet<ServiceId> = changed.map(|((service, _), _)| *service).collect();
        self.persist.changed |= !changed.is_empty();
        self.health_changed.extend(changed.iter().copied());
        self.unsettled.extend(changed);
    }
}

/// The real servers of all services.
fn targets(model: &Model) -> impl Iterator<Item = Target> {
    let services = model.services().iter();
    services.flat_map(|service| {
        let servers = service.real_servers.iter();
        servers.map(|server| (service.id, server.endpoint))
    })
}

fn defines(model: &Model, (service, server): &Target) -> bool {
    let service = model.service(service);
    let mut servers = service
        .into_iter()
        .flat_map(|service| &service.real_servers);
    servers.any(|known| known.endpoint == *server)
}
