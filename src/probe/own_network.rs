//! Whether this machine reaches anything other than the real servers. Gateways are asked by ARP or neighbour discovery and by an
//! echo request, and fallback servers by a TCP connection, which they may refuse.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use futures_util::future::join_all;
use nix::errno::Errno;
use tokio::time::timeout;

use director_core::health::Contact;

use super::settings::ProbeSettings;
use super::{ping, stream};
use crate::blocking::BlockingPool;
use crate::net::{Interface, NetError, Network, who_has};

/// Requests to the kernel and to gateways.
static NETWORK: BlockingPool = BlockingPool::new("network", 32);
/// How long each of them may take to answer; a few milliseconds are usual, and a fallback waits for this.
const PATIENCE: Duration = Duration::from_millis(900);

/// What is asked.
#[derive(Debug, Default)]
struct Neighbours {
    gateways: Vec<(Interface, IpAddr)>,
    /// Fallback servers that are not this machine.
    fallbacks: Vec<SocketAddr>,
}

/// Whether a gateway or one of these fallback servers answers; none when there is nothing to ask.
pub async fn reaches_anything(
    fallbacks: BTreeSet<SocketAddr>,
    settings: &ProbeSettings,
) -> Option<bool> {
    let neighbours = NETWORK.run(move || neighbours(fallbacks)).await;
    let Neighbours {
        gateways,
        fallbacks,
    } = neighbours.ok()?.unwrap_or_default();
    let gateways = gateways.into_iter();
    let gateways =
        join_all(gateways.map(|(interface, address)| gateway(interface, address, settings)));
    let fallbacks = join_all(
        fallbacks
            .into_iter()
            .map(|fallback| answers(fallback, settings)),
    );
    let (gateways, fallbacks) = tokio::join!(gateways, fallbacks);
    together(gateways.into_iter().chain(fallbacks))
}

/// A gateway is asked in two ways: some do not answer the question of a sender without an address, many no echo request.
async fn gateway(interface: Interface, address: IpAddr, settings: &ProbeSettings) -> Option<bool> {
    let asked = NETWORK.run(move || who_has(&interface, address, PATIENCE));
    let (owners, echo) = tokio::join!(asked, ping::ask(address, 1, PATIENCE, settings));
    if echo.is_ok() {
        return Some(true);
    }
    gateway_answers(owners.ok()?.map(|owners| !owners.is_empty()))
}

/// One that answers is enough.
fn together(answers: impl Iterator<Item = Option<bool>>) -> Option<bool> {
    answers.flatten().reduce(|one, other| one || other)
}

/// What to probe. Routes are read again each time: a gateway may have changed since the last silence.
fn neighbours(fallbacks: BTreeSet<SocketAddr>) -> Result<Neighbours, NetError> {
    let network = Network::open()?;
    let interfaces = network.interfaces()?;
    let gateways = network.gateways()?.into_iter().filter_map(|gateway| {
        let mut interfaces = interfaces.iter();
        let interface = interfaces.find(|interface| interface.index == gateway.interface)?;
        interface
            .answers()
            .then(|| (interface.clone(), gateway.address))
    });
    let gateways = gateways.collect();
    let is_remote = |fallback: &SocketAddr| {
        let route = network.route(fallback.ip());
        fallback.port() != 0 && !matches!(route, Ok(Some(route)) if route.local)
    };
    Ok(Neighbours {
        gateways,
        fallbacks: fallbacks.into_iter().filter(is_remote).collect(),
    })
}

/// An interface that this program may not or cannot speak on says nothing, one that is down has no gateway.
fn gateway_answers(answers: Result<bool, NetError>) -> Option<bool> {
    match answers {
        Ok(answers) => Some(answers),
        Err(error) => {
            matches!(error.errno(), Some(Errno::ENETDOWN | Errno::ENXIO)).then_some(false)
        }
    }
}

async fn answers(fallback: SocketAddr, settings: &ProbeSettings) -> Option<bool> {
    match timeout(PATIENCE, stream::connect(fallback, settings)).await {
        Ok(Ok(_)) => Some(true),
        Ok(Err(error)) => match error.contact() {
            Contact::Answered => Some(true),
            Contact::Silent => Some(false),
            Contact::NotAsked => None,
        },
        Err(_) => Some(false),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::net::TcpListener;

    #[test]
    fn one_answer_is_enough_and_without_a_question_there_is_none() {
        let cases: [(&[Option<bool>], Option<bool>); 4] = [
            (&[], None),
            (&[None, None], None),
            (&[None, Some(false)], Some(false)),
            (&[Some(false), Some(true), None], Some(true)),
        ];
        for (answers, expected) in cases {
            assert_eq!(together(answers.iter().copied()), expected, "{answers:?}");
        }
    }

    #[tokio::test]
    async fn a_fallback_that_accepts_or_refuses_is_reached() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let open = listener.local_addr().unwrap();
        let settings = ProbeSettings::default();
        assert_eq!(answers(open, &settings).await, Some(true));
        drop(listener);
        assert_eq!(answers(open, &settings).await, Some(true), "refused");
    }
}
