//! Clients that use a port again and go to the server of the port's former connection.

use director_core::model::{Forwarding, Profile, ServiceId};

use crate::doctor::{Finding, HostFacts};

const SETTING: &str = "net.ipv4.vs.conn_reuse_mode";
/// The bit for connections of which this machine saw the client's end only (net/netfilter/ipvs/ip_vs_core.c,
/// is_new_conn_expected).
const ONE_WAY: i64 = 2;

/// A service whose replies do not pass this machine.
pub(super) fn one_way_service(facts: &HostFacts) -> Option<&ServiceId> {
    let tables = [&facts.defined, &facts.kernel].into_iter().flatten();
    let mut services = tables.flat_map(|table| &table.services);
    let one_way = |forwarding| matches!(forwarding, Forwarding::Direct | Forwarding::Tunnel(_));
    let found = services.find(|(_, entry)| {
        let mut servers = entry.servers.values();
        servers.any(|server| one_way(server.settings.forwarding))
    });
    found.map(|(service, _)| service)
}

pub(super) fn judge(facts: &HostFacts) -> Vec<Finding> {
    // The profile with this setting has been compared with it.
    if facts.reused_ports_stay || facts.profile == Some(Profile::Dr) {
        return Vec::new();
    }
    let mode = facts.setting(SETTING).filter(|mode| mode & ONE_WAY == 0);
    let (Some(mode), Some(service)) = (mode, one_way_service(facts)) else {
        return Vec::new();
    };
    vec![Finding {
        fault: "reused-ports-stay",
        subject: SETTING.to_owned(),
        observed: format!("it is {mode}, and {} uses direct routing or a tunnel", facts.name(service)),
        why: "the director sees no replies; for two minutes after a client's last packet, a new connection from the same port \
              goes to the same server, even if that is down"
            .to_owned(),
        fix: format!("sysctl -w {SETTING}=3"),
    }]
}

#[cfg(test)]
mod tests {
    use super::super::cases::{set, with};
    use super::*;

    fn director(forwarding: Forwarding, mode: &str) -> HostFacts {
        with(|facts| {
            set(facts, SETTING, mode);
            for table in [&mut facts.kernel, &mut facts.defined]
                .into_iter()
                .flatten()
            {
                let entries = table.services.values_mut();
                let servers = entries.flat_map(|entry| entry.servers.values_mut());
                servers.for_each(|server| server.settings.forwarding = forwarding);
            }
        })
    }

    #[test]
    fn direct_routing_needs_the_setting_unless_it_is_declined() {
        let found = judge(&director(Forwarding::Direct, "1"));
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].fix, "sysctl -w net.ipv4.vs.conn_reuse_mode=3");
        assert_eq!(judge(&director(Forwarding::Direct, "3")), []);
        assert_eq!(judge(&director(Forwarding::Masq, "1")), []);
        let mut declined = director(Forwarding::Direct, "1");
        declined.reused_ports_stay = true;
        assert_eq!(judge(&declined), []);
    }
}
