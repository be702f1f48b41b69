//! Compares this director with its peer (`director.peer`), and warns when the two differ for longer than a while. It changes
//! nothing, because it cannot know which of them is right.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::input::Input;
use super::loop_control::LoopControl;
use crate::api::digest::{PeerDifference, SiteDigest};
use crate::api::peer_client::read_digest;
use crate::api::peer_status::PeerStatus;
use crate::api::{Control, EventJournal};

/// Pause between two comparisons.
const PAUSE: Duration = Duration::from_secs(10);
/// Two directors find a failure at different times; what lasts longer than this has another cause.
const PATIENCE: Duration = Duration::from_secs(60);
/// Differences that are named in the log.
const NAMED: usize = 3;

/// What the last comparison found.
type Finding = Arc<Mutex<Option<Comparison>>>;

#[derive(Debug, Clone)]
struct Comparison {
    outcome: Result<Vec<PeerDifference>, String>,
    /// Since when there has been a difference, or no answer.
    unlike_since: Option<Instant>,
}

/// The watch over the peer that the configuration in force names.
pub(super) struct PeerWatch {
    control: Arc<LoopControl>,
    watched: Option<WatchedPeer>,
}

struct WatchedPeer {
    address: SocketAddr,
    finding: Finding,
    task: JoinHandle<()>,
}

impl PeerWatch {
    pub(super) fn new(inputs: mpsc::UnboundedSender<Input>) -> Self {
        let control = Arc::new(LoopControl {
            inputs,
            events: EventJournal::default(),
        });
        Self {
            control,
            watched: None,
        }
    }

    /// Watches this peer from now on, and no other. One that has not changed is watched on.
    pub(super) fn adopt(&mut self, wanted: Option<SocketAddr>) {
        if self.watched.as_ref().map(|watched| watched.address) == wanted {
            return;
        }
        if let Some(former) = self.watched.take() {
            former.task.abort();
        }
        self.watched = wanted.map(|address| {
            let finding = Finding::default();
            let task = watch(address, Arc::clone(&self.control), Arc::clone(&finding));
            WatchedPeer {
                address,
                finding,
                task: tokio::spawn(task),
            }
        });
    }

    /// What is known of the peer; none where there is none.
    pub(super) fn status(&self) -> Option<PeerStatus> {
        let watched = self.watched.as_ref()?;
        let finding = watched.finding.lock();
        let finding = finding.unwrap_or_else(PoisonError::into_inner).clone();
        let unlike = finding.as_ref().and_then(|found| found.unlike_since);
        let (differences, error) = match finding.map(|found| found.outcome) {
            Some(Ok(differences)) => (Some(differences), None),
            Some(Err(error)) => (None, Some(error)),
            None => (None, None),
        };
        Some(PeerStatus {
            address: watched.address.to_string(),
            differences,
            error,
            unlike_seconds: unlike.map(|since| since.elapsed().as_secs_f64()),
        })
    }
}

async fn watch(address: SocketAddr, control: Arc<LoopControl>, finding: Finding) {
    let mut warned = false;
    loop {
        let outcome = compare(address, &control).await;
        let agrees = outcome.as_ref().is_ok_and(Vec::is_empty);
        let since = {
            let mut known = finding.lock().unwrap_or_else(PoisonError::into_inner);
            let since = known.as_ref().and_then(|known| known.unlike_since);
            let unlike_since = (!agrees).then(|| since.unwrap_or_else(Instant::now));
            *known = Some(Comparison {
                outcome: outcome.clone(),
                unlike_since,
            });
            unlike_since
        };
        match since.map(|since| since.elapsed()) {
            Some(lasted) if lasted >= PATIENCE && !warned => {
                warned = true;
                tracing::warn!(peer = %address, "{}", warning(&outcome, lasted));
            }
            None if warned => {
                warned = false;
                tracing::info!(peer = %address, "the peer agrees again");
            }
            _ => {}
        }
        sleep(PAUSE).await;
    }
}

fn warning(outcome: &Result<Vec<PeerDifference>, String>, lasted: Duration) -> String {
    let lasted = lasted.as_secs();
    match outcome {
        Err(words) => format!("the peer has not answered for {lasted} s: {words}"),
        Ok(differences) => {
            let named = differences.iter().take(NAMED);
            let named: Vec<String> = named.map(ToString::to_string).collect();
            let rest = match differences.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!("; and {more} more"),
            };
            format!(
                "the peer has differed for {lasted} s: {}{rest} (ipvsctl compare)",
                named.join("; ")
            )
        }
    }
}

/// What differs now, or why that is not known.
async fn compare(
    address: SocketAddr,
    control: &LoopControl,
) -> Result<Vec<PeerDifference>, String> {
    let peer = address.to_string();
    let read = async |with_servers| {
        let digest = read_digest(&peer, with_servers).await;
        digest.map_err(|error| error.to_string())
    };
    let theirs = read(false).await?;
    let own = control
        .overview()
        .await
        .map_err(|error| error.to_string())?;
    if SiteDigest::of(&own.snapshot, false).agrees(&theirs) {
        return Ok(Vec::new());
    }
    Ok(SiteDigest::of(&own.snapshot, true).differences(&read(true).await?))
}
