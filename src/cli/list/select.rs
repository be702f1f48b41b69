//! One virtual service as typed, with the options of ipvsadm.

use std::net::SocketAddr;

use clap::Args;
use director_core::model::{Family, Protocol, ServiceId};

use super::typed::{Names, typed_endpoint};

/// One virtual service, or none for all of them.
#[derive(Debug, Args)]
#[group(multiple = true)]
pub(in crate::cli) struct ServiceSelection {
    /// Select one TCP service: ADDRESS:PORT, [ADDRESS]:PORT for IPv6
    #[arg(short = 't', long, value_name = "VIP:PORT", value_parser = tcp, group = "service")]
    tcp_service: Option<SocketAddr>,
    /// Select one UDP service
    #[arg(short = 'u', long, value_name = "VIP:PORT", value_parser = udp, group = "service")]
    udp_service: Option<SocketAddr>,
    /// Select one SCTP service
    #[arg(long, value_name = "VIP:PORT", value_parser = sctp, group = "service")]
    sctp_service: Option<SocketAddr>,
    /// Select the service of a firewall mark
    #[arg(short = 'f', long, value_name = "MARK", value_parser = clap::value_parser!(u32).range(1..), group = "service")]
    fwmark_service: Option<u32>,
    /// Select the IPv6 service of the firewall mark
    #[arg(short = '6', long, requires = "fwmark_service")]
    ipv6: bool,
}

impl ServiceSelection {
    /// The service that was named.
    pub(in crate::cli) fn id(&self) -> Option<ServiceId> {
        let addressed = [
            (Protocol::Tcp, self.tcp_service),
            (Protocol::Udp, self.udp_service),
            (Protocol::Sctp, self.sctp_service),
        ];
        let family = if self.ipv6 {
            Family::Ipv6
        } else {
            Family::Ipv4
        };
        let by_mark = self
            .fwmark_service
            .map(|mark| ServiceId::Mark { family, mark });
        addressed
            .into_iter()
            .find_map(|(protocol, endpoint)| {
                let endpoint = endpoint?;
                Some(ServiceId::Address {
                    protocol,
                    vip: endpoint.ip(),
                    port: endpoint.port(),
                })
            })
            .or(by_mark)
    }
}

fn tcp(text: &str) -> Result<SocketAddr, String> {
    endpoint(text, Protocol::Tcp)
}

fn udp(text: &str) -> Result<SocketAddr, String> {
    endpoint(text, Protocol::Udp)
}

fn sctp(text: &str) -> Result<SocketAddr, String> {
    endpoint(text, Protocol::Sctp)
}

/// An address with a port; without one it is 0, the service of all ports.
fn endpoint(text: &str, protocol: Protocol) -> Result<SocketAddr, String> {
    let typed = typed_endpoint(text, Some(protocol), Names::of_system())?;
    Ok(SocketAddr::new(typed.address, typed.port.unwrap_or(0)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn without_a_port_the_service_of_all_ports_is_meant() {
        let taken = |text: &str| endpoint(text, Protocol::Tcp).map(|taken| taken.to_string());
        assert_eq!(taken("192.0.2.1:80"), Ok("192.0.2.1:80".to_owned()));
        assert_eq!(taken("192.0.2.1"), Ok("192.0.2.1:0".to_owned()));
        assert_eq!(taken("2001:db8::1"), Ok("[2001:db8::1]:0".to_owned()));
    }
}
