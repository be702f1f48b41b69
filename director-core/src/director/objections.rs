//! What the safety limits say of new definitions and of an operator's command.

use std::sync::Arc;

use super::{Director, Event};
use crate::guard::{self, Objection};
use crate::model::{Guard, Model};
use crate::moment::Moment;
use crate::overrides::{OverrideCommand, Overrides};
use crate::persistent_state::PersistentState;
use crate::table::Table;
use crate::weight::Situation;

impl Director {
    /// What speaks against these definitions; nothing while there are none yet, or where nothing is guarded. Connections
    /// are those of `counted`, the kernel's table just now; without it, those of the last reading.
    #[must_use]
    pub fn objections(&self, next: &Model, counted: Option<&Table>, now: Moment) -> Vec<Objection> {
        self.objections_to(next, &self.overrides, next.guard(), counted, now)
    }

    /// What speaks against beginning with these definitions where a director before this one had others and has left this
    /// behind.
    #[must_use]
    pub fn objections_at_start(
        saved: PersistentState,
        former: Arc<Model>,
        next: &Model,
        table: &Table,
        now: Moment,
    ) -> Vec<Objection> {
        let mut before = Self::new();
        let events = [
            Event::Restored { saved },
            Event::Loaded {
                model: former,
                warnings: Vec::new(),
            },
            Event::TableRead {
                table: table.clone(),
            },
        ];
        for event in events {
            // It only knows what was; what it wishes is not done.
            before.handle(event, now);
        }
        before.objections(next, Some(table), now)
    }

    /// Whether an operator's commands are guarded.
    #[must_use]
    pub fn is_guarded(&self) -> bool {
        self.model.guard().is_some()
    }

    /// What speaks against an operator's command, in the same way. Nothing speaks against lifting overrides.
    #[must_use]
    pub fn objections_to_command(
        &self,
        command: &OverrideCommand,
        counted: Option<&Table>,
        now: Moment,
    ) -> Vec<Objection> {
        if matches!(command, OverrideCommand::Clear { .. }) {
            return Vec::new();
        }
        let mut overrides = self.overrides.clone();
        overrides.command(command, now);
        self.objections_to(&self.model, &overrides, self.model.guard(), counted, now)
    }

    fn objections_to(
        &self,
        next: &Model,
        overrides: &Overrides,
        guard: Option<&Guard>,
        counted: Option<&Table>,
        now: Moment,
    ) -> Vec<Objection> {
        let observed = counted.or(self.observed.as_ref());
        let (Some(guard), Some(observed)) = (guard, observed) else {
            return Vec::new();
        };
        let before = self.situation(observed, now);
        let after = Situation {
            model: next,
            overrides,
            ..before
        };
        guard::objections(guard, &self.recent_pools, &before, &after)
    }
}
