//! Persistent clients that go on to servers which are down or drain.

use director_core::model::Profile;
use director_core::table::Table;

use crate::doctor::{Finding, HostFacts};

const SETTING: &str = "net.ipv4.vs.expire_quiescent_template";

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    let tables: [&Option<Table>; 2] = [&facts.defined, &facts.kernel];
    let services = tables
        .into_iter()
        .flatten()
        .flat_map(|table| &table.services);
    let mut persistent = services.filter(|(_, entry)| entry.scheduling.persistence.is_some());
    let Some((service, _)) = persistent.next() else {
        return Vec::new();
    };
    // A profile with this setting has been compared with it.
    let by_profile = facts.profile.is_some_and(Profile::expires_templates);
    if by_profile || facts.persistent_clients_stay || facts.setting(SETTING) != Some(0) {
        return Vec::new();
    }
    vec![Finding {
        fault: "persistent-clients-stay",
        subject: SETTING.to_owned(),
        observed: format!("it is 0, and {} has persistence", facts.name(service)),
        why: "a client goes on to its server with weight 0, even if that is down, as long as it comes back within the \
              persistence time"
            .to_owned(),
        fix: format!("sysctl -w {SETTING}=1"),
    }]
}

#[cfg(test)]
mod tests {
    use director_core::model::Persistence;

    use super::super::cases::{set, with};
    use super::*;

    fn persistent(stays: bool) -> HostFacts {
        with(|facts| {
            set(facts, SETTING, "0");
            facts.persistent_clients_stay = stays;
            let mut services = facts
                .kernel
                .iter_mut()
                .flat_map(|table| table.services.values_mut());
            let scheduling = &mut services.next().unwrap().scheduling;
            scheduling.persistence = Some(Persistence {
                timeout_seconds: 300,
                engine: None,
            });
        })
    }

    #[test]
    fn persistence_needs_the_setting_unless_it_is_declined() {
        let found = judge(&persistent(false));
        assert_eq!(found.len(), 1);
        assert_eq!(
            found[0].fix,
            "sysctl -w net.ipv4.vs.expire_quiescent_template=1"
        );
        assert!(judge(&persistent(true)).is_empty());
        assert!(judge(&with(|facts| set(facts, SETTING, "0"))).is_empty());
    }
}
