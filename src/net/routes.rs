//! Where the kernel would send a packet.

use std::collections::BTreeSet;
use std::net::IpAddr;

use futures_util::TryStreamExt;
use rtnetlink::packet_route::AddressFamily;
use rtnetlink::packet_route::route::{
    RouteAddress, RouteAttribute, RouteMessage, RouteMetric, RouteProtocol, RouteType,
};

use super::{NetError, Network};

/// The way to a destination.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Route {
    /// Number of the interface that packets leave by.
    pub interface: Option<u32>,
    /// The router they are handed to; none when the destination is on the link.
    pub gateway: Option<IpAddr>,
    /// The source they get when the program chooses none.
    pub source: Option<IpAddr>,
    /// Whether the destination is this machine.
    pub local: bool,
    /// Largest packet known to pass, bytes, when it is less than the interface's.
    pub mtu: Option<u32>,
}

impl Network {
    /// The way to a destination; none when there is no route.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn route(&self, destination: IpAddr) -> Result<Option<Route>, NetError> {
        self.route_from(destination, None)
    }

    /// The way to a destination for packets with this source.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn route_from(
        &self,
        destination: IpAddr,
        source: Option<IpAddr>,
    ) -> Result<Option<Route>, NetError> {
        let mut message = RouteMessage::default();
        message.header.address_family = family(destination);
        message.header.destination_prefix_length = full_prefix(destination);
        message
            .attributes
            .push(RouteAttribute::Destination(RouteAddress::from(destination)));
        if let Some(source) = source {
            message.header.source_prefix_length = full_prefix(source);
            message
                .attributes
                .push(RouteAttribute::Source(RouteAddress::from(source)));
        }
        let attempted = format!("find the route to {destination}");
        let found: Result<Vec<RouteMessage>, NetError> = self.ask(&attempted, async {
            let request = self.handle.route().get(message);
            request.execute().try_collect().await
        });
        match found {
            Ok(messages) => Ok(messages.first().and_then(decoded)),
            // The kernel's way to say that there is none: unreachable, prohibited, or no network at all.
            Err(NetError::System { source, .. })
                if source.raw_os_error().is_some_and(is_no_route) =>
            {
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }
}

/// A router that this machine hands packets to when it knows no other way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Gateway {
    pub address: IpAddr,
    /// Number of the interface behind which it is.
    pub interface: u32,
}

impl Network {
    /// The gateways of the default routes of both families.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn gateways(&self) -> Result<Vec<Gateway>, NetError> {
        let mut gateways = Vec::new();
        for family in [AddressFamily::Inet, AddressFamily::Inet6] {
            let mut message = RouteMessage::default();
            message.header.address_family = family;
            let all: Vec<RouteMessage> = self.ask("list the routes", async {
                let request = self.handle.route().get(message);
                request.execute().try_collect().await
            })?;
            let default = |route: &&RouteMessage| route.header.destination_prefix_length == 0;
            gateways.extend(all.iter().filter(default).flat_map(gateways_of));
        }
        Ok(gateways)
    }
}

/// The gateways of a route, of which it may have several.
fn gateways_of(route: &RouteMessage) -> Vec<Gateway> {
    let several = route
        .attributes
        .iter()
        .filter_map(|attribute| match attribute {
            RouteAttribute::MultiPath(hops) => Some(hops),
            _ => None,
        });
    let hops = several.flatten().filter_map(|hop| {
        let address = hop.attributes.iter().find_map(gateway_in)?;
        let interface = hop.interface_index;
        Some(Gateway { address, interface })
    });
    let only = decoded(route).and_then(|route| {
        let (address, interface) = route.gateway.zip(route.interface)?;
        Some(Gateway { address, interface })
    });
    hops.chain(only).collect()
}

fn gateway_in(attribute: &RouteAttribute) -> Option<IpAddr> {
    match attribute {
        RouteAttribute::Gateway(address) => plain(address),
        _ => None,
    }
}

impl Network {
    /// The interfaces by which there are IPv6 routes from router advertisements.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn advertised(&self) -> Result<BTreeSet<u32>, NetError> {
        let mut message = RouteMessage::default();
        message.header.address_family = AddressFamily::Inet6;
        let all: Vec<RouteMessage> = self.ask("list the IPv6 routes", async {
            let request = self.handle.route().get(message);
            request.execute().try_collect().await
        })?;
        let advertised = all
            .iter()
            .filter(|route| route.header.protocol == RouteProtocol::Ra);
        let interface = |route: &RouteMessage| decoded(route)?.interface;
        Ok(advertised.filter_map(interface).collect())
    }
}

fn is_no_route(number: i32) -> bool {
    use nix::errno::Errno;
    matches!(
        Errno::from_raw(number),
        Errno::ENETUNREACH | Errno::EHOSTUNREACH | Errno::EACCES | Errno::EINVAL
    )
}

fn decoded(message: &RouteMessage) -> Option<Route> {
    let mut route = Route {
        interface: None,
        gateway: None,
        source: None,
        local: message.header.kind == RouteType::Local,
        mtu: None,
    };
    if matches!(
        message.header.kind,
        RouteType::Unreachable | RouteType::BlackHole | RouteType::Prohibit
    ) {
        return None;
    }
    for attribute in &message.attributes {
        match attribute {
            RouteAttribute::Oif(index) => route.interface = Some(*index),
            RouteAttribute::Gateway(address) => route.gateway = plain(address),
            RouteAttribute::PrefSource(address) => route.source = plain(address),
            RouteAttribute::Metrics(metrics) => {
                route.mtu = metrics.iter().find_map(|metric| match metric {
                    RouteMetric::Mtu(mtu) => Some(*mtu),
                    _ => None,
                });
            }
            _ => {}
        }
    }
    Some(route)
}

fn plain(address: &RouteAddress) -> Option<IpAddr> {
    match address {
        RouteAddress::Inet(address) => Some(IpAddr::V4(*address)),
        RouteAddress::Inet6(address) => Some(IpAddr::V6(*address)),
        _ => None,
    }
}

/// The family of an address, as netlink has it.
pub(super) fn family(address: IpAddr) -> AddressFamily {
    match address {
        IpAddr::V4(_) => AddressFamily::Inet,
        IpAddr::V6(_) => AddressFamily::Inet6,
    }
}

/// The prefix of a single address.
fn full_prefix(address: IpAddr) -> u8 {
    match address {
        IpAddr::V4(_) => 32,
        IpAddr::V6(_) => 128,
    }
}
