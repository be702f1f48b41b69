//! Listens on a TCP address for metrics and health, since Prometheus reads no Unix socket. Nothing else can be reached there.
//! Its clients have places of their own, so that they take none from `ipvsctl`.

use std::net::{SocketAddr, TcpListener as StdListener};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

use super::answers::Answers;
use super::clients::Clients;
use super::connection;
use super::control::Control;
use super::error::ApiError;
use super::limited_warnings::LimitedWarnings;
use super::pages::pages;
use super::peer::PeerUser;

/// Pause after a client could not be accepted.
const ACCEPT_PAUSE: Duration = Duration::from_millis(100);

/// A TCP address that is listened on.
#[derive(Debug)]
pub struct PageListener {
    socket: TcpListener,
    address: SocketAddr,
    clients: Clients,
    warnings: LimitedWarnings,
}

impl PageListener {
    /// Listens there. How many clients there may be follows from how many files this process may open.
    ///
    /// # Errors
    /// When another program listens there, this host has no such address, or the port needs more rights.
    pub fn bind(address: SocketAddr, open_files: u64) -> Result<Self, ApiError> {
        let failed = |source| ApiError::Listen { address, source };
        let socket = StdListener::bind(address).map_err(failed)?;
        socket.set_nonblocking(true).map_err(failed)?;
        Ok(Self {
            address: socket.local_addr().map_err(failed)?,
            socket: TcpListener::from_std(socket).map_err(failed)?,
            clients: Clients::without_root(open_files),
            warnings: LimitedWarnings::default(),
        })
    }

    /// The address, with the port that the kernel chose where 0 was wanted.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until the task is ended.
    pub async fn serve<C: Control>(mut self, control: Arc<C>) {
        let router = pages().with_state(Arc::new(Answers::sparing(control)));
        loop {
            match self.socket.accept().await {
                Ok((stream, _)) => self.welcome(stream, &router),
                Err(error) => {
                    let address = self.address;
                    self.warnings.warn(&format!(
                        "metrics at {address}: cannot accept clients: {error}"
                    ));
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    }

    fn welcome(&mut self, stream: TcpStream, router: &Router) {
        let peer = PeerUser::UNKNOWN;
        match self.clients.admit(peer.rank()) {
            Some(place) => {
                let router = router.clone();
                tokio::spawn(connection::serve(stream, peer, place, router));
            }
            None => {
                let address = self.address;
                self.warnings.warn(&format!(
                    "metrics at {address}: too many clients, refusing new ones"
                ));
                // It may be gone already.
                let _ = connection::refuse(&stream);
            }
        }
    }
}
