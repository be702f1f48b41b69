//! Signals become inputs of the loop: HUP reloads, TERM and INT stop.

use std::io;

use director_core::director::Event;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;

use super::Input;

/// Starts to forward signals; a second one while the daemon stops changes nothing.
pub(super) fn forward(inputs: mpsc::UnboundedSender<Input>) -> io::Result<()> {
    let mut hangup = signal(SignalKind::hangup())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    tokio::spawn(async move {
        loop {
            let input = tokio::select! {
                Some(()) = hangup.recv() => Input::Reload(None),
                Some(()) = terminate.recv() => Input::Event(Event::StopRequested),
                Some(()) = interrupt.recv() => Input::Event(Event::StopRequested),
                else => return,
            };
            if inputs.send(input).is_err() {
                return;
            }
        }
    });
    Ok(())
}
