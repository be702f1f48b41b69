//! Scheduler, flags, persistence and one-packet of a service.

use std::net::Ipv4Addr;

use super::{DEFAULT_SCHEDULER, Findings};
use crate::definitions::{ListenDefinition, Placed, ServiceDefinition};
use crate::diagnostic::nearest;
use crate::model::{
    ClientMask, Family, KNOWN_SCHEDULERS, LONGEST_PERSISTENCE_SECONDS, Persistence, Protocol,
    SchedulerFlags, Scheduling, scheduler_by_other_name, scheduler_flag_names,
};

/// The scheduling of a service, when all of it is valid.
pub(super) fn scheduling(
    written: &ServiceDefinition,
    family: Family,
    findings: &mut Findings,
) -> Option<Scheduling> {
    let scheduler = scheduler(written.scheduler.as_ref(), findings);
    let flags = flags(written, scheduler.as_deref().unwrap_or_default(), findings);
    let persistence = persistence(written, findings);
    let mask = mask(written, family, findings);
    let one_packet = one_packet(written, findings);
    Some(Scheduling {
        scheduler: scheduler?,
        flags,
        persistence,
        mask: mask?,
        one_packet,
    })
}

fn scheduler(written: Option<&Placed<String>>, findings: &mut Findings) -> Option<String> {
    let Some(written) = written else {
        return Some(DEFAULT_SCHEDULER.to_owned());
    };
    let name = written.value.as_str();
    if KNOWN_SCHEDULERS.contains(&name) {
        return Some(name.to_owned());
    }
    let near = nearest(name, KNOWN_SCHEDULERS.iter().copied());
    let hint = match scheduler_by_other_name(name).or(near) {
        Some(near) => format!(
            "did you mean {near}? The kernel has {}",
            KNOWN_SCHEDULERS.join(", ")
        ),
        None => format!("the kernel has {}", KNOWN_SCHEDULERS.join(", ")),
    };
    findings.error(&written.place, format!("unknown scheduler {name:?}"), hint);
    None
}

fn flags(written: &ServiceDefinition, scheduler: &str, findings: &mut Findings) -> SchedulerFlags {
    let mut flags = SchedulerFlags::default();
    for flag in &written.scheduler_flags {
        let prefixed = format!("{scheduler}-{}", flag.value);
        if !flags.set(scheduler, &flag.value) && !flags.set(scheduler, &prefixed) {
            let known = scheduler_flag_names(scheduler).join(", ");
            let message = format!("scheduler {scheduler} has no flag {:?}", flag.value);
            findings.error(&flag.place, message, format!("it has {known}"));
        }
    }
    flags
}

fn persistence(written: &ServiceDefinition, findings: &mut Findings) -> Option<Persistence> {
    let engine = written.persistence_engine.as_ref();
    let Some(timeout) = &written.persistence else {
        if let Some(engine) = engine {
            findings.error(
                &engine.place,
                "a persistence engine needs persistence",
                "set the persistence timeout",
            );
        }
        return None;
    };
    if timeout.value == 0 || timeout.value > LONGEST_PERSISTENCE_SECONDS {
        let message = format!("persistence of {} s is out of range", timeout.value);
        findings.error(&timeout.place, message, "write 1s to 31d");
    }
    Some(Persistence {
        timeout_seconds: u32::try_from(timeout.value).unwrap_or(u32::MAX),
        engine: engine.map(|engine| engine.value.clone()),
    })
}

fn mask(
    written: &ServiceDefinition,
    family: Family,
    findings: &mut Findings,
) -> Option<ClientMask> {
    let Some(mask) = &written.mask else {
        return Some(ClientMask::single_client(family));
    };
    if written.persistence.is_none() {
        let message = "a persistence mask has no effect without persistence";
        findings.warning(
            &mask.place,
            message,
            "set the persistence timeout, or remove the mask",
        );
        return Some(ClientMask::single_client(family));
    }
    let parsed = match family {
        Family::Ipv4 => mask
            .value
            .parse::<Ipv4Addr>()
            .ok()
            .map(ClientMask::V4)
            .or_else(|| {
                let prefix = mask
                    .value
                    .parse::<u32>()
                    .ok()
                    .filter(|prefix| (1..=32).contains(prefix))?;
                Some(ClientMask::V4(Ipv4Addr::from_bits(
                    u32::MAX << (32 - prefix),
                )))
            }),
        Family::Ipv6 => mask
            .value
            .parse::<u8>()
            .ok()
            .filter(|prefix| (1..=128).contains(prefix))
            .map(ClientMask::V6),
    };
    if parsed.is_none() {
        let hint = match family {
            Family::Ipv4 => {
                "write a netmask such as 255.255.255.0, or a prefix length from 1 to 32"
            }
            Family::Ipv6 => "write a prefix length from 1 to 128",
        };
        findings.error(
            &mask.place,
            format!("{:?} is not an {family} persistence mask", mask.value),
            hint,
        );
    }
    parsed
}

fn one_packet(written: &ServiceDefinition, findings: &mut Findings) -> bool {
    let Some(one_packet) = written.one_packet.as_ref().filter(|choice| choice.value) else {
        return false;
    };
    let connection_oriented = matches!(
        written.listen.value,
        ListenDefinition::Address {
            protocol: Protocol::Tcp | Protocol::Sctp,
            ..
        }
    );
    if connection_oriented {
        let message = "one-packet scheduling breaks connections of this protocol";
        findings.error(
            &one_packet.place,
            message,
            "use one_packet only for UDP services and firewall marks",
        );
    }
    true
}
