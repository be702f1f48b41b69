//! What the kernel changes along with a setting that is written: recorded before, put back after.
//!
//! Writing `net.ipv4.ip_forward` sets `forwarding` of every interface, and `accept_redirects` of all to the opposite
//! (net/ipv4/devinet.c, inet_forward_change); `net.ipv6.conf.all.forwarding` sets that of every interface
//! (net/ipv6/addrconf.c, addrconf_fixup_forwarding). The way back does the same once more, so that the values from
//! before have to be written after it.

use std::fs;

use serde::{Deserialize, Serialize};

use super::settings::Settings;
use crate::net::Sysctl;

/// A setting that changes when another one is written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct SideEffect {
    name: String,
    /// Its value before.
    former: String,
    /// The value that the kernel gives it.
    ours: String,
}

impl SideEffect {
    /// What it shall be once the setting is put back: its value from before, or what another program has made of it since.
    pub(super) fn value_after_undo(&self, settings: &Settings) -> Option<(&str, String)> {
        let found = settings.read(&self.name).ok().flatten()?;
        let value = if found == self.ours {
            self.former.clone()
        } else {
            found
        };
        Some((&self.name, value))
    }
}

/// What changes along with this setting when it gets this value, as it stands now.
pub(super) fn side_effects(settings: &Settings, name: &str, value: &str) -> Vec<SideEffect> {
    let recorded = |(name, ours): (String, String)| {
        let former = settings.read(&name).ok().flatten()?;
        Some(SideEffect { name, former, ours })
    };
    let changed = changed_along(name, value, interfaces);
    changed.into_iter().filter_map(recorded).collect()
}

/// Names and values of what the kernel changes, with the interfaces of a family.
fn changed_along(
    name: &str,
    value: &str,
    interfaces: impl Fn(&str) -> Vec<String>,
) -> Vec<(String, String)> {
    let family = match name {
        "net.ipv4.ip_forward" | "net.ipv4.conf.all.forwarding" => "ipv4",
        "net.ipv6.conf.all.forwarding" => "ipv6",
        _ => return Vec::new(),
    };
    let forwarding = interfaces(family).into_iter().map(|interface| {
        let setting = Sysctl::of_interface(family, &interface, "forwarding");
        (setting.name().to_owned(), value.to_owned())
    });
    let mut changed: Vec<_> = forwarding.collect();
    if family == "ipv4" {
        let opposite = if value == "0" { "1" } else { "0" };
        let redirects = Sysctl::of_interface(family, "all", "accept_redirects");
        changed.push((redirects.name().to_owned(), opposite.to_owned()));
    }
    changed
}

/// The interfaces that have settings of their own, `default` among them, which is what new ones get.
fn interfaces(family: &str) -> Vec<String> {
    let entries = fs::read_dir(format!("/proc/sys/net/{family}/conf"));
    let names = entries.into_iter().flatten().filter_map(|entry| {
        let name = entry.ok()?.file_name().into_string().ok()?;
        (name != "all").then_some(name)
    });
    names.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwarding_changes_every_interface_and_ipv4s_redirects() {
        let interfaces = |_: &str| vec!["default".to_owned(), "eth0.7".to_owned()];
        let changed = |name, value| {
            let changed = changed_along(name, value, interfaces);
            let words = changed
                .into_iter()
                .map(|(name, value)| format!("{name}={value}"));
            words.collect::<Vec<_>>().join(" ")
        };
        assert_eq!(
            changed("net.ipv4.ip_forward", "1"),
            "net.ipv4.conf.default.forwarding=1 net.ipv4.conf.eth0/7.forwarding=1 net.ipv4.conf.all.accept_redirects=0"
        );
        assert_eq!(
            changed("net.ipv6.conf.all.forwarding", "1"),
            "net.ipv6.conf.default.forwarding=1 net.ipv6.conf.eth0/7.forwarding=1"
        );
        assert_eq!(changed("net.ipv4.vs.conntrack", "1"), "");
    }
}
