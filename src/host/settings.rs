//! Settings of the kernel and time limits of its connection table: reading, setting, putting back.

use director_core::model::TimeoutKind;

use super::aside::{self, Aside};
use crate::ipvs::{NetlinkKernel, Timeouts};
use crate::net::Sysctl;

pub(super) fn read(name: &str) -> Result<String, String> {
    match Sysctl::new(name).read() {
        Ok(Some(value)) => Ok(value),
        Ok(None) => Err("this kernel has no such setting".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}

pub(super) fn write(name: &str, value: &str) -> Result<(), String> {
    Sysctl::new(name)
        .write(value)
        .map_err(|error| error.to_string())
}

/// Puts back the former value, and those of what changed along with it, unless somebody has changed ours since.
pub(super) fn put_back(
    name: &str,
    ours: &str,
    former: Option<&str>,
    asides: &[Aside],
) -> Result<(), String> {
    match (Sysctl::new(name).read(), former) {
        (Ok(Some(found)), Some(former)) if found == ours => {
            let wanted = aside::after_all(asides);
            write(name, former)?;
            aside::write_all(&wanted)
        }
        _ => Ok(()),
    }
}

/// The time limits, over a connection to IPVS that is made when it is first needed.
#[derive(Default)]
pub(super) struct Limits {
    kernel: Option<NetlinkKernel>,
}

impl Limits {
    pub(super) fn read(&mut self, of: TimeoutKind) -> Result<u32, String> {
        let now = self
            .kernel()?
            .timeouts()
            .map_err(|error| error.to_string())?;
        Ok(match of {
            TimeoutKind::Tcp => now.tcp,
            TimeoutKind::TcpFin => now.tcp_fin,
            TimeoutKind::Udp => now.udp,
        })
    }

    pub(super) fn write(&mut self, of: TimeoutKind, seconds: u32) -> Result<(), String> {
        // None leaves a limit as it is.
        let mut wanted = Timeouts {
            tcp: 0,
            tcp_fin: 0,
            udp: 0,
        };
        match of {
            TimeoutKind::Tcp => wanted.tcp = seconds,
            TimeoutKind::TcpFin => wanted.tcp_fin = seconds,
            TimeoutKind::Udp => wanted.udp = seconds,
        }
        self.kernel()?
            .set_timeouts(wanted)
            .map_err(|error| error.to_string())
    }

    /// Puts back the former limit, unless somebody has changed ours since.
    pub(super) fn put_back(
        &mut self,
        of: TimeoutKind,
        ours: u32,
        former: Option<&str>,
    ) -> Result<(), String> {
        let former = former.and_then(|text| text.parse().ok());
        match former {
            Some(former) if self.read(of)? == ours => self.write(of, former),
            _ => Ok(()),
        }
    }

    fn kernel(&mut self) -> Result<&mut NetlinkKernel, String> {
        if self.kernel.is_none() {
            let opened = NetlinkKernel::open().map_err(|error| error.to_string())?;
            self.kernel = Some(opened);
        }
        self.kernel.as_mut().ok_or_else(String::new)
    }
}

impl std::fmt::Debug for Limits {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Limits")
    }
}
