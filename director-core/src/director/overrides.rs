//! Sets, clears and expires overrides, and reports each change.

use super::{Director, Effect, Notice};
use crate::model::ServiceId;
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
        if changes != OverrideChanges::default() {
            self.health_changed = true;
            self.unsettled = true;
            self.persist.changed = true;
        }
    }
}
