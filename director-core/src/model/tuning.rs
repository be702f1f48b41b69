//! Settings of the kernel that belong to a way of balancing, each with its reason. They are applied only when requested.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A way of balancing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Profile {
    /// NAT: the director is the real servers' router.
    NatGateway,
    /// Direct routing and tunnels: the director sees one direction only.
    Dr,
    /// Several directors share the clients by ECMP, and choose alike by the scheduler `mh`.
    MaglevEcmp,
}

/// One setting of the kernel and why it is so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tuned {
    /// Name, with dots.
    pub name: &'static str,
    /// Value.
    pub value: &'static str,
    /// Why.
    pub reason: &'static str,
}

const fn tuned(name: &'static str, value: &'static str, reason: &'static str) -> Tuned {
    Tuned {
        name,
        value,
        reason,
    }
}

/// Wanted wherever servers are removed with open connections, with or without a profile.
pub(super) const EXPIRE_NODEST: Tuned = tuned(
    "net.ipv4.vs.expire_nodest_conn",
    "1",
    "a client whose server was removed can reconnect at once instead of waiting for a timeout",
);
/// Wanted wherever a service has persistence, with or without a profile.
pub(super) const EXPIRE_TEMPLATE: Tuned = tuned(
    "net.ipv4.vs.expire_quiescent_template",
    "1",
    "a persistent client leaves a server of weight 0 with its next connection",
);

/// Wanted wherever the director sees no replies, with or without a profile.
pub(super) const CONN_REUSE: Tuned = tuned(
    "net.ipv4.vs.conn_reuse_mode",
    "3",
    "a client may reuse a port while the director, which sees no replies, still waits for the end of the former connection",
);

/// Wanted wherever a backup sync daemon runs also while this director balances (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook).
pub(super) const BACKUP_BALANCES: Tuned = tuned(
    "net.ipv4.vs.backup_only",
    "0",
    "with 1 the kernel balances nothing while a backup sync daemon runs",
);

/// The director routes, and sees both directions.
const NAT_GATEWAY: &[Tuned] = &[
    tuned(
        "net.ipv4.ip_forward",
        "1",
        "this machine forwards the replies of the real servers",
    ),
    tuned(
        "net.ipv4.conf.all.send_redirects",
        "0",
        "an ICMP redirect would let replies bypass the director, which then could not rewrite them",
    ),
    tuned(
        "net.ipv4.vs.conntrack",
        "1",
        "stateful firewall rules see the connections of IPVS and do not treat their replies as invalid",
    ),
    tuned(
        "net.ipv4.vs.snat_reroute",
        "1",
        "rewritten replies are routed by the VIP, also with source-based routing",
    ),
    tuned(
        "net.ipv4.vs.conn_reuse_mode",
        "1",
        "a reused client port is scheduled again, so that an added server gets clients",
    ),
    EXPIRE_NODEST,
];

/// What NAT of IPv6 needs in addition. Not for every gateway, since a router ignores router advertisements.
const NAT_GATEWAY_IPV6: &[Tuned] = &[tuned(
    "net.ipv6.conf.all.forwarding",
    "1",
    "IPv6 NAT: this machine forwards the replies of the real servers",
)];

/// The director sees only what clients send.
const DR: &[Tuned] = &[
    CONN_REUSE,
    tuned(
        "net.ipv4.vs.backup_only",
        "1",
        "a backup director does not balance again what the active one sends to it, which would loop",
    ),
    EXPIRE_NODEST,
];

/// Connections may move between directors at any packet. A director whose table lacks a server for a moment must not reset what another
/// one, or itself a moment later, would carry on; so `expire_nodest_conn` is not among them (ADR 10).
const MAGLEV_ECMP: &[Tuned] = &[
    tuned(
        "net.ipv4.vs.sloppy_tcp",
        "1",
        "a connection that another director accepted continues here, because mh chooses the same server everywhere",
    ),
    tuned("net.ipv4.vs.sloppy_sctp", "1", "the same for SCTP"),
    tuned(
        "net.ipv4.vs.schedule_icmp",
        "1",
        "an ICMP error, such as packet too big, reaches the right server also through a director that does not know \
         the connection",
    ),
    tuned(
        "net.ipv4.vs.conn_reuse_mode",
        "3",
        "a client that reuses a port gets the server that mh chooses now, as it does from the other directors",
    ),
];

impl Profile {
    /// All of them with the names that definitions have for them.
    pub const ALL: [(&'static str, Self); 3] = [
        ("nat-gateway", Self::NatGateway),
        ("dr", Self::Dr),
        ("maglev-ecmp", Self::MaglevEcmp),
    ];

    /// Its settings.
    #[must_use]
    pub fn settings(self) -> &'static [Tuned] {
        match self {
            Self::NatGateway => NAT_GATEWAY,
            Self::Dr => DR,
            Self::MaglevEcmp => MAGLEV_ECMP,
        }
    }

    /// Whether clients of removed servers are reset with it, also where nothing says so.
    #[must_use]
    pub fn resets_connections(self) -> bool {
        let mut settings = self.settings().iter();
        settings.any(|one| one.name == EXPIRE_NODEST.name)
    }

    /// Whether it makes persistent clients leave servers of weight 0, also where nothing says so. With ECMP another director may
    /// still have the client's former server.
    #[must_use]
    pub fn expires_templates(self) -> bool {
        match self {
            Self::NatGateway | Self::Dr => true,
            Self::MaglevEcmp => false,
        }
    }

    /// What it sets in addition where servers are reached by NAT of IPv6.
    #[must_use]
    pub fn settings_for_ipv6_nat(self) -> &'static [Tuned] {
        match self {
            Self::NatGateway => NAT_GATEWAY_IPV6,
            Self::Dr | Self::MaglevEcmp => &[],
        }
    }

    /// Its name in definitions.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::NatGateway => "nat-gateway",
            Self::Dr => "dr",
            Self::MaglevEcmp => "maglev-ecmp",
        }
    }
}

impl fmt::Display for Profile {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Time limits of the kernel's connection table; none leaves one as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct KernelTimeouts {
    /// Established TCP, whole seconds.
    pub tcp: Option<Duration>,
    /// TCP after a FIN, whole seconds.
    pub tcp_fin: Option<Duration>,
    /// UDP, whole seconds.
    pub udp: Option<Duration>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_has_its_reason_and_stands_once_in_a_profile() {
        for (name, profile) in Profile::ALL {
            assert_eq!(profile.name(), name);
            let all = [profile.settings(), profile.settings_for_ipv6_nat()].concat();
            for setting in &all {
                assert!(setting.reason.len() > 10, "{}", setting.name);
                let same = all.iter().filter(|other| other.name == setting.name);
                assert_eq!(same.count(), 1, "{}", setting.name);
            }
        }
    }
}
