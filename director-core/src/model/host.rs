//! What the configuration wants of this machine outside its IPVS table: VIPs, settings of the kernel, timeouts, sync
//! daemons.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use super::host_change::{HostChange, TimeoutKind, Vip};
use super::service::{OnStop, VirtualService};
use super::sync_daemon::{SyncDaemon, SyncFollower, SyncRole};
use super::tuning::{
    BACKUP_BALANCES, CONN_REUSE, EXPIRE_NODEST, EXPIRE_TEMPLATE, KernelTimeouts, Profile, Tuned,
};

/// All that is wanted of this machine.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HostConfig {
    /// VIPs, and whether each leaves with the director.
    pub vips: Vec<(Vip, OnStop)>,
    /// The way of balancing whose settings are applied.
    pub profile: Option<Profile>,
    /// Whether servers are reached by NAT of IPv4.
    pub ipv4_nat: bool,
    /// Whether servers are reached by NAT of IPv6.
    pub ipv6_nat: bool,
    /// Whether a service has persistence.
    pub persistence: bool,
    /// Whether a service removes failed servers at once.
    pub removes: bool,
    /// Whether open connections to removed servers are reset; none leaves that to what is removed and to the profile.
    pub expire_nodest_conn: Option<bool>,
    /// Whether persistent clients leave servers of weight 0; none leaves that to persistence and profile.
    pub expire_quiescent_template: Option<bool>,
    /// Whether a service is forwarded by direct routing or a tunnel, so that this machine sees no replies.
    pub one_way: bool,
    /// Whether a reused client port is scheduled again where no replies are seen; none leaves that to `one_way`.
    pub conn_reuse_mode: Option<bool>,
    /// Timeouts of the connection table.
    pub timeouts: KernelTimeouts,
    /// The synchronisation daemons of the kernel, at most one of each role.
    pub sync_daemons: Vec<SyncDaemon>,
    /// One whose role follows a VIP, in place of those.
    pub sync_follower: Option<SyncFollower>,
    /// The real servers through which path checks ask an IPv4 VIP: their answers have our own address as source. IPv6 has no
    /// rule against that.
    pub path_servers: BTreeSet<IpAddr>,
}

/// The real servers through which path checks of these services ask an IPv4 VIP.
pub(super) fn path_servers(services: &[VirtualService]) -> BTreeSet<IpAddr> {
    let servers = services.iter().flat_map(|service| &service.real_servers);
    let probes = servers.flat_map(|server| &server.probes);
    probes
        .filter(|probe| probe.address.is_ipv4())
        .filter_map(|probe| Some(probe.vip_path?.toward))
        .collect()
}

impl HostConfig {
    /// What this machine shall have while the director runs.
    #[must_use]
    pub fn changes(&self) -> Vec<HostChange> {
        self.changes_with(false)
    }

    /// The same while an operator has `disabled` a server.
    #[must_use]
    pub fn changes_with(&self, disabled: bool) -> Vec<HostChange> {
        let mut changes = self.for_path_checks();
        changes.extend(self.for_forwarding(disabled));
        changes.extend(
            self.vips
                .iter()
                .map(|(vip, _)| HostChange::Vip(vip.clone())),
        );
        changes
    }

    /// With what the kernel forwards: settings and timeouts, and what tells another director of the connections.
    fn for_forwarding(&self, disabled: bool) -> Vec<HostChange> {
        let settings = self.settings(disabled);
        let settings = settings.map(|(_, one)| HostChange::setting(one.name, one.value));
        let timeouts = [
            (TimeoutKind::Tcp, self.timeouts.tcp),
            (TimeoutKind::TcpFin, self.timeouts.tcp_fin),
            (TimeoutKind::Udp, self.timeouts.udp),
        ];
        let timeouts = timeouts.into_iter().filter_map(|(of, timeout)| {
            let seconds = u32::try_from(timeout?.as_secs()).ok()?;
            Some(HostChange::Timeout { of, seconds })
        });
        let daemons = self.sync_daemons.iter().cloned();
        settings
            .chain(timeouts)
            .chain(daemons.map(HostChange::SyncDaemon))
            .chain(self.sync_follower.clone().map(HostChange::SyncFollower))
            .collect()
    }

    /// What was made for a profile and is not undone while servers are reached by NAT, which stops without it: a configuration
    /// that lost its profile would cut off every client.
    #[must_use]
    pub fn kept_for_nat(&self) -> Vec<HostChange> {
        let of_ipv4 = self.ipv4_nat.then_some("net.ipv4.ip_forward");
        let of_ipv6 = self.ipv6_nat.then_some("net.ipv6.conf.all.forwarding");
        let names = of_ipv4.into_iter().chain(of_ipv6);
        names.map(|name| HostChange::setting(name, "1")).collect()
    }

