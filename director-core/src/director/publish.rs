//! The state of services as a number in a file, for programs that decide by it, such as keepalived (`track_file`). Leaves writing to
//! others.
//!
//! Invariant: what is not known changes no file. While a service is unknown or frozen, its file keeps what it has.

use std::collections::BTreeMap;

use super::conditions::ReportedState;
use super::{Director, Effect};
use crate::model::{Model, Publish, ServiceId};
use crate::scope::ServiceScope;
use crate::weight::ServiceState;

/// The files, and what they hold.
#[derive(Debug, Clone, Default)]
pub(super) struct Published {
    by_file: BTreeMap<String, PublishedFile>,
}

#[derive(Debug, Clone, Default)]
struct PublishedFile {
    /// A list of addresses makes several services with one file.
    services: Vec<ServiceId>,
    /// The number that was last written.
    number: Option<i32>,
}

impl Published {
    /// Takes over the files of a new model. One that was there before keeps its number.
    pub(super) fn adopt(&mut self, model: &Model) {
        let former = std::mem::take(&mut self.by_file);
        for service in model.services() {
            let Some(publish) = &service.publish else {
                continue;
            };
            let known = self.by_file.entry(publish.file.clone()).or_default();
            known.services.push(service.id);
            known.number = former.get(&publish.file).and_then(|former| former.number);
        }
    }
}

/// The number for a state; none where it is not known.
fn number(publish: &Publish, state: ServiceState) -> Option<i32> {
    match state {
        ServiceState::Up => Some(publish.up),
        ServiceState::Degraded | ServiceState::OnFallback => Some(publish.degraded),
        ServiceState::Down => Some(publish.down),
        ServiceState::Unknown | ServiceState::Frozen => None,
    }
}

/// The number for a file: that of the service that is worst off.
fn lowest(
    file: &PublishedFile,
    model: &Model,
    conditions: &BTreeMap<ServiceId, ReportedState>,
) -> Option<i32> {
    let numbers = file.services.iter().map(|id| {
        let publish = model.service(id)?.publish.as_ref()?;
        number(publish, conditions.get(id)?.shown)
    });
    let numbers: Option<Vec<i32>> = numbers.collect();
    numbers?.into_iter().min()
}

impl Director {
    /// Writes the numbers that have changed with the states of these services.
    pub(super) fn publish(&mut self, scope: &ServiceScope, effects: &mut Vec<Effect>) {
        if self.published.by_file.is_empty() {
            return;
        }
        for service in scope.services(&self.model) {
            let publish = service.publish.as_ref();
            let Some(known) =
                publish.and_then(|publish| self.published.by_file.get_mut(&publish.file))
            else {
                continue;
            };
            let now = lowest(known, &self.model, &self.conditions);
            if let (Some(publish), Some(number)) = (publish, now)
                && known.number != now
            {
                known.number = now;
                effects.push(Effect::Publish {
                    file: publish.file.clone(),
                    number,
                });
            }
        }
    }
}
