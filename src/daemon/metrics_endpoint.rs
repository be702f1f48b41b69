//! The TCP address for metrics, as the configuration in force has it. One that cannot be had stops nothing: ipvsd says so in
//! log and status, and tries again.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::file_limit;
use super::input::Input;
use super::loop_control::LoopControl;
use crate::api::{EventJournal, PageListener};

/// How long an address that cannot be had is left alone.
const TRY_AGAIN: Duration = Duration::from_secs(5);

/// Why an address cannot be listened on, while it cannot.
type Fault = Arc<Mutex<Option<String>>>;

pub(super) struct MetricsEndpoint {
    control: Arc<LoopControl>,
    /// Pause before an address is tried again.
    pause: Duration,
    serving: Option<ServedAddress>,
}

struct ServedAddress {
    address: SocketAddr,
    fault: Fault,
    task: JoinHandle<()>,
}

impl MetricsEndpoint {
    /// Nothing is served so far.
    pub(super) fn new(inputs: mpsc::UnboundedSender<Input>) -> Self {
        Self {
            control: Arc::new(LoopControl {
                inputs,
                // Its pages have none.
                events: EventJournal::default(),
            }),
            pause: TRY_AGAIN,
            serving: None,
        }
    }

    /// Serves metrics at this address from now on, and at no other. One that has not changed is left alone.
    pub(super) fn adopt(&mut self, wanted: Option<SocketAddr>) {
        if self.serving.as_ref().map(|serving| serving.address) == wanted {
            return;
        }
        let former = self.serving.take().map(|former| {
            former.task.abort();
            former.task
        });
        self.serving = wanted.map(|address| {
            let fault = Fault::default();
            let control = Arc::clone(&self.control);
            let attempt = BindAttempt {
                address,
                pause: self.pause,
                fault: Arc::clone(&fault),
            };
            let task = tokio::spawn(serve(attempt, control, former));
            ServedAddress {
                address,
                fault,
                task,
            }
        });
    }

    /// Why metrics cannot be read at the configured address.
    pub(super) fn fault(&self) -> Option<String> {
        let serving = self.serving.as_ref()?;
        let fault = serving.fault.lock();
        fault.unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// An address that is to be listened on.
struct BindAttempt {
    address: SocketAddr,
    pause: Duration,
    fault: Fault,
}

async fn serve(attempt: BindAttempt, control: Arc<LoopControl>, former: Option<JoinHandle<()>>) {
    let BindAttempt {
        address,
        pause,
        fault,
    } = attempt;
    if let Some(former) = former {
        // Its socket is closed by then, which may have the same port.
        let _ = former.await;
    }
    let note = |found: Option<String>| {
        let mut known = fault.lock().unwrap_or_else(PoisonError::into_inner);
        let is_news = *known != found;
        *known = found;
        is_news
    };
    let listener = loop {
        match PageListener::bind(address, file_limit::raise()) {
            Ok(listener) => break listener,
            Err(error) => {
                let words = error.to_string();
                if note(Some(words.clone())) {
                    tracing::error!("{words}");
                }
            }
        }
        sleep(pause).await;
    };
    note(None);
    tracing::info!("serving metrics at http://{address}/metrics");
    listener.serve(control).await;
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    use super::*;

    /// Waits until it is so.
    async fn eventually(so: impl Fn() -> bool) {
        let limit = tokio::time::Instant::now() + Duration::from_secs(20);
        while !so() {
            assert!(tokio::time::Instant::now() < limit, "not within 20 s");
            sleep(Duration::from_millis(5)).await;
        }
    }

    async fn is_served(address: SocketAddr) -> bool {
        let Ok(mut stream) = TcpStream::connect(address).await else {
            return false;
        };
        let request = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n";
        let mut answer = String::new();
        stream.write_all(request).await.is_ok()
            && stream.read_to_string(&mut answer).await.is_ok()
            && answer.starts_with("HTTP/1.1 404")
    }

    fn free() -> TcpListener {
        TcpListener::bind("127.0.0.1:0").unwrap()
    }

    #[tokio::test]
    async fn an_address_in_use_is_reported_and_left_with_the_next_configuration() {
        let (inputs, _received) = mpsc::unbounded_channel();
        let mut endpoint = MetricsEndpoint::new(inputs);
        assert_eq!(endpoint.fault(), None);
        let taken = free();
        let address = taken.local_addr().unwrap();
        endpoint.adopt(Some(address));
        eventually(|| endpoint.fault().is_some()).await;
        let fault = endpoint.fault().unwrap();
        assert!(
            fault.starts_with(&format!("cannot listen on {address} for metrics: ")),
            "{fault}"
        );
        let other = free().local_addr().unwrap();
        endpoint.adopt(Some(other));
        while !is_served(other).await {
            sleep(Duration::from_millis(5)).await;
        }
        assert_eq!(endpoint.fault(), None);
        endpoint.adopt(None);
        while is_served(other).await {
            sleep(Duration::from_millis(5)).await;
        }
        drop(taken);
    }

    #[tokio::test]
    async fn an_address_that_becomes_free_is_taken() {
        let (inputs, _received) = mpsc::unbounded_channel();
        let mut endpoint = MetricsEndpoint::new(inputs);
        endpoint.pause = Duration::from_millis(10);
        let taken = free();
        let address = taken.local_addr().unwrap();
        endpoint.adopt(Some(address));
        eventually(|| endpoint.fault().is_some()).await;
        drop(taken);
        eventually(|| endpoint.fault().is_none()).await;
        assert!(is_served(address).await);
    }
}
