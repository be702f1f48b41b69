//! Signals become inputs of the loop: HUP reloads; TERM, INT and QUIT stop; USR1 and USR2, which ask other programs to
//! open their logs again, change nothing.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::input::{Input, ReceivedSignal};

/// The signals that shall not end a daemon that is still starting. TERM, INT and QUIT end it until they are forwarded.
pub(super) struct EarlySignals {
    hangup: Signal,
    first_of_users: Signal,
    second_of_users: Signal,
}

impl EarlySignals {
    /// Keeps these signals from now on, for `forward`.
    pub(super) fn keep() -> io::Result<Self> {
        Ok(Self {
            hangup: signal(SignalKind::hangup())?,
            first_of_users: signal(SignalKind::user_defined1())?,
            second_of_users: signal(SignalKind::user_defined2())?,
        })
    }
}

/// Starts to forward signals; a second one while the daemon stops changes nothing.
pub(super) fn forward(early: EarlySignals, inputs: mpsc::UnboundedSender<Input>) -> io::Result<()> {
    let EarlySignals {
        mut hangup,
        mut first_of_users,
        mut second_of_users,
    } = early;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    tokio::spawn(async move {
        loop {
            let signal = tokio::select! {
                Some(()) = hangup.recv() => ReceivedSignal::Hangup,
                Some(()) = terminate.recv() => ReceivedSignal::Stop("TERM"),
                Some(()) = interrupt.recv() => ReceivedSignal::Stop("INT"),
                Some(()) = quit.recv() => ReceivedSignal::Stop("QUIT"),
                Some(()) = first_of_users.recv() => continue,
                Some(()) = second_of_users.recv() => continue,
                else => return,
            };
            if inputs.send(Input::Signal(signal)).is_err() {
                return;
            }
        }
    });
    Ok(())
}
