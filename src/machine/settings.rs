//! Settings of the kernel: reading, writing, putting back.

use std::path::PathBuf;

use director_core::model::HostChange;

use super::MachineError;
use super::side_effects::SideEffect;
use crate::net::Sysctl;

/// The settings below one directory.
#[derive(Debug)]
pub(super) struct Settings {
    root: PathBuf,
}

impl Default for Settings {
    fn default() -> Self {
        Self::below("/proc/sys")
    }
}

impl Settings {
    pub(super) fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into() }
    }

    /// The value of a setting; none when this kernel has no such setting.
    pub(super) fn read(&self, name: &str) -> Result<Option<String>, MachineError> {
        Ok(Sysctl::new(name).read_below(&self.root)?)
    }

    pub(super) fn write(&self, name: &str, value: &str) -> Result<(), MachineError> {
        Ok(Sysctl::new(name).write_below(&self.root, value)?)
    }

    /// Whether a setting has a value that needs no change.
    pub(super) fn meets(&self, change: &HostChange, name: &str) -> Result<bool, MachineError> {
        let Some(found) = self.read(name)? else {
            return Ok(false);
        };
        let of_all = match of_all_interfaces(name) {
            Some(name) => self.read(&name)?,
            None => None,
        };
        Ok(change.is_met_by(&found, of_all.as_deref()))
    }

    /// Puts back the former value, and those of what changed along with it, unless another program has changed ours since.
    pub(super) fn put_back(
        &self,
        name: &str,
        ours: &str,
        former: Option<&str>,
        side_effects: &[SideEffect],
    ) -> Result<(), MachineError> {
        let Some(former) = former else {
            return Ok(());
        };
        if self.read(name)?.as_deref() != Some(ours) {
            return Ok(());
        }
        let wanted: Vec<_> = side_effects
            .iter()
            .filter_map(|effect| effect.value_after_undo(self))
            .collect();
        self.write(name, former)?;
        let mut result = Ok(());
        for (name, value) in wanted {
            // An interface may have gone meanwhile.
            let found = self.read(name).ok().flatten();
            if found.is_some_and(|found| found != value) {
                result = result.and(self.write(name, &value));
            }
        }
        result
    }
}

/// The setting for all interfaces that counts beside that of one.
fn of_all_interfaces(name: &str) -> Option<String> {
    let (family, rest) = name.strip_prefix("net.")?.split_once(".conf.")?;
    let (_, setting) = rest.split_once('.')?;
    Some(format!("net.{family}.conf.all.{setting}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_setting_of_an_interface_has_one_for_all() {
        let all = of_all_interfaces("net.ipv4.conf.eth0/7.rp_filter");
        assert_eq!(all.as_deref(), Some("net.ipv4.conf.all.rp_filter"));
        assert_eq!(of_all_interfaces("net.ipv4.vs.conntrack"), None);
    }
}
