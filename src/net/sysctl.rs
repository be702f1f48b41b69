//! Kernel settings below `net.`, as files of /proc/sys. Names have dots; a dot in an interface's name is written as a
//! slash, as sysctl(8) has it.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::NetError;

/// Where the kernel has its settings.
const ROOT: &str = "/proc/sys";

/// The name of a setting, such as `net.ipv4.conf.all.arp_ignore`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Sysctl(String);

impl Sysctl {
    /// A setting by its name.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// A setting of one interface: `net.ipv4.conf.eth0.rp_filter`.
    #[must_use]
    pub fn of_interface(family: &str, interface: &str, name: &str) -> Self {
        Self(format!(
            "net.{family}.conf.{}.{name}",
            interface.replace('.', "/")
        ))
    }

    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }

    /// Its value, without the line's end; none when this kernel has no such setting.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub fn read(&self) -> Result<Option<String>, NetError> {
        self.read_below(Path::new(ROOT))
    }

    /// The same with the settings below another directory.
    ///
    /// # Errors
    /// When it is there and cannot be read.
    pub(crate) fn read_below(&self, root: &Path) -> Result<Option<String>, NetError> {
        match fs::read_to_string(self.path(root)) {
            Ok(text) => Ok(Some(text.trim().to_owned())),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(NetError::system(format!("read {self}"), error)),
        }
    }

    /// Its value as a number; none when there is none.
    #[must_use]
    pub fn number(&self) -> Option<i64> {
        self.read().ok().flatten()?.parse().ok()
    }

    /// Sets it.
    ///
    /// # Errors
    /// When it is not there, or the kernel or the permissions refuse.
    pub fn write(&self, value: &str) -> Result<(), NetError> {
        self.write_below(Path::new(ROOT), value)
    }

    /// The same with the settings below another directory.
    ///
    /// # Errors
    /// When it is not there, or the kernel or the permissions refuse.
    pub(crate) fn write_below(&self, root: &Path, value: &str) -> Result<(), NetError> {
        let file = fs::OpenOptions::new().write(true).open(self.path(root));
        file.and_then(|mut file| file.write_all(format!("{value}\n").as_bytes()))
            .map_err(|error| NetError::system(format!("set {self}={value}"), error))
    }

    fn path(&self, root: &Path) -> PathBuf {
        let inner: String = self
            .0
            .chars()
            .map(|c| match c {
                '.' => '/',
                '/' => '.',
                other => other,
            })
            .collect();
        root.join(inner)
    }
}

impl fmt::Display for Sysctl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dot_in_an_interfaces_name_is_no_directory() {
        let setting = Sysctl::of_interface("ipv4", "eth0.100", "rp_filter");
        assert_eq!(setting.name(), "net.ipv4.conf.eth0/100.rp_filter");
        assert_eq!(
            setting.path(Path::new(ROOT)),
            PathBuf::from("/proc/sys/net/ipv4/conf/eth0.100/rp_filter")
        );
    }

    #[test]
    fn what_is_not_there_has_no_value() {
        assert_eq!(
            Sysctl::new("net.ipv4.no_such_setting").read().ok(),
            Some(None)
        );
    }
}
