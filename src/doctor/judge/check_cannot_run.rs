//! Checks that this director cannot run: their program is missing, its user is gone, there are no file descriptors. ipvsd rightly
//! keeps the health of the servers meanwhile, so nothing else shows that it checks no more.

use crate::doctor::{BlockedChecks, DaemonService, Finding, HostFacts};

/// Servers that are listed before the others are only counted.
const LISTED: usize = 4;

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let services = facts.services.iter();
    services
        .flat_map(|service| {
            let blocked = service.blocked_checks.iter();
            blocked.map(|checks| finding(service, checks))
        })
        .collect()
}

fn finding(service: &DaemonService, checks: &BlockedChecks) -> Finding {
    let check = checks.check.as_ref();
    let check = check.map_or_else(String::new, |name| format!(" by check {name}"));
    let age = checks.age.as_ref();
    let age = age.map_or_else(String::new, |age| format!(", for {age}"));
    Finding {
        fault: "check-cannot-run",
        subject: service.named(),
        observed: format!(
            "ipvsd cannot check {}{check}{age}: {}",
            listed(&checks.servers),
            checks.reason
        ),
        why: "each server keeps the health that it had: one that fails now stays in service, one that recovers stays out"
            .to_owned(),
        fix: format!(
            "fix on this director what the reason names, such as the program of the check, its user or a limit; ipvsd then checks \
             again by itself, as `ipvsctl status {:?}` shows",
            service.listen
        ),
    }
}

fn listed(servers: &[String]) -> String {
    let (shown, others) = servers.split_at(servers.len().min(LISTED));
    match others.len() {
        0 => shown.join(", "),
        count => format!("{} and {count} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use director_core::weight::ServiceState;

    use super::super::cases::{faults, with};
    use super::*;

    fn blocked(servers: u32, check: Option<&str>, age: Option<&str>) -> HostFacts {
        let addresses = (1..=servers).map(|last| format!("10.0.0.{last}:80"));
        let checks = BlockedChecks {
            reason: "cannot run /opt/check: no such file or directory".to_owned(),
            check: check.map(str::to_owned),
            servers: addresses.collect(),
            age: age.map(str::to_owned),
        };
        with(|facts| {
            facts.services = vec![DaemonService {
                name: "web".to_owned(),
                listen: "tcp 192.0.2.10:80".to_owned(),
                state: ServiceState::Up,
                up: 2,
                all: 2,
                servers: 2,
                serves: true,
                down_unchecked: 0,
                blocked_checks: vec![checks],
            }];
        })
    }

    #[test]
    fn a_check_that_cannot_run_is_a_fault_while_the_service_is_up() {
        let facts = blocked(2, None, Some("2m05s"));
        assert_eq!(faults(&facts), ["check-cannot-run"]);
        let finding = judge(&facts).remove(0);
        assert_eq!(finding.subject, "web (tcp 192.0.2.10:80)");
        assert_eq!(
            finding.observed,
            "ipvsd cannot check 10.0.0.1:80, 10.0.0.2:80, for 2m05s: cannot run /opt/check: no such file or directory"
        );
    }

    #[test]
    fn many_servers_are_counted_and_a_check_of_several_is_named() {
        let observed = judge(&blocked(9, Some("login"), None)).remove(0).observed;
        assert_eq!(
            observed,
            "ipvsd cannot check 10.0.0.1:80, 10.0.0.2:80, 10.0.0.3:80, 10.0.0.4:80 and 5 more by check login: cannot run \
             /opt/check: no such file or directory"
        );
    }
}
