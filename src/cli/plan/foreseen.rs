//! Foresees what a director would do: against the running kernel the director itself is asked, with what the daemon
//! remembers, so that the answer is what a daemon started now would do: first what needs no health, then what follows
//! when the real servers answer.

use std::collections::BTreeSet;
use std::sync::Arc;

use director_core::desired::{assumed, assumed_from};
use director_core::director::{Director, Effect, Event};
use director_core::health::HealthState;
use director_core::model::{Model, ServiceId};
use director_core::moment::Moment;
use director_core::overrides::{OverrideKind, Overrides};
use director_core::persistent_state::PersistentState;
use director_core::plan::{Plan, plan};
use director_core::table::Table;

use super::{CliError, PlanRefusal, Planned, live};
use crate::api::wire::Status;
use crate::ipvs::{Kernel, NetlinkKernel, ReadScope};
use crate::loader::{self, Loaded};
use crate::store::SavedState;

/// The changes of an empty table when every real server has this health.
pub(super) fn from_nothing(model: &Model, health: HealthState) -> Planned {
    let table = assumed(model, health);
    let plan = plan(&Table::default(), &table, &services(model), |_, _| {
        String::new()
    });
    Planned {
        before: Table::default(),
        now: plan,
        answered: Plan::default(),
        table,
        machine: super::machine::wanted(model),
        resets: true,
        disabled: false,
        refusals: Vec::new(),
    }
}

fn services(model: &Model) -> BTreeSet<ServiceId> {
    let defined = model.services().iter().map(|service| service.id);
    defined
        .chain(model.probe_services().keys().copied())
        .collect()
}

/// The changes of the kernel's table, by a director that remembers what one before it has left.
/// Where a daemon runs, the overrides are those that it has in force.
pub(super) fn from_kernel(
    loaded: &Loaded,
    mut left: Option<SavedState>,
    running: Option<&Status>,
) -> Result<Planned, CliError> {
    let before = NetlinkKernel::open()?.read_table(ReadScope::All)?;
    let model = Arc::new(loaded.model.clone());
    if let Some(status) = running {
        let known = left.get_or_insert_with(SavedState::nothing);
        known.memory.overrides = live::overrides(status, &model, known.moment);
    }
    let mut overrides = Overrides::default();
    if let Some(left) = &left {
        overrides.restore(left.memory.overrides.clone());
    }
    let disabled = overrides
        .iter()
        .any(|(_, one)| one.kind == OverrideKind::Disable);
    let refusals = left
        .as_ref()
        .map_or_else(Vec::new, |left| refusals(loaded, left, &before));
    let now = at_once(&model, &before, left);
    let mut table = before.clone();
    for step in &now.steps {
        step.op.apply_to(&mut table);
    }
    table
        .services
        .retain(|service, _| services(&model).contains(service));
    let every_server_up = assumed_from(&model, HealthState::Up, &overrides, &table);
    let answered = plan_towards(&table, &every_server_up, &model);
    Ok(Planned {
        before,
        now,
        answered,
        table,
        machine: Vec::new(),
        resets: true,
        disabled,
        refusals,
    })
}

/// Why the daemon refuses the change from what it has in force.
fn refusals(loaded: &Loaded, left: &SavedState, table: &Table) -> Vec<PlanRefusal> {
    let former = || loader::remembered(loaded, &left.definitions()?);
    let Some(former) = former() else {
        return Vec::new();
    };
    let lost = loader::lost_to_names(loaded, &former.model);
    if !lost.is_empty() {
        let refusals = lost.into_iter().map(|finding| PlanRefusal {
            by: "ipvsctl reload",
            message: finding.message,
            hint: finding.hint.unwrap_or_default(),
        });
        return refusals.collect();
    }
    let (memory, now) = (left.memory.clone(), left.moment);
    let former = former.model;
    let found = Director::objections_at_start(memory, former, &loaded.model, table, now);
    let refusals = found.iter().map(|objection| PlanRefusal {
        by: "the safety limits",
        message: objection.to_string(),
        hint: objection.hint().to_owned(),
    });
    refusals.collect()
}

/// What a director does before any server was asked.
fn at_once(model: &Arc<Model>, table: &Table, left: Option<SavedState>) -> Plan {
    let (memory, now) = left.map_or_else(
        || (PersistentState::default(), Moment::START),
        |left| (left.memory, left.moment),
    );
    let mut events = vec![
        Event::TableRead {
            table: table.clone(),
        },
        Event::Loaded {
            model: Arc::clone(model),
            warnings: Vec::new(),
        },
        Event::Restored { saved: memory },
    ];
    let mut director = Director::new();
    while let Some(event) = events.pop() {
        for effect in director.handle(event, now) {
            match effect {
                Effect::Apply(plan) => return plan,
                Effect::Persist { revision, .. } => events.push(Event::Persisted {
                    revision,
                    failure: None,
                }),
                _ => {}
            }
        }
    }
    Plan::default()
}

/// What is left to do when the real servers answer, each change with that as its reason.
fn plan_towards(table: &Table, every_server_up: &Table, model: &Model) -> Plan {
    plan(
        table,
        every_server_up,
        &services(model),
        |service, server| {
            let is_probed = |endpoint| {
                let real_servers = model.service(service).map(|service| &service.real_servers);
                real_servers
                    .is_some_and(|known| known.iter().any(|known| known.endpoint == endpoint))
            };
            match server {
                Some(server) if is_probed(*server) => "when it answers".to_owned(),
                _ => "when a real server answers".to_owned(),
            }
        },
    )
}
