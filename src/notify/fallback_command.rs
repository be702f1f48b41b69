//! Runs the fallback commands: each service's one after the other, never two of them at a time. A command that is overtaken
//! by later ones before it could begin is left out: only how things stand now is told.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use director_core::model::ServiceId;
use director_core::notify::FallbackCommand;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use super::failures::FailureCounters;
use super::{NotifyError, NotifySettings};
use crate::program;

/// The commands of all services.
pub(super) struct FallbackCommands {
    settings: Arc<NotifySettings>,
    failures: Arc<FailureCounters>,
    latest: HashMap<ServiceId, watch::Sender<String>>,
    tasks: JoinSet<()>,
}

impl FallbackCommands {
    pub(super) fn new(settings: Arc<NotifySettings>, failures: Arc<FailureCounters>) -> Self {
        Self {
            settings,
            failures,
            latest: HashMap::new(),
            tasks: JoinSet::new(),
        }
    }

    /// Runs a command when the one before it has ended.
    pub(super) fn run(&mut self, command: FallbackCommand) {
        let FallbackCommand {
            service,
            command_line,
        } = command;
        match self.latest.get(&service) {
            Some(latest) => {
                latest.send_replace(command_line);
            }
            None => {
                let (latest, mut lines) = watch::channel(command_line);
                lines.mark_changed();
                let failures = Arc::clone(&self.failures);
                let limit = self.settings.command_limit;
                self.tasks
                    .spawn(one_after_the_other(lines, limit, failures));
                self.latest.insert(service, latest);
            }
        }
    }

    /// Lets the commands that run or wait come to their end; those that are still running when time is up are killed.
    pub(super) async fn finish(mut self, limit: Duration) {
        self.latest.clear();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(limit, all).await.is_err() {
            tracing::warn!("ending fallback commands that are still running");
        }
    }
}

async fn one_after_the_other(
    mut lines: watch::Receiver<String>,
    limit: Duration,
    failures: Arc<FailureCounters>,
) {
    let mut last = None;
    while lines.changed().await.is_ok() {
        let line = lines.borrow_and_update().clone();
        if last.as_ref() == Some(&line) {
            continue;
        }
        tracing::info!("running the fallback command: {line}");
        if let Err(error) = run(&line, limit).await {
            failures.fallback_command.add();
            tracing::warn!("the fallback command failed: {line}: {error}");
        }
        last = Some(line);
    }
}

/// The line is the operator's and was always read by a shell; of its last words, which are ours, none means anything to one
/// but the brackets of an IPv6 address, which stay what they are unless a file of that very name exists.
async fn run(line: &str, limit: Duration) -> Result<(), NotifyError> {
    let mut command = program::command("/bin/sh");
    command.args(["-c", line]);
    let running = program::start(command).await?;
    let ended = timeout(limit, running.end())
        .await
        .map_err(|_| NotifyError::TimeLimit(limit))??;
    NotifyError::unless_successful(ended)
}
