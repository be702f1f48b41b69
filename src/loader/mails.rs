//! `emailalert` as an entry of `notify`.

use std::collections::BTreeSet;

use ldirectord_compat::{ProcessSettings, ServiceSettings};

use super::{Loaded, Mails, alerts};

/// The mails that the file asks for. Those of all services go to all recipients.
#[must_use]
pub fn mails(loaded: &Loaded) -> Option<Mails> {
    let process = loaded.process.as_ref()?;
    let mut to: Vec<String> = Vec::new();
    let lists = recipients(process);
    for address in lists.into_iter().flat_map(alerts::recipients) {
        if !to.contains(&address) {
            to.push(address);
        }
    }
    let relay = process
        .services
        .iter()
        .find_map(|service| service.mail_relay.as_ref());
    (!to.is_empty()).then(|| Mails {
        to,
        from: process.mail_from.as_ref().map(|from| from.value.clone()),
        relay: relay.map(|relay| relay.value.clone()),
    })
}

/// What of it has no place in `notify`.
#[must_use]
pub fn mails_left_out(loaded: &Loaded) -> Vec<&'static str> {
    let Some(process) = &loaded.process else {
        return Vec::new();
    };
    let any = |is: fn(&ServiceSettings) -> bool| {
        let mut services = process.services.iter();
        services.any(|service| service.mail_to.is_some() && is(service))
    };
    let differ = recipients(process).len() > 1
        || any(|service| service.mail_to.is_some())
            && process
                .services
                .iter()
                .any(|service| service.mail_to.is_none());
    let mut words = Vec::new();
    if differ {
        words.push("emailalert of single services; the mails of all services go to all recipients");
    }
    if any(|service| {
        service
            .mail_every_seconds
            .as_ref()
            .is_some_and(|every| every.value > 0)
    }) {
        words.push("emailalertfreq; a mail is sent once for each change");
    }
    if any(|service| service.mail_phases.is_some()) {
        words.push("emailalertstatus");
    }
    words
}

fn recipients(process: &ProcessSettings) -> BTreeSet<&str> {
    let services = process.services.iter();
    services
        .filter_map(|service| Some(service.mail_to.as_ref()?.value.as_str()))
        .collect()
}
