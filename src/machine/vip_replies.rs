//! Which settings a path check needs: the interface by which the real server is reached has to take answers whose source is
//! a VIP of this machine. The kernel drops those as martians unless `accept_local` is set, and with a strict `rp_filter`
//! (net/ipv4/fib_frontend.c, __fib_validate_source). The loopback takes them as it is.

use std::net::IpAddr;

use director_core::director::{HostOutcome, HostResult};
use director_core::model::{HostChange, SyncFollower, SyncRole};

use super::MachineError;
use super::sync_daemons;
use crate::net::Sysctl;

/// Wanted changes, with settings in place of what only names a real server.
#[derive(Debug, Default)]
pub(super) struct Resolved {
    pub(super) changes: Vec<HostChange>,
    /// What is not undone, since it is not known whether it is wanted.
    pub(super) undecided: Vec<HostChange>,
    /// What became of those that name a real server.
    pub(super) outcomes: Vec<HostOutcome>,
}

/// Finds the interface of each path check's real server, each setting once.
pub(super) fn resolve(
    wanted: &[HostChange],
    interface_toward: impl Fn(IpAddr) -> Result<String, MachineError>,
) -> Resolved {
    let mut resolved = Resolved::default();
    for change in wanted {
        let toward = match change {
            HostChange::VipReplies { toward } => toward,
            HostChange::SyncFollower(follower) => {
                resolved.follow(follower);
                continue;
            }
            _ => {
                resolved.changes.push(change.clone());
                continue;
            }
        };
        let result = match interface_toward(*toward) {
            Ok(interface) => {
                for setting in settings(&interface) {
                    if !resolved.changes.contains(&setting) {
                        resolved.changes.push(setting);
                    }
                }
                HostResult::Unchanged
            }
            Err(error) => error.result(),
        };
        resolved.outcomes.push(HostOutcome {
            change: change.clone(),
            result,
        });
    }
    resolved
}

impl Resolved {
    /// Puts the daemon in the role of the moment in the place of one that follows a VIP.
    fn follow(&mut self, follower: &SyncFollower) {
        let daemon = |role| HostChange::SyncDaemon(follower.daemon(role));
        match sync_daemons::role_at(follower.vip) {
            Ok(role) => self.changes.push(daemon(role)),
            Err(error) => {
                self.undecided.push(daemon(SyncRole::Master));
                self.undecided.push(daemon(SyncRole::Backup));
                self.outcomes.push(HostOutcome {
                    change: HostChange::SyncFollower(follower.clone()),
                    result: error.result(),
                });
            }
        }
    }
}

fn settings(interface: &str) -> Vec<HostChange> {
    if interface == "lo" {
        return Vec::new();
    }
    let setting = |name, value| {
        let setting = Sysctl::of_interface("ipv4", interface, name);
        HostChange::setting_or_equivalent(setting.name(), value)
    };
    vec![setting("accept_local", "1"), setting("rp_filter", "2")]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::net::NetError;

    #[test]
    fn servers_behind_one_interface_need_its_settings_once() {
        let servers = [4, 5, 6, 7].map(|last| HostChange::VipReplies {
            toward: [10, 0, 0, last].into(),
        });
        let interface_toward = |toward: IpAddr| match toward.to_string().as_str() {
            "10.0.0.6" => Ok("lo".to_owned()),
            "10.0.0.7" => Err(NetError::NoInterface("gone".to_owned()).into()),
            _ => Ok("back.7".to_owned()),
        };
        let resolved = resolve(&servers, interface_toward);
        let words: Vec<String> = resolved.changes.iter().map(ToString::to_string).collect();
        assert_eq!(
            words,
            [
                "net.ipv4.conf.back/7.accept_local=1",
                "net.ipv4.conf.back/7.rp_filter=2"
            ]
        );
        let kept = |outcome: &HostOutcome| outcome.result == HostResult::Unchanged;
        assert!(resolved.outcomes[..3].iter().all(kept));
        assert!(matches!(resolved.outcomes[3].result, HostResult::Waits(_)));
    }
}
