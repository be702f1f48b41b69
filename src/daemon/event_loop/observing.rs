//! A daemon that only observes: what it would have changed, and the way to manage the table itself.

use std::time::Duration;

use director_core::table::Table;
use tokio::time::{Instant, sleep};

use super::EventLoop;
use crate::api::ApiError;
use crate::api::takeover::{ObservationStatus, TakeOverOutcome, TakeOverRequest};
use crate::blocking::BlockingPool;
use crate::daemon::input::{Input, TakeOverReply};
use crate::daemon::other_managers::other_managers;

/// Looks for other programs that manage the table.
static MANAGERS: BlockingPool = BlockingPool::new("managers", 2);
/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(20);

impl EventLoop {
    /// Whether the table is that of another program, so that nothing may follow from what is decided.
    pub(super) fn observes(&self) -> bool {
        self.settings.table.is_observed()
    }

    pub(super) fn actual_table_read(&mut self, table: Table) {
        let now = self.now();
        if let Some(observation) = &mut self.observation {
            observation.read(table, &self.director, now);
        }
    }

    /// What was decided has taken effect on the copy of the table.
    pub(super) fn compare_observed(&mut self) {
        let now = self.now();
        if let Some(observation) = &mut self.observation {
            observation.compare(&self.director, now);
        }
    }

    /// Waits, off the loop, until no other program manages the table.
    pub(super) fn begin_takeover(&mut self, request: TakeOverRequest, mut reply: TakeOverReply) {
        if !self.observes() {
            let words = "this ipvsd manages the table already; only one that was started with --observe can take over";
            let _ = reply.send(Err(ApiError::Refused(words.to_owned())));
            return;
        }
        if request.force {
            self.end_takeover(reply);
            return;
        }
        let inputs = self.inputs.clone();
        let wait = Duration::from_secs(request.wait_seconds);
        tokio::spawn(async move {
            let relieved = tokio::select! {
                relieved = until_relieved(wait) => relieved,
                // The client has gone, and nothing shall happen that it does not see.
                () = reply.closed() => return,
            };
            let input = match relieved {
                Ok(()) => Input::TakeOverNow(reply),
                Err(words) => {
                    tracing::warn!("takeover refused: {words}");
                    let _ = reply.send(Err(ApiError::Refused(words)));
                    return;
                }
            };
            // The loop may have ended.
            let _ = inputs.send(input);
        });
    }

    pub(super) fn end_takeover(&mut self, reply: TakeOverReply) {
        let observation = self.observation.as_ref();
        let differences = observation.map_or(0, |known| known.differences.current().len());
        tracing::info!(differences, "taking over the table");
        self.takes_over = true;
        self.exiting = true;
        let _ = reply.send(Ok(TakeOverOutcome { differences }));
    }

    /// The differences as clients get them; none unless this daemon observes.
    pub(super) fn observation_status(&self) -> Option<ObservationStatus> {
        let observation = self.observation.as_ref()?;
        Some(ObservationStatus::of(
            observation.since,
            &observation.differences,
            self.now(),
        ))
    }
}

/// Waits until no other program manages the table; says which one does when the time is over.
async fn until_relieved(wait: Duration) -> Result<(), String> {
    let began = Instant::now();
    loop {
        let managers = MANAGERS.run(other_managers).await.map_err(|error| {
            format!("cannot look for other programs that manage the table: {error}")
        })?;
        if managers.is_empty() {
            return Ok(());
        }
        if began.elapsed() >= wait {
            let verb = if managers.len() == 1 {
                "manages"
            } else {
                "manage"
            };
            return Err(format!(
                "{} {verb} the table; stop the program first, or wait for its end with --wait",
                managers.join(" and ")
            ));
        }
        sleep(LOOK).await;
    }
}
