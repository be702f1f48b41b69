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
            format!("fix the servers that `ipvsctl status {:?}` shows", service.name),
        ),
        ServiceState::Down => (
            "service-down",
            "no server takes connections",
            format!("fix the servers that `ipvsctl status {:?}` shows", service.name),
        ),
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
        subject: service.name.clone(),
        observed: format!(
            "ipvsd reports the service as {}, with {} of {} real servers up",
            service.state, service.up, service.all
        ),
        why: why.to_owned(),
        fix,
    })
}

#[cfg(test)]
mod tests {
    use super::super::cases::with;
    use super::*;

    fn found(state: ServiceState) -> Vec<String> {
        let facts = with(|facts| {
            facts.services = vec![DaemonService {
                name: "web".to_owned(),
                state,
                up: 1,
                all: 3,
            }];
        });
        let findings = judge(&facts).into_iter();
        findings
            .map(|finding| format!("{}: {}", finding.fault, finding.observed))
            .collect()
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