    /// What path checks need before they can be answered.
    #[must_use]
    pub fn for_path_checks(&self) -> Vec<HostChange> {
        let servers = self.path_servers.iter();
        servers
            .map(|toward| HostChange::VipReplies { toward: *toward })
            .collect()
    }

    /// The settings, each with the name of what wants it: the way of balancing, persistence, or servers that are removed.
    pub fn settings(&self, disabled: bool) -> impl Iterator<Item = (&'static str, &'static Tuned)> {
        let ipv6_nat = self.ipv6_nat;
        let resets = self.resets_connections(disabled);
        // Mode 3 holds all that a profile's lower mode does.
        let reusing = self
            .reschedules_reused_ports()
            .then_some(("direct routing or tunnels", &CONN_REUSE));
        let reusing = reusing.filter(|_| self.profile != Some(Profile::Dr));
        let declined = self.conn_reuse_mode == Some(false);
        let replaces = reusing.is_some();
        let mut daemons = self.sync_daemons.iter();
        let backup = daemons.any(|daemon| daemon.role == SyncRole::Backup);
        let of_profile = self.profile.into_iter().flat_map(move |profile| {
            let all = profile.settings().iter();
            let ipv6 = profile.settings_for_ipv6_nat().iter();
            all.chain(ipv6.filter(move |_| ipv6_nat))
                .filter(move |one| !(backup && one.name == BACKUP_BALANCES.name))
                .filter(move |one| resets || one.name != EXPIRE_NODEST.name)
                .filter(move |one| !(replaces && one.name == CONN_REUSE.name))
                .filter(move |one| {
                    !(declined && one.name == CONN_REUSE.name && one.value == CONN_REUSE.value)
                })
                .map(move |one| (profile.name(), one))
        });
        let resetting =
            (resets && !self.profile_resets()).then_some(("removed servers", &EXPIRE_NODEST));
        let expiring = self.expires_templates().then(|| {
            let profile = self.profile.filter(|profile| profile.expires_templates());
            (
                profile.map_or("persistence", Profile::name),
                &EXPIRE_TEMPLATE,
            )
        });
        let balancing = backup.then_some(("director.sync", &BACKUP_BALANCES));
        let always = expiring.into_iter().chain(reusing).chain(balancing);
        of_profile.chain(resetting).chain(always)
    }

    fn profile_resets(&self) -> bool {
        self.profile.is_some_and(Profile::resets_connections)
    }

    /// Whether a client hears at its next packet that its server was removed. Otherwise the kernel drops the packets of its
    /// connection, and the client waits for its own timeout (net/netfilter/ipvs/ip_vs_core.c, ip_vs_in_hook).
    #[must_use]
    pub fn resets_connections(&self, disabled: bool) -> bool {
        let usual = || self.removes || disabled || self.profile_resets();
        self.expire_nodest_conn.unwrap_or_else(usual)
    }

    /// Whether persistent clients leave a server of weight 0 with their next connection. Otherwise the kernel goes on sending
    /// them there as long as they come back in time (net/netfilter/ipvs/ip_vs_conn.c, ip_vs_check_template).
    #[must_use]
    pub fn expires_templates(&self) -> bool {
        let usual = || self.persistence || self.profile.is_some_and(Profile::expires_templates);
        self.expire_quiescent_template.unwrap_or_else(usual)
    }

    /// Whether a client's SYN from a port that it used before is scheduled again. Where the director sees no replies, the kernel
    /// otherwise sends it to the server of the former connection for two minutes after its FIN, even if that server failed or
    /// was removed (net/netfilter/ipvs/ip_vs_core.c, is_new_conn_expected).
    #[must_use]
    pub fn reschedules_reused_ports(&self) -> bool {
        self.conn_reuse_mode.unwrap_or(self.one_way)
    }

    /// The setting that this needs.
    pub(crate) fn is_template_setting(change: &HostChange) -> bool {
        matches!(change, HostChange::Setting { name, .. } if name == EXPIRE_TEMPLATE.name)
    }

    /// The VIPs that stay when the director stops.
    #[must_use]
    pub fn vips_after_stop(&self) -> Vec<HostChange> {
        let staying = self.vips.iter().filter(|(_, stop)| *stop == OnStop::Keep);
        staying
            .map(|(vip, _)| HostChange::Vip(vip.clone()))
            .collect()
    }

    /// The settings, timeouts and sync daemons that stay when the director stops. Without them the kernel would hold services and forward
    /// nothing (`ip_forward`), so they stay as long as anything of the director `stays` in the kernel.
    #[must_use]
    pub fn settings_after_stop(&self, stays: bool, disabled: bool) -> Vec<HostChange> {
        if stays {
            self.for_forwarding(disabled)
        } else {
            Vec::new()
        }
    }

