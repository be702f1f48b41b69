//! Timeouts of the kernel's connection table: reading, setting, putting back.

use director_core::model::TimeoutKind;

use super::MachineError;
use crate::ipvs::{NetlinkKernel, Timeouts};

/// The timeouts, over a connection to IPVS that is opened when it is first needed.
#[derive(Default)]
pub(super) struct ConnectionTimeouts {
    kernel: Option<NetlinkKernel>,
}

impl ConnectionTimeouts {
    /// Seconds.
    pub(super) fn read(&mut self, of: TimeoutKind) -> Result<u32, MachineError> {
        let now = self.kernel()?.timeouts()?;
        Ok(match of {
            TimeoutKind::Tcp => now.tcp,
            TimeoutKind::TcpFin => now.tcp_fin,
            TimeoutKind::Udp => now.udp,
        })
    }

    pub(super) fn write(&mut self, of: TimeoutKind, seconds: u32) -> Result<(), MachineError> {
        // 0 leaves a timeout as it is.
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
        Ok(self.kernel()?.set_timeouts(wanted)?)
    }

    /// Puts back the former timeout, unless another program has changed ours since.
    pub(super) fn put_back(
        &mut self,
        of: TimeoutKind,
        ours: u32,
        former: Option<&str>,
    ) -> Result<(), MachineError> {
        let former = former.and_then(|text| text.parse().ok());
        match former {
            Some(former) if self.read(of)? == ours => self.write(of, former),
            _ => Ok(()),
        }
    }

    fn kernel(&mut self) -> Result<&mut NetlinkKernel, MachineError> {
        let kernel = match self.kernel.take() {
            Some(kernel) => kernel,
            None => NetlinkKernel::open()?,
        };
        Ok(self.kernel.insert(kernel))
    }
}

impl std::fmt::Debug for ConnectionTimeouts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("ConnectionTimeouts")
    }
}
