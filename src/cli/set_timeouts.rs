//! `ipvsctl set-timeouts`: sets the timeouts of the kernel's connection table, as `ipvsadm --set` does.

use std::path::Path;

use clap::Args;
use director_core::model::{HostChange, TimeoutKind};

use super::error::CliError;
use super::output::Exit;
use crate::daemon::table_users;
use crate::ipvs::{NetlinkKernel, Timeouts};
use crate::loader;

/// The longest time that ipvsadm takes, 31 days.
const LONGEST: i64 = 31 * 86_400;

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct SetTimeoutsArgs {
    /// Idle time of an established TCP connection in seconds, 0 to leave it as it is
    #[arg(value_name = "TCP", value_parser = clap::value_parser!(u32).range(..=LONGEST))]
    tcp: u32,
    /// Idle time of a TCP connection after a FIN in seconds, 0 to leave it as it is
    #[arg(value_name = "TCPFIN", value_parser = clap::value_parser!(u32).range(..=LONGEST))]
    tcp_fin: u32,
    /// Idle time of a UDP connection in seconds, 0 to leave it as it is
    #[arg(value_name = "UDP", value_parser = clap::value_parser!(u32).range(..=LONGEST))]
    udp: u32,
}

/// Sets the timeouts, unless a daemon would set others.
pub(super) fn run(args: &SetTimeoutsArgs) -> Result<Exit, CliError> {
    let wanted = Timeouts {
        tcp: args.tcp,
        tcp_fin: args.tcp_fin,
        udp: args.udp,
    };
    let mut kernel = NetlinkKernel::open()?;
    for user in table_users() {
        refuse_configured(wanted, Path::new(&user.configuration))?;
    }
    kernel.set_timeouts(wanted)?;
    Ok(Exit::Fine)
}

/// An error if a configuration has one of the timeouts with another value. The daemon said what was wrong with the file.
fn refuse_configured(wanted: Timeouts, configuration: &Path) -> Result<(), CliError> {
    let Ok(loaded) = loader::load(configuration) else {
        return Ok(());
    };
    for change in loaded.model.host().changes() {
        let HostChange::Timeout { of, seconds } = change else {
            continue;
        };
        let wanted = match of {
            TimeoutKind::Tcp => wanted.tcp,
            TimeoutKind::TcpFin => wanted.tcp_fin,
            TimeoutKind::Udp => wanted.udp,
        };
        if ![0, seconds].contains(&wanted) {
            return Err(CliError::ConfiguredTimeout {
                name: of.name(),
                seconds,
                configuration: configuration.to_owned(),
            });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_timeout_of_the_configuration_is_refused_and_others_are_not() {
        let file = tempfile::Builder::new().suffix(".yaml").tempfile().unwrap();
        let text = "director: {timeouts: {tcp: 10m}}\nservices:\n  - listen: tcp://192.0.2.10:80\n    \
                    scheduler: rr\n    forwarding: nat\n    \
                    real_servers: [10.0.0.1:80]\n    check: {tcp: {}}\n";
        std::fs::write(file.path(), text).unwrap();
        let refused = |tcp, tcp_fin, udp| {
            let wanted = Timeouts { tcp, tcp_fin, udp };
            refuse_configured(wanted, file.path()).is_err()
        };
        assert!(refused(900, 0, 0));
        assert!(!refused(600, 60, 60));
        assert!(!refused(0, 60, 60));
        std::fs::write(file.path(), "services: 5").unwrap();
        assert!(!refused(900, 0, 0));
    }
}