    /// Why a change is wanted.
    #[must_use]
    pub fn reason(&self, change: &HostChange) -> String {
        match change {
            HostChange::Setting { name, .. } => {
                let tuned = self.settings(true).find(|(_, one)| one.name == name);
                match tuned {
                    Some((wanted_by, one)) => format!("{wanted_by}: {}", one.reason),
                    None => REASON_OF_PATH_CHECKS.to_owned(),
                }
            }
            HostChange::VipReplies { .. } => REASON_OF_PATH_CHECKS.to_owned(),
            HostChange::Timeout { .. } => "set in the configuration".to_owned(),
            HostChange::SyncDaemon(daemon) => match (&self.sync_follower, daemon.role) {
                (None, _) => "director.sync".to_owned(),
                (Some(SyncFollower { vip, .. }), SyncRole::Master) => {
                    format!("director.sync: clients reach {vip} here")
                }
                (Some(SyncFollower { vip, .. }), SyncRole::Backup) => {
                    format!("director.sync: clients do not reach {vip} here")
                }
            },
            HostChange::SyncFollower(_) => "director.sync".to_owned(),
            _ => "the VIP of a service".to_owned(),
        }
    }
}

/// Without it the kernel drops the answers as martians (net/ipv4/fib_frontend.c, __fib_validate_source).
const REASON_OF_PATH_CHECKS: &str = "path checks: answers have a VIP of this machine as source";

/// The largest timeout that the kernel takes with any tick rate: (2^31-1)/1000 s (net/netfilter/ipvs/ip_vs_ctl.c,
/// ip_vs_set_timeout).
pub const LONGEST_TIMEOUT: Duration = Duration::from_secs(2_147_483);

#[cfg(test)]
mod tests {
    use super::*;

    /// What such a configuration sets `conn_reuse_mode` to.
    fn reuse_mode(one_way: bool, profile: Option<Profile>, choice: Option<bool>) -> Option<String> {
        let config = HostConfig {
            one_way,
            profile,
            conn_reuse_mode: choice,
            ..HostConfig::default()
        };
        let lines = config.changes().into_iter().map(|line| line.to_string());
        let mut modes = lines.filter_map(|line| {
            let value = line.strip_prefix("net.ipv4.vs.conn_reuse_mode=");
            value.map(ToOwned::to_owned)
        });
        let mode = modes.next();
        assert_eq!(modes.next(), None, "set twice");
        mode
    }

    #[test]
    fn a_director_balances_also_while_its_backup_daemon_runs() {
        let backup_only = |profile, roles: &[SyncRole]| {
            let daemon = |role: &SyncRole| SyncDaemon {
                role: *role,
                interface: "eth1".to_owned(),
                sync_id: 7,
                max_length: 0,
                group: None,
                port: 0,
                ttl: 0,
            };
            let config = HostConfig {
                profile,
                sync_daemons: roles.iter().map(daemon).collect(),
                ..HostConfig::default()
            };
            let settings = config.settings(false);
            let values = settings.filter(|(_, one)| one.name == "net.ipv4.vs.backup_only");
            values.map(|(_, one)| one.value).collect::<Vec<_>>()
        };
        let (master, backup) = (SyncRole::Master, SyncRole::Backup);
        assert_eq!(backup_only(Some(Profile::Dr), &[]), ["1"]);
        assert_eq!(backup_only(Some(Profile::Dr), &[master]), ["1"]);
        assert_eq!(backup_only(Some(Profile::Dr), &[master, backup]), ["0"]);
        assert_eq!(backup_only(None, &[backup]), ["0"]);
        assert_eq!(backup_only(None, &[master]), [""; 0]);
    }

    #[test]
    fn a_reused_port_is_scheduled_again_where_the_director_sees_no_replies() {
        let gateway = Some(Profile::NatGateway);
        for (one_way, profile, choice, mode) in [
            (true, None, None, Some("3")),
            (true, gateway, None, Some("3")),
            (true, Some(Profile::Dr), None, Some("3")),
            (true, Some(Profile::MaglevEcmp), None, Some("3")),
            (true, None, Some(false), None),
            (true, gateway, Some(false), Some("1")),
            (true, Some(Profile::Dr), Some(false), None),
            (true, Some(Profile::MaglevEcmp), Some(false), None),
            (false, None, None, None),
            (false, gateway, None, Some("1")),
            (false, None, Some(true), Some("3")),
        ] {
            let found = reuse_mode(one_way, profile, choice);
            assert_eq!(found.as_deref(), mode, "{one_way} {profile:?} {choice:?}");
        }
    }
}
