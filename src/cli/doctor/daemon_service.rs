//! A service of the daemon's status as a fact for the doctor.

use std::collections::BTreeMap;

use director_core::health::HealthState;

use crate::api::wire::ServiceStatus;
use crate::cli::status::span;
use crate::doctor::{BlockedChecks, DaemonService};

pub(super) fn of(service: &ServiceStatus) -> DaemonService {
    DaemonService {
        name: service.name.clone(),
        listen: service.listen.clone(),
        state: service.state,
        up: service.servers_up,
        all: service.servers_all,
        servers: service.real_servers.len(),
        serves: serves(service),
        down_unchecked: down_unchecked(service),
        blocked_checks: blocked_checks(service),
    }
}

fn serves(service: &ServiceStatus) -> bool {
    let servers = service.real_servers.iter().chain(&service.fallback);
    let mut weights = servers.filter_map(|server| server.desired_weight);
    weights.any(|weight| weight > 0) || service.departing.iter().any(|server| server.weight > 0)
}

fn down_unchecked(service: &ServiceStatus) -> usize {
    let servers = service.real_servers.iter();
    let unchecked = servers.filter(|server| {
        let health = server.health.as_ref();
        let is_down = health.is_some_and(|health| health.state == HealthState::Down);
        let mut checks = server.checks.iter();
        is_down
            && server.defined_weight > 0
            && checks.any(|check| check.why_it_cannot_run().is_some())
    });
    unchecked.count()
}

/// The checks that cannot run. A missing program concerns every server of the service, and is one fault.
fn blocked_checks(service: &ServiceStatus) -> Vec<BlockedChecks> {
    let mut groups: BTreeMap<(&str, Option<&str>), UncheckedServers> = BTreeMap::new();
    for server in service.real_servers.iter().chain(&service.fallback) {
        let has_several = server.checks.len() > 1;
        for check in &server.checks {
            let Some(reason) = check.why_it_cannot_run() else {
                continue;
            };
            let name = has_several.then_some(check.name.as_str());
            let group = groups.entry((reason, name)).or_default();
            group.servers.push(server.address.clone());
            // The longest, as it began with that.
            let ages = [group.age_seconds, check.cannot_run_seconds];
            group.age_seconds = ages.into_iter().flatten().max_by(f64::total_cmp);
        }
    }
    let groups = groups.into_iter();
    groups
        .map(|((reason, check), group)| BlockedChecks {
            reason: reason.to_owned(),
            check: check.map(str::to_owned),
            servers: group.servers,
            age: group.age_seconds.map(span),
        })
        .collect()
}

/// Servers that cannot be checked for the same reason.
#[derive(Default)]
struct UncheckedServers {
    servers: Vec<String>,
    age_seconds: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::status::sample::{blocked_check, status};

    #[test]
    fn servers_that_cannot_be_checked_for_the_same_reason_are_one_fault() {
        let mut service = status().services.remove(0);
        let mut first = service.real_servers[0].clone();
        first.checks = vec![blocked_check("page")];
        let mut second = first.clone();
        second.address = "10.0.0.12:80".to_owned();
        second.checks[0].cannot_run_seconds = Some(125.0);
        let mut third = second.clone();
        third.address = "10.0.0.13:80".to_owned();
        third.checks.push(blocked_check("login"));
        third.checks[0].last_result = None;
        let healthy = service.real_servers[0].clone();
        service.real_servers = vec![first, second, third, healthy];
        let group = |check: Option<&str>, servers: &[&str], age: &str| BlockedChecks {
            reason: "cannot run /opt/check: no such file or directory".to_owned(),
            check: check.map(str::to_owned),
            servers: servers.iter().map(|server| (*server).to_owned()).collect(),
            age: Some(age.to_owned()),
        };
        assert_eq!(
            of(&service).blocked_checks,
            [
                group(None, &["10.0.0.11:80", "10.0.0.12:80"], "2m05s"),
                group(Some("login"), &["10.0.0.13:80"], "2m00s"),
            ]
        );
    }
    #[test]
    fn servers_that_are_down_and_cannot_be_checked_are_counted() {
        let mut service = status().services.remove(0);
        assert_eq!(of(&service).down_unchecked, 0);
        service.real_servers[0].checks = vec![blocked_check("page")];
        let mut up = service.real_servers[0].clone();
        up.health.as_mut().unwrap().state = HealthState::Up;
        let mut standby = service.real_servers[0].clone();
        standby.defined_weight = 0;
        service.real_servers.extend([up, standby]);
        assert_eq!(of(&service).down_unchecked, 1);
        assert!(!of(&service).serves);
        service.real_servers[1].desired_weight = Some(10);
        assert!(of(&service).serves);
    }
}
