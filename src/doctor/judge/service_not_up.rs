//! Services of the daemon that runs here which do not serve as they should: on fallback, down, or with frozen health.

use director_core::weight::ServiceState;

use crate::doctor::{DaemonService, Finding, HostFacts};

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    facts.services.iter().filter_map(of_service).collect()
}

fn of_service(service: &DaemonService) -> Option<Finding> {
    let (fault, why, fix) = match service.state {
        ServiceState::OnFallback => (
            "service-on-fallback",
            "no real server takes connections, so clients see the fallback",
            fix_servers(service),
        ),
        ServiceState::Down => down(service),
        // It waits for checks, and those cannot run.
        ServiceState::Unknown if !service.serves && service.down_unchecked > 0 => down(service),
        ServiceState::Frozen => (
            "service-frozen",
            "all servers fell silent at once, so ipvsd suspects its own network and freezes health until one answers or the time \
             limit ends",
            "check this director's links and routes; if the servers really are down: ipvsctl unfreeze".to_owned(),
        ),
        ServiceState::Up | ServiceState::Degraded | ServiceState::Unknown => return None,
    };
    Some(Finding {
        fault,
        subject: service.named(),
        observed: format!(
            "ipvsd reports the service as {}, with {} of {} real servers up",
            service.state, service.up, service.all
        ),
        why: why.to_owned(),
        fix,
    })
}

fn down(service: &DaemonService) -> (&'static str, &'static str, String) {
    let why = "no server takes connections";
    ("service-down", why, fix_servers(service))
}

fn fix_servers(service: &DaemonService) -> String {
    let status = format!("`ipvsctl status {:?}`", service.listen);
    let fix_checks =
        "the checks cannot run, so the servers may be fine: fix what check-cannot-run shows";
    match (service.all, service.servers) {
        (0, 0) => {
            "it has no real server: add one, or wait until its host names have addresses".to_owned()
        }
        (0, _) => "each of its real servers has weight 0 in the configuration: give one a weight"
            .to_owned(),
        _ if service.down_unchecked == 0 => format!("fix the servers that {status} shows"),
        (all, _) if service.up + service.down_unchecked < all => {
            format!("{fix_checks}, and the other servers that {status} shows")
        }
        _ => fix_checks.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::cases::with;
    use super::*;

    fn service(state: ServiceState) -> DaemonService {
        DaemonService {
            name: "web".to_owned(),
            listen: "tcp 192.0.2.10:80".to_owned(),
            state,
            up: 1,
            all: 3,
            servers: 3,
            serves: false,
            down_unchecked: 0,
            blocked_checks: Vec::new(),
        }
    }

    fn findings(services: Vec<DaemonService>) -> Vec<Finding> {
        judge(&with(|facts| facts.services = services))
    }

    fn found(state: ServiceState) -> Vec<String> {
        let findings = findings(vec![service(state)]).into_iter();
        findings
            .map(|finding| format!("{}: {}", finding.fault, finding.observed))
            .collect()
    }

    #[test]
    fn each_listen_of_a_service_is_named() {
        let mut other = service(ServiceState::Down);
        other.listen = "tcp [2001:db8::10]:80".to_owned();
        let mut unnamed = service(ServiceState::Down);
        unnamed.name = unnamed.listen.clone();
        let findings = findings(vec![service(ServiceState::Down), other, unnamed]);
        let subjects: Vec<&str> = findings.iter().map(|one| one.subject.as_str()).collect();
        let expected = [
            "web (tcp 192.0.2.10:80)",
            "web (tcp [2001:db8::10]:80)",
            "tcp 192.0.2.10:80",
        ];
        assert_eq!(subjects, expected);
        let fix = "fix the servers that `ipvsctl status \"tcp [2001:db8::10]:80\"` shows";
        assert_eq!(findings[1].fix, fix);
    }

    #[test]
    fn a_service_whose_checks_cannot_run_is_down_by_them_and_not_by_its_servers() {
        let found = |state, down_unchecked, serves| {
            findings(vec![DaemonService {
                up: 0,
                serves,
                down_unchecked,
                ..service(state)
            }])
        };
        let checks =
            "the checks cannot run, so the servers may be fine: fix what check-cannot-run shows";
        for state in [ServiceState::Down, ServiceState::Unknown] {
            let all = found(state, 3, false);
            assert_eq!(
                (all[0].fault, all[0].fix.as_str()),
                ("service-down", checks)
            );
            let some = found(state, 2, false);
            let others =
                ", and the other servers that `ipvsctl status \"tcp 192.0.2.10:80\"` shows";
            assert_eq!(some[0].fix, format!("{checks}{others}"));
        }
        assert_eq!(found(ServiceState::Unknown, 1, true), []);
    }

    #[test]
    fn the_fix_for_a_service_without_servers_fits() {
        let fix_with = |servers| {
            let mut service = service(ServiceState::Down);
            (service.up, service.all, service.servers) = (0, 0, servers);
            findings(vec![service]).pop().unwrap().fix
        };
        assert!(fix_with(0).starts_with("it has no real server: add one"));
        assert!(fix_with(2).starts_with("each of its real servers has weight 0"));
    }

    #[test]
    fn a_service_that_serves_by_its_own_servers_is_no_finding() {
        for state in [
            ServiceState::Up,
            ServiceState::Degraded,
            ServiceState::Unknown,
        ] {
            assert_eq!(found(state), [""; 0]);
        }
        assert_eq!(
            found(ServiceState::OnFallback),
            [
                "service-on-fallback: ipvsd reports the service as on fallback, with 1 of 3 real servers up"
            ]
        );
        let others = [ServiceState::Down, ServiceState::Frozen].map(found);
        assert!(others[0][0].starts_with("service-down: "), "{others:?}");
        assert!(others[1][0].starts_with("service-frozen: "), "{others:?}");
    }
}
