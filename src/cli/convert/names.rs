//! `servicename` as the name of its service.

use std::collections::BTreeMap;

use director_core::definitions::Definitions;

use crate::loader::Loaded;

/// Gives services the names that ldirectord has in its mails, where no other service has the same.
pub(super) fn give(definitions: &mut Definitions, loaded: &Loaded) {
    let Some(process) = &loaded.process else {
        return;
    };
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for name in process.services.iter().filter_map(|own| own.name.as_ref()) {
        *counts.entry(name.value.as_str()).or_default() += 1;
    }
    for (service, own) in definitions.services.iter_mut().zip(&process.services) {
        let own = own.name.clone();
        service.name = own.filter(|name| {
            let is_one = counts.get(name.value.as_str()) == Some(&1);
            is_one && !name.value.trim().is_empty() && !name.value.contains(char::is_control)
        });
    }
}
