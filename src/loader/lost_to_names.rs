//! Running services that a new configuration lacks perhaps only because the name of a VIP is mistyped.

use director_core::diagnostic::Diagnostic;
use director_core::model::Model;

use super::Loaded;

/// Services in force that the new configuration lacks, while a VIP in it is a host name without an address: perhaps they
/// are meant. A mistyped name shall not leave a running service without checks.
#[must_use]
pub fn lost_to_names(new: &Loaded, in_force: &Model) -> Vec<Diagnostic> {
    let former = in_force.services().iter();
    let lost: Vec<&str> = former
        .filter(|service| new.model.holds(&service.id))
        .map(|service| service.name.as_str())
        .collect();
    let waiting = new.model.waiting().iter().filter(|_| !lost.is_empty());
    let place = &new.model.definitions().place;
    let findings = waiting.map(|service| {
        let message = format!(
            "the VIP {} of service {} has no address, and running services are no longer configured: {}",
            service.host,
            service.name,
            lost.join(", ")
        );
        Diagnostic::error(place, message).hint(
            "correct the name; or run ipvsctl reload --force, which leaves these services in the kernel unchecked until the \
             name has an address",
        )
    });
    findings.collect()
}
