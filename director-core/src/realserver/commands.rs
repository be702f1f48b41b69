//! A setting as text for those who make it without ipvsctl: shell commands, a systemd unit, /etc/network/interfaces.

use std::fmt::Write;
use std::net::IpAddr;

use super::{ETHERNET_MTU, Mode, Setup};
use crate::model::{HostChange, single_address_prefix};

/// The commands that make these changes, one a line.
#[must_use]
pub fn script(changes: &[HostChange]) -> Vec<String> {
    changes.iter().flat_map(making).collect()
}

/// The commands that undo them, one a line. Kernel settings stay, since other VIPs may need them.
#[must_use]
pub fn undo_script(changes: &[HostChange]) -> Vec<String> {
    changes.iter().rev().filter_map(undoing).collect()
}

/// The arguments of `ipvsctl realserver up` that say the same. A segment size stands there only when it is another than
/// the one that fits an Ethernet, which is found again each time, on the interfaces that are there then.
#[must_use]
pub fn arguments(setup: &Setup) -> String {
    let mut text = format!("--vip {} {}", setup.vip, setup.mode.arguments());
    if let Some(local) = setup.local {
        let _ = write!(text, " --local {local}");
    }
    if setup.mss != setup.fitting_segment(ETHERNET_MTU) {
        match setup.mss {
            Some(mss) => text += &format!(" --mss {mss}"),
            None => text += " --mss off",
        }
    }
    text
}

/// A unit of systemd that sets a VIP up at the start and takes it down at the end.
#[must_use]
pub fn unit_text(setup: &Setup) -> String {
    let arguments = arguments(setup);
    format!(
        "# /etc/systemd/system/lvs-realserver-{name}.service\n\
         [Unit]\n\
         Description=Real server of the virtual IP {vip} ({mode})\n\
         After=network-online.target\n\
         Wants=network-online.target\n\
         \n\
         [Service]\n\
         Type=oneshot\n\
         RemainAfterExit=yes\n\
         ExecStart=/usr/bin/ipvsctl realserver up {arguments}\n\
         ExecStop=/usr/bin/ipvsctl realserver down --vip {vip}\n\
         \n\
         [Install]\n\
         WantedBy=multi-user.target\n",
        name = setup.vip.to_string().replace(':', "-"),
        vip = setup.vip,
        mode = setup.mode,
    )
}

/// A stanza of /etc/network/interfaces (ifupdown) that does the same without ipvsctl. Stanzas of several VIPs go together:
/// what they share is made by the first, since ifupdown gives up at the first command that fails.
#[must_use]
pub fn interfaces_text(setup: &Setup) -> String {
    let changes = setup.changes();
    let place = changes
        .iter()
        .find_map(|change| match change {
            HostChange::Address { interface, .. } => Some(interface.clone()),
            _ => None,
        })
        .unwrap_or_else(|| "lo".to_owned());
    let (family, method) = match (setup.mode, setup.vip) {
        (Mode::Dr, IpAddr::V4(_)) => ("inet", "loopback"),
        (Mode::Dr, IpAddr::V6(_)) => ("inet6", "loopback"),
        (_, IpAddr::V4(_)) => ("inet", "manual"),
        (_, IpAddr::V6(_)) => ("inet6", "manual"),
    };
    let mut text = format!(
        "# /etc/network/interfaces: real server of the virtual IP {} ({})\n",
        setup.vip, setup.mode
    );
    let _ = writeln!(text, "auto {place}\niface {place} {family} {method}");
    for command in changes.iter().flat_map(making_once) {
        // The interface must be there before ifupdown can say that it is up.
        let when = if place == "lo" { "up" } else { "pre-up" };
        let _ = writeln!(text, "    {when} {command}");
    }
    for command in undo_script(&changes) {
        let _ = writeln!(text, "    post-down {command} || true");
    }
    text
}

/// The commands that make a change unless another VIP has made it.
fn making_once(change: &HostChange) -> Vec<String> {
    let known = match change {
        HostChange::Tunnel(tunnel) => format!("ip link show {} >/dev/null 2>&1", tunnel.name),
        HostChange::GuePort(gue) => {
            let family = if gue.ipv6 { " -6" } else { "" };
            format!("ip fou show | grep -q '^port {} gue{family} *$'", gue.port)
        }
        _ => return making(change),
    };
    let guarded = |command: String| {
        if command.contains(" add ") {
            format!("{known} || {command}")
        } else {
            command
        }
    };
    making(change).into_iter().map(guarded).collect()
}

fn making(change: &HostChange) -> Vec<String> {
    match change {
        HostChange::Setting { name, value, .. } => vec![format!("sysctl -w {name}={value}")],
        HostChange::Tunnel(tunnel) => {
            let (name, kind) = (&tunnel.name, tunnel.kind.name());
            let sum = if tunnel.kind.checksum() { " icsum" } else { "" };
            let scope = match tunnel.local {
                Some(local) => format!("local {local}"),
                None => "external".to_owned(),
            };
            vec![
                format!("ip link add {name} type {kind} {scope}{sum}"),
                format!("ip link set {name} up"),
            ]
        }
        HostChange::GuePort(gue) => {
            let (module, family) = if gue.ipv6 {
                ("fou6", " -6")
            } else {
                ("fou", "")
            };
            vec![
                format!("modprobe {module}"),
                format!("ip fou add port {} gue{family}", gue.port),
            ]
        }
        HostChange::Address { address, interface } => {
            let dad = if address.is_ipv6() { " nodad" } else { "" };
            vec![format!(
                "ip address add {address}/{} dev {interface}{dad}",
                single_address_prefix(*address)
            )]
        }
        HostChange::MssClamp { vip, mss } => vec![clamp("-A", *vip, *mss)],
        // A director's, which are for the daemon to make.
        HostChange::Vip(_)
        | HostChange::VipReplies { .. }
        | HostChange::Timeout { .. }
        | HostChange::SyncDaemon(_)
        | HostChange::SyncFollower(_) => Vec::new(),
    }
}

fn undoing(change: &HostChange) -> Option<String> {
    match change {
        HostChange::Setting { .. }
        | HostChange::Vip(_)
        | HostChange::VipReplies { .. }
        | HostChange::Timeout { .. }
        | HostChange::SyncDaemon(_)
        | HostChange::SyncFollower(_) => None,
        HostChange::Tunnel(tunnel) => Some(format!("ip link del {}", tunnel.name)),
        HostChange::GuePort(gue) => {
            let family = if gue.ipv6 { " -6" } else { "" };
            Some(format!("ip fou del port {}{family}", gue.port))
        }
        HostChange::Address { address, interface } => Some(format!(
            "ip address del {address}/{} dev {interface}",
            single_address_prefix(*address)
        )),
        HostChange::MssClamp { vip, mss } => Some(clamp("-D", *vip, *mss)),
    }
}

fn clamp(action: &str, vip: IpAddr, mss: u16) -> String {
    let program = if vip.is_ipv4() {
        "iptables"
    } else {
        "ip6tables"
    };
    format!(
        "{program} -t mangle {action} OUTPUT -s {vip} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss {mss}"
    )
}
