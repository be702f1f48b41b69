//! How two tables have differed over time: that of another program, and the one that the director decides on beside it.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use super::Subject;
use crate::moment::Moment;
use crate::plan::{Plan, Step};

/// Differences that are kept after their end.
const KEPT: usize = 100;

/// One change that the director would have made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TableDifference {
    /// The change, with its reason as it was first known.
    pub step: Step,
    pub since: Moment,
    /// When the tables agreed again; none while they differ.
    pub until: Option<Moment>,
}

impl TableDifference {
    /// How long it has lasted.
    #[must_use]
    pub fn lasted(&self, now: Moment) -> Duration {
        self.until.unwrap_or(now).since(self.since)
    }
}

/// The differences of now, and the last ones that have ended.
#[derive(Debug, Clone, Default)]
pub struct Differences {
    /// By what they are about: a plan changes each service and each server once.
    current: BTreeMap<Subject, TableDifference>,
    ended: VecDeque<TableDifference>,
    ended_count: u64,
}

impl Differences {
    /// Takes the changes that would be made now. Returns the differences that began or ended with them.
    pub fn update(&mut self, plan: Plan, now: Moment) -> Vec<TableDifference> {
        let mut changed = Vec::new();
        let mut former = std::mem::take(&mut self.current);
        for step in plan.steps {
            let subject = (step.op.service(), step.op.server());
            let known = former.remove(&subject);
            let goes_on = known.filter(|known| {
                known.step.op == step.op || {
                    self.end(known.clone(), now, &mut changed);
                    false
                }
            });
            let difference = goes_on.unwrap_or_else(|| {
                let begun = TableDifference {
                    step,
                    since: now,
                    until: None,
                };
                changed.push(begun.clone());
                begun
            });
            self.current.insert(subject, difference);
        }
        for over in former.into_values() {
            self.end(over, now, &mut changed);
        }
        changed
    }

    fn end(&mut self, over: TableDifference, now: Moment, changed: &mut Vec<TableDifference>) {
        let ended = TableDifference {
            until: Some(now),
            ..over
        };
        if self.ended.len() == KEPT {
            self.ended.pop_front();
        }
        self.ended.push_back(ended.clone());
        self.ended_count += 1;
        changed.push(ended);
    }

    /// Those of now, in the order of services and servers.
    pub fn current(&self) -> impl ExactSizeIterator<Item = &TableDifference> {
        self.current.values()
    }

    /// The last ones that have ended, the oldest first.
    pub fn ended(&self) -> impl Iterator<Item = &TableDifference> {
        self.ended.iter()
    }

    /// How many have ended so far.
    #[must_use]
    pub fn ended_count(&self) -> u64 {
        self.ended_count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, Forwarding, Protocol, ServiceId};
    use crate::plan::Op;
    use crate::table::ServerSettings;

    fn at(seconds: u64) -> Moment {
        Moment::after_start(Duration::from_secs(seconds))
    }

    fn settings(weight: u32) -> ServerSettings {
        ServerSettings {
            forwarding: Forwarding::Masq,
            weight,
            upper_threshold: 0,
            lower_threshold: 0,
        }
    }

    /// Servers, by the last number of their addresses, that would get these weights.
    fn plan_of(weights: &[(u8, u32)]) -> Plan {
        let step = |&(server, weight): &(u8, u32)| Step {
            op: Op::EditServer {
                service: ServiceId::Address {
                    protocol: Protocol::Tcp,
                    vip: [192, 0, 2, 1].into(),
                    port: 80,
                },
                server: Endpoint {
                    address: [10, 0, 0, server].into(),
                    port: 80,
                },
                from: settings(7),
                to: settings(weight),
            },
            reason: format!("at {weight}"),
        };
        Plan {
            steps: weights.iter().map(step).collect(),
        }
    }

    #[test]
    fn a_difference_lasts_from_its_first_to_its_last_sight() {
        let mut differences = Differences::default();
        let one = (1, 0);
        let begun = differences.update(plan_of(&[one]), at(1));
        assert_eq!((begun.len(), begun[0].until), (1, None));
        assert_eq!(differences.update(plan_of(&[one]), at(2)), []);
        let current = differences.current().next().unwrap();
        assert_eq!(current.lasted(at(5)), Duration::from_secs(4));
        let ended = differences.update(Plan::default(), at(6));
        assert_eq!(ended[0].until, Some(at(6)));
        assert_eq!(ended[0].lasted(at(60)), Duration::from_secs(5));
        assert_eq!(differences.ended().count(), 1);
        assert_eq!(differences.current().len(), 0);
    }

    #[test]
    fn another_change_of_the_same_server_is_another_difference() {
        let mut differences = Differences::default();
        differences.update(plan_of(&[(1, 0), (2, 0)]), at(1));
        let changed = differences.update(plan_of(&[(1, 2), (2, 0)]), at(2));
        let ends: Vec<Option<Moment>> = changed.iter().map(|each| each.until).collect();
        assert_eq!(ends, [Some(at(2)), None]);
        assert_eq!(differences.current().len(), 2);
    }

    #[test]
    fn only_the_last_ones_are_kept_and_all_are_counted() {
        let mut differences = Differences::default();
        for second in 0..150 {
            differences.update(plan_of(&[(1, 0)]), at(2 * second));
            differences.update(Plan::default(), at(2 * second + 1));
        }
        assert_eq!(differences.ended().count(), KEPT);
        assert_eq!(differences.ended_count(), 150);
        assert_eq!(differences.ended().next().unwrap().since, at(100));
    }
}
