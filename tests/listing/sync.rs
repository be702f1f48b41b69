//! Timeouts and synchronisation daemons.

use director_core::model::{SyncDaemon, SyncRole};
use ipvsd::cli::list::{daemon_lines, timeouts_line};
use ipvsd::ipvs::Timeouts;

use crate::samples::output;

#[test]
fn timeouts_and_daemons() {
    let timeouts = Timeouts {
        tcp: 900,
        tcp_fin: 120,
        udp: 300,
    };
    assert_eq!(timeouts_line(timeouts), output("05-timeout"));
    let daemon = |role, max_length, group: &str, port, ttl| SyncDaemon {
        role,
        interface: "b0".to_owned(),
        sync_id: 7,
        max_length,
        group: Some(group.parse().unwrap()),
        port,
        ttl,
    };
    assert_eq!(daemon_lines(&[]), output("06-daemon-none"));
    let both = [
        daemon(SyncRole::Master, 1472, "224.0.0.81", 8848, 1),
        daemon(SyncRole::Backup, 1400, "ff02::81", 8900, 3),
    ];
    assert_eq!(daemon_lines(&both), output("06-daemon-both"));
}
