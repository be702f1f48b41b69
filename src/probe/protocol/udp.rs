//! Questions in datagrams. A question is repeated while no answer comes, because a lost datagram says nothing about the
//! server; the repetitions stay within the time limit of the probe.

use std::net::SocketAddr;
use std::time::Duration;

use socket2::{Domain, Socket, Type};
use tokio::net::UdpSocket;
use tokio::time::timeout;

use crate::probe::error::ProbeError;
use crate::probe::settings::ProbeSettings;
use crate::probe::vip_path;

/// Time from a question to its first repetition; each further one waits twice as long as the one before.
const FIRST_PATIENCE: Duration = Duration::from_secs(1);

/// No datagram is longer.
const LONGEST: usize = 65_536;

/// A socket that talks to one server.
pub(super) struct Datagrams {
    socket: UdpSocket,
    /// Our own end, which some protocols want to hear.
    pub(super) local: SocketAddr,
}

impl Datagrams {
    /// Makes the socket; nothing is sent.
    pub(super) fn open(peer: SocketAddr, settings: &ProbeSettings) -> Result<Self, ProbeError> {
        if peer.port() == 0 {
            return Err(ProbeError::NoPort);
        }
        let kind = Type::DGRAM.nonblocking();
        let socket =
            Socket::new(Domain::for_address(peer), kind, None).map_err(ProbeError::CannotAsk)?;
        vip_path::prepare(&socket, peer.ip(), settings)?;
        // Connected, it takes answers from the server alone, and learns that nobody listens there.
        socket
            .connect(&peer.into())
            .map_err(ProbeError::of_asking)?;
        let socket = UdpSocket::from_std(socket.into()).map_err(ProbeError::CannotAsk)?;
        let local = socket.local_addr().map_err(ProbeError::CannotAsk)?;
        Ok(Self { socket, local })
    }

    /// Sends the question and hands each datagram that comes to `accept`, until that one has an answer.
    pub(super) async fn ask<T>(
        &self,
        question: &[u8],
        mut accept: impl FnMut(&[u8]) -> Option<Result<T, ProbeError>>,
    ) -> Result<T, ProbeError> {
        let mut patience = FIRST_PATIENCE;
        let mut buffer = vec![0; LONGEST];
        loop {
            self.socket
                .send(question)
                .await
                .map_err(ProbeError::of_asking)?;
            let answer = timeout(patience, self.answer(&mut buffer, &mut accept)).await;
            if let Ok(answer) = answer {
                return answer;
            }
            patience *= 2;
        }
    }

    async fn answer<T>(
        &self,
        buffer: &mut [u8],
        accept: &mut impl FnMut(&[u8]) -> Option<Result<T, ProbeError>>,
    ) -> Result<T, ProbeError> {
        loop {
            let length = self
                .socket
                .recv(buffer)
                .await
                .map_err(ProbeError::of_connection)?;
            if let Some(answer) = accept(&buffer[..length]) {
                return answer;
            }
        }
    }
}
