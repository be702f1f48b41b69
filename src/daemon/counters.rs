//! What the event loop counts: results of probes, changes of health and state, repaired drift, configurations.

use std::collections::HashMap;

use director_core::director::Notice;
use director_core::health::{HealthState, Outcome, Report};
use director_core::model::{Model, ServiceId};
use director_core::plan::Op;

use crate::api::ServiceCounters;

/// What has happened since the start.
#[derive(Debug, Default)]
pub(super) struct LoopCounters {
    services: HashMap<ServiceId, ServiceCounters>,
    missing: u64,
    changed: u64,
    extra: u64,
    accepted: u64,
    refused: u64,
}

impl LoopCounters {
    /// A probe has ended that checks a server of each of these services.
    pub(super) fn probed(&mut self, services: impl Iterator<Item = ServiceId>, report: &Report) {
        for service in services {
            let counters = self.services.entry(service).or_default();
            match report.outcome {
                Outcome::Good { .. } => counters.probes_passed += 1,
                Outcome::Failed { .. } => counters.probes_failed += 1,
                Outcome::LocalError { .. } => counters.local_errors += 1,
            }
            if report.outcome.is_good().is_some() {
                counters.took.count(report.took);
            }
        }
    }

    /// The director has reported this.
    pub(super) fn noticed(&mut self, notice: &Notice) {
        match notice {
            Notice::Loaded { .. } => self.accepted += 1,
            Notice::LoadRefused { .. } => self.refused += 1,
            Notice::HealthChanged {
                service,
                transition,
                ..
            } => {
                let counters = self.services.entry(*service).or_default();
                match (transition.from, transition.to) {
                    (HealthState::Up, HealthState::Down) => counters.servers_down += 1,
                    // The first good result of a new server is no change.
                    (HealthState::Down, HealthState::Up) if !transition.was_assumed => {
                        counters.servers_up += 1;
                    }
                    _ => {}
                }
            }
            Notice::ServiceStateChanged {
                service,
                from: Some(_),
                ..
            } => self.services.entry(*service).or_default().state_changes += 1,
            Notice::Drift { step, .. } => match step.op {
                Op::AddService { .. } | Op::AddServer { .. } => self.missing += 1,
                Op::EditService { .. } | Op::EditServer { .. } => self.changed += 1,
                Op::DeleteService { .. } | Op::DeleteServer { .. } => self.extra += 1,
            },
            _ => {}
        }
    }

    /// Forgets services that are no longer configured.
    pub(super) fn keep_services_of(&mut self, model: &Model) {
        self.services.retain(|id, _| model.service(id).is_some());
    }

    pub(super) fn services(&self) -> HashMap<ServiceId, ServiceCounters> {
        self.services.clone()
    }

    pub(super) fn drift_repaired(&self) -> Vec<(&'static str, u64)> {
        vec![
            ("missing", self.missing),
            ("changed", self.changed),
            ("extra", self.extra),
        ]
    }

    pub(super) fn configurations(&self) -> Vec<(&'static str, u64)> {
        vec![("accepted", self.accepted), ("refused", self.refused)]
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use director_core::health::{Contact, Phases, Transition};
    use director_core::model::{Endpoint, Family};

    use super::*;

    const SERVICE: ServiceId = ServiceId::Mark {
        family: Family::Ipv4,
        mark: 5,
    };

    fn report(outcome: Outcome) -> Report {
        Report {
            outcome,
            took: Duration::from_millis(3),
            contact: Contact::default(),
            phases: Phases::default(),
        }
    }

    fn health_changed(from: HealthState, was_assumed: bool, to: HealthState) -> Notice {
        Notice::HealthChanged {
            name: "web".to_owned(),
            service: SERVICE,
            server: Endpoint {
                address: "10.0.0.1".parse().unwrap(),
                port: 80,
            },
            transition: Transition {
                from,
                was_assumed,
                to,
                reason: String::new(),
            },
            previous_for: Duration::ZERO,
            took: Duration::ZERO,
        }
    }

    #[test]
    fn probes_count_by_result_and_local_errors_take_no_time() {
        let mut counters = LoopCounters::default();
        let words = String::new;
        let outcomes = [
            Outcome::Good { detail: words() },
            Outcome::Failed { reason: words() },
            Outcome::LocalError { reason: words() },
        ];
        for outcome in outcomes {
            // Two servers of the service share the probe.
            counters.probed([SERVICE, SERVICE].into_iter(), &report(outcome));
        }
        let service = &counters.services()[&SERVICE];
        assert_eq!(
            (
                service.probes_passed,
                service.probes_failed,
                service.local_errors
            ),
            (2, 2, 2)
        );
        let mut times = crate::api::Durations::default();
        (0..4).for_each(|_| times.count(Duration::from_millis(3)));
        assert_eq!(format!("{:?}", service.took), format!("{times:?}"));
    }

    #[test]
    fn a_first_good_result_is_no_change_and_a_first_failure_is_one() {
        use HealthState::{Down, Up};
        let mut counters = LoopCounters::default();
        for (from, was_assumed, to) in [
            (Down, true, Up),
            (Up, true, Up),
            (Up, true, Down),
            (Down, false, Up),
            (Up, false, Down),
        ] {
            counters.noticed(&health_changed(from, was_assumed, to));
        }
        let service = &counters.services()[&SERVICE];
        assert_eq!((service.servers_up, service.servers_down), (1, 2));
    }
}
