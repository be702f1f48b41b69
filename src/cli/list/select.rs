//! One virtual service as typed, with the options of ipvsadm.

use std::net::{IpAddr, SocketAddr};

use clap::Args;
use director_core::model::{Family, Protocol, ServiceId};

/// One virtual service, or none for all of them.
#[derive(Debug, Args)]
#[group(multiple = true)]
pub(super) struct ServiceSelection {
    /// List one TCP service: ADDRESS:PORT, [ADDRESS]:PORT for IPv6
    #[arg(short = 't', long, value_name = "VIP:PORT", value_parser = endpoint, group = "service")]
    tcp_service: Option<SocketAddr>,
    /// List one UDP service
    #[arg(short = 'u', long, value_name = "VIP:PORT", value_parser = endpoint, group = "service")]
    udp_service: Option<SocketAddr>,
    /// List one SCTP service
    #[arg(long, value_name = "VIP:PORT", value_parser = endpoint, group = "service")]
    sctp_service: Option<SocketAddr>,
    /// List the service of a firewall mark
    #[arg(short = 'f', long, value_name = "MARK", value_parser = clap::value_parser!(u32).range(1..), group = "service")]
    fwmark_service: Option<u32>,
    /// List the IPv6 service of the firewall mark
    #[arg(short = '6', long, requires = "fwmark_service")]
    ipv6: bool,
}

impl ServiceSelection {
    /// The service that was named.
    pub(super) fn id(&self) -> Option<ServiceId> {
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

/// An address with a port; without one it is 0, the service of all ports.
fn endpoint(text: &str) -> Result<SocketAddr, String> {
    text.parse::<SocketAddr>()
        .or_else(|_| {
            text.parse::<IpAddr>()
                .map(|address| SocketAddr::new(address, 0))
        })
        .map_err(|_| {
            "write ADDRESS:PORT in numbers, such as 192.0.2.10:80 or [2001:db8::10]:80".to_owned()
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_taken_with_and_without_a_port() {
        let taken = |text: &str| endpoint(text).map(|endpoint| endpoint.to_string());
        assert_eq!(taken("192.0.2.1:80"), Ok("192.0.2.1:80".to_owned()));
        assert_eq!(taken("192.0.2.1"), Ok("192.0.2.1:0".to_owned()));
        assert_eq!(taken("[2001:db8::1]:80"), Ok("[2001:db8::1]:80".to_owned()));
        assert_eq!(taken("2001:db8::1"), Ok("[2001:db8::1]:0".to_owned()));
        for bad in ["", "web:80", "192.0.2.1:70000", "192.0.2.256:80"] {
            assert!(endpoint(bad).is_err(), "{bad}");
        }
    }
}
