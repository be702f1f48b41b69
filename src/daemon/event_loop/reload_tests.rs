//! Reloads and applied configurations: what a request reads, and what a refusal leaves as it was.

use std::fs;
use std::path::PathBuf;
use std::sync::{Arc, mpsc as blocking};
use std::time::Duration;

use tokio::sync::{mpsc, oneshot};

use super::EventLoop;
use crate::api::ApiError;
use crate::api::apply::{ApplyRequest, candidate};
use crate::daemon::config_refresh::ConfigRefresh;
use crate::daemon::input::{FinishedLoad, Input, TrialEvent};
use crate::daemon::kernel_thread::KernelThread;
use crate::daemon::settings::Settings;
use crate::loader::{NameCache, load};

fn event_loop(configuration: PathBuf) -> (EventLoop, mpsc::UnboundedReceiver<Input>) {
    event_loop_with(configuration, NameCache::default())
}

pub(super) fn event_loop_with(
    configuration: PathBuf,
    names: NameCache,
) -> (EventLoop, mpsc::UnboundedReceiver<Input>) {
    let settings = Settings {
        socket: configuration.with_extension("sock"),
        configuration,
        table: crate::daemon::TableKind::Ipvs,
        dialect: None,
        role: None,
        state: None,
        recording: None,
    };
    let (inputs, received) = mpsc::unbounded_channel();
    let kernel = KernelThread {
        requests: blocking::channel().0,
        counters: Arc::default(),
    };
    let refresh = ConfigRefresh::new(inputs.clone(), names, None);
    let event_loop = EventLoop::new(settings, inputs, kernel, None, None, refresh, None);
    (event_loop, received)
}

/// The next configuration that was read.
async fn files_read(received: &mut mpsc::UnboundedReceiver<Input>) -> FinishedLoad {
    loop {
        if let Some(Input::FilesRead(reading)) = received.recv().await {
            return reading;
        }
    }
}

#[tokio::test]
async fn fifty_requests_read_the_files_twice_and_all_are_answered() {
    let directory = tempfile::tempdir().unwrap();
    let (mut event_loop, mut received) = event_loop(directory.path().join("missing.yaml"));
    let mut waiting = Vec::new();
    for _ in 0..50 {
        let (answer, wait) = oneshot::channel();
        event_loop.reload(Some(answer), false);
        waiting.push(wait);
    }
    for _ in 0..2 {
        let reading = files_read(&mut received).await;
        event_loop.files_read(reading);
    }
    assert_eq!(event_loop.reload_count, 2);
    for wait in waiting {
        assert!(!wait.await.unwrap().accepted);
    }
    // The next request reads them again.
    event_loop.reload(None, false);
    assert_eq!(event_loop.reload_count, 3);
}
const APPLY: ApplyRequest = ApplyRequest {
    confirm_seconds: None,
    force: false,
};

#[tokio::test]
async fn an_apply_without_a_candidate_is_refused_and_touches_nothing() {
    let directory = tempfile::tempdir().unwrap();
    let (mut event_loop, mut received) = event_loop(directory.path().join("ipvsd.yaml"));
    let (answer, wait) = oneshot::channel();
    event_loop.trial_event(TrialEvent::Apply(APPLY, answer));
    let answer = wait.await.unwrap();
    assert!(matches!(answer, Err(ApiError::Refused(_))), "{answer:?}");
    assert!(received.try_recv().is_err());
    assert_eq!(event_loop.reload_count, 0);
}

#[tokio::test]
async fn a_refused_candidate_leaves_the_watch_over_the_own_files() {
    let directory = tempfile::tempdir().unwrap();
    let own = directory.path().join("ipvsd.yaml");
    let text = |server| {
        format!(
            "director: {{reload_on_change: true}}\nservices: [{{listen: 'tcp://192.0.2.1:80', forwarding: nat, real_servers: [{server}]}}]"
        )
    };
    fs::write(&own, text("10.0.0.1")).unwrap();
    fs::write(candidate(&own), "services: nonsense").unwrap();
    let (mut event_loop, mut received) = event_loop(own.clone());
    event_loop.config_refresh.adopt(&load(&own).unwrap());
    let (answer, mut wait) = oneshot::channel();
    event_loop.trial_event(TrialEvent::Apply(APPLY, answer));
    let wait_for_change = async {
        loop {
            match received.recv().await {
                Some(Input::Trial(event)) => {
                    event_loop.trial_event(event);
                    assert!(!wait.try_recv().unwrap().unwrap().accepted);
                    fs::write(&own, text("10.0.0.2")).unwrap();
                }
                Some(Input::FilesChanged) => return,
                _ => {}
            }
        }
    };
    let changed = tokio::time::timeout(Duration::from_secs(20), wait_for_change).await;
    assert!(changed.is_ok(), "the change was not noticed");
    assert_eq!(event_loop.reload_count, 0);
}
