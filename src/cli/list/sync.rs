//! Timeouts and synchronisation daemons as `ipvsadm -L --timeout` and `ipvsadm -L --daemon` print them.

use crate::ipvs::{SyncDaemon, SyncRole, Timeouts};

/// The line of the timeouts.
pub(super) fn timeouts_line(timeouts: Timeouts) -> String {
    let Timeouts { tcp, tcp_fin, udp } = timeouts;
    format!("Timeout (tcp tcpfin udp): {tcp} {tcp_fin} {udp}\n")
}

/// A line for each daemon.
pub(super) fn daemon_lines(daemons: &[SyncDaemon]) -> String {
    daemons.iter().map(daemon_line).collect()
}

fn daemon_line(daemon: &SyncDaemon) -> String {
    let role = match daemon.role {
        SyncRole::Master => "master",
        SyncRole::Backup => "backup",
    };
    let group = daemon
        .group
        .map(|group| format!("group={group}, "))
        .unwrap_or_default();
    format!(
        "{role} sync daemon (mcast={}, syncid={}, maxlen={}, {group}port={}, ttl={})\n",
        daemon.interface, daemon.sync_id, daemon.max_length, daemon.port, daemon.ttl
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn they_read_as_with_ipvsadm() {
        let timeouts = Timeouts {
            tcp: 900,
            tcp_fin: 120,
            udp: 300,
        };
        assert_eq!(
            timeouts_line(timeouts),
            "Timeout (tcp tcpfin udp): 900 120 300\n"
        );
        let backup = SyncDaemon {
            role: SyncRole::Backup,
            interface: "b0".to_owned(),
            sync_id: 7,
            max_length: 1400,
            group: Some("ff02::81".parse().unwrap()),
            port: 8900,
            ttl: 3,
        };
        assert_eq!(
            daemon_lines(&[backup]),
            "backup sync daemon (mcast=b0, syncid=7, maxlen=1400, group=ff02::81, port=8900, ttl=3)\n"
        );
        assert_eq!(daemon_lines(&[]), "");
    }
}
