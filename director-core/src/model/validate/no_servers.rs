//! Services without real servers. It is no part of [`super::validate`], since a list that cannot be read looks the same: whoever
//! knows that all of the file could be read requires it.

use super::Findings;
use crate::definitions::{Definitions, ServiceDefinition};
use crate::diagnostic::Diagnostic;

/// A warning for each service that has no real servers.
#[must_use]
pub fn without_servers(definitions: &Definitions) -> Vec<Diagnostic> {
    let mut findings = Findings::default();
    let services = definitions.services.iter();
    for service in services.filter(|service| service.real_servers.is_empty()) {
        let name = service.name.as_ref().map(|name| format!(" {}", name.value));
        findings.warning(
            &service.listen.place,
            format!(
                "virtual service{} has no real servers; {}",
                name.unwrap_or_default(),
                consequence(service)
            ),
            "add real servers, or remove the service",
        );
    }
    findings.into_list()
}

fn consequence(service: &ServiceDefinition) -> &'static str {
    if service.fallback.is_some() || service.recovery.fallback_pool.is_some() {
        "only its fallback serves"
    } else {
        "its clients are refused"
    }
}
