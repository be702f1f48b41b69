//! Services that `ldirectord` starts with though the kernel, its tools or its own checks cannot work with them. Here they
//! are put aside one by one, while everything else is in force; what makes one unfit is judged in `lower/refused.rs`.
//!
//! Invariant: as many settings of services as services, in the same order, before and after.

use director_core::definitions::{Definitions, IsolatedBlock, ServiceDefinition};
use director_core::diagnostic::{Diagnostic, Place};

use crate::settings::ProcessSettings;

/// A service that does not work as it is written.
#[derive(Debug, Clone, PartialEq)]
pub struct Unfit {
    /// Its number among the services of the definitions, from 0 on.
    pub index: usize,
    /// The words for it, such as `the service 10.0.0.1:80`.
    pub name: String,
    /// The line that opens it.
    pub place: Place,
    /// What is wrong with it, as it was reported.
    pub faults: Vec<Diagnostic>,
    /// Whether it stands in the definitions in a form that harms nobody, for when it was never any better; otherwise it
    /// is left out then.
    pub stands: bool,
    /// What stays as it was where a reload brings this.
    pub keeps: Keeps,
}

/// What an unfit service keeps of what it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keeps {
    /// How it chooses among its real servers; they themselves are as they are written, as with ldirectord.
    Scheduling,
    /// Everything.
    Everything,
}

/// Keeps what is unfit of each service as it was in the definitions in force, names resolved in both, and leaves the
/// service out where it is not among them and cannot stand. The definitions say which of them are not as they are written. Gives the errors that
/// nobody could see afterwards.
#[must_use]
pub fn put_aside(
    unfit: &[Unfit],
    definitions: &mut Definitions,
    process: &mut ProcessSettings,
    former: Option<&Definitions>,
) -> Vec<Diagnostic> {
    let mut errors = Vec::new();
    let in_force = former.map_or(&[][..], |former| &former.services);
    // From the last one on, so that the numbers of those before it hold.
    for one in unfit.iter().rev() {
        let Some(service) = definitions.services.get_mut(one.index) else {
            continue;
        };
        let was = in_force
            .iter()
            .find(|former| former.listen.value == service.listen.value);
        match was {
            Some(was) => keep(one.keeps, was, service),
            None if one.stands => continue,
            None => {
                let gone = definitions.services.remove(one.index);
                definitions.left_out.push(gone.listen.value.clone());
                errors.extend(twice(&gone, &definitions.services));
                if one.index < process.services.len() {
                    process.services.remove(one.index);
                }
            }
        }
        definitions.isolated.push(IsolatedBlock {
            name: one.name.clone(),
            place: one.place.clone(),
            kept: usize::from(was.is_some()),
            faults: one.faults.clone(),
        });
    }
    definitions.isolated.reverse();
    errors
}

fn keep(keeps: Keeps, was: &ServiceDefinition, service: &mut ServiceDefinition) {
    match keeps {
        Keeps::Everything => *service = was.clone(),
        Keeps::Scheduling => {
            service.scheduler = was.scheduler.clone();
            service.scheduler_flags = was.scheduler_flags.clone();
            service.persistence = was.persistence.clone();
            service.mask = was.mask.clone();
            service.one_packet = was.one_packet.clone();
        }
    }
}

/// The error that a service which is left out has a double all the same.
fn twice(gone: &ServiceDefinition, others: &[ServiceDefinition]) -> Option<Diagnostic> {
    let other = others
        .iter()
        .find(|other| other.listen.value == gone.listen.value)?;
    let first = other.place.line.min(gone.place.line);
    let second = if first == gone.place.line {
        &other.listen.place
    } else {
        &gone.listen.place
    };
    let message = format!("this virtual service is defined in line {first} already");
    Some(Diagnostic::error(second, message).hint("remove one of the two"))
}
