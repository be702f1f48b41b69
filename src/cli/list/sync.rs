//! Timeouts and synchronisation daemons as `ipvsadm -L --timeout` and `ipvsadm -L --daemon` print them.

use director_core::model::SyncDaemon;
#[cfg(test)]
use director_core::model::SyncRole;

use crate::ipvs::Timeouts;

/// The line of the timeouts.
#[must_use]
pub fn timeouts_line(timeouts: Timeouts) -> String {
    let Timeouts { tcp, tcp_fin, udp } = timeouts;
    format!("Timeout (tcp tcpfin udp): {tcp} {tcp_fin} {udp}\n")
}

/// A line for each daemon.
#[must_use]
pub fn daemon_lines(daemons: &[SyncDaemon]) -> String {
    daemons.iter().map(daemon_line).collect()
}

/// What a kernel before 4.3 does not say is left out.
fn daemon_line(daemon: &SyncDaemon) -> String {
    let role = daemon.role.name();
    let number = |name, number: u16| (number > 0).then(|| format!(", {name}={number}"));
    let details = [
        number("maxlen", daemon.max_length),
        daemon.group.map(|group| format!(", group={group}")),
        number("port", daemon.port),
        number("ttl", daemon.ttl.into()),
    ];
    let details: String = details.into_iter().flatten().collect();
    let (interface, sync_id) = (&daemon.interface, daemon.sync_id);
    format!("{role} sync daemon (mcast={interface}, syncid={sync_id}{details})\n")
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

    #[test]
    fn what_an_old_kernel_does_not_say_is_left_out() {
        let old = SyncDaemon {
            role: SyncRole::Master,
            interface: "eth0".to_owned(),
            sync_id: 0,
            max_length: 0,
            group: None,
            port: 0,
            ttl: 0,
        };
        assert_eq!(
            daemon_lines(&[old]),
            "master sync daemon (mcast=eth0, syncid=0)\n"
        );
    }
}
