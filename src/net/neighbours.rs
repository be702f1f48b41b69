//! The hardware addresses of neighbours that the kernel knows.

use std::collections::BTreeMap;
use std::net::IpAddr;

use futures_util::TryStreamExt;
use rtnetlink::packet_route::neighbour::{NeighbourAddress, NeighbourAttribute, NeighbourMessage};

use super::frames::MacAddress;
use super::{NetError, Network};

impl Network {
    /// The neighbours that the kernel knows by their hardware address.
    ///
    /// # Errors
    /// When the kernel cannot be asked.
    pub fn neighbours(&self) -> Result<BTreeMap<IpAddr, MacAddress>, NetError> {
        let messages: Vec<NeighbourMessage> = self.ask("list the neighbours", async {
            self.handle.neighbours().get().execute().try_collect().await
        })?;
        Ok(messages.iter().filter_map(decoded).collect())
    }
}

fn decoded(message: &NeighbourMessage) -> Option<(IpAddr, MacAddress)> {
    let (mut address, mut mac) = (None, None);
    for attribute in &message.attributes {
        match attribute {
            NeighbourAttribute::Destination(NeighbourAddress::Inet(found)) => {
                address = Some(IpAddr::V4(*found));
            }
            NeighbourAttribute::Destination(NeighbourAddress::Inet6(found)) => {
                address = Some(IpAddr::V6(*found));
            }
            NeighbourAttribute::LinkLayerAddress(bytes) => {
                mac = <[u8; 6]>::try_from(bytes.as_slice()).ok().map(MacAddress);
            }
            _ => {}
        }
    }
    Some((address?, mac?))
}
