//! Signals become inputs of the loop: HUP reloads; TERM, INT and QUIT stop; USR1 and USR2, which ask other programs to
//! open their logs again, change nothing.

use std::io;

use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc;

use super::input::{Input, ReceivedSignal};

/// Keeps HUP, which would end the process, from now on for the loop. One that comes during the start is a reload right after it:
/// the file may have been read before it was changed.
pub(super) fn keep_hangup() -> io::Result<Signal> {
    signal(SignalKind::hangup())
}

/// Starts to forward signals; a second one while the daemon stops changes nothing. Until then those that stop end the process, so
/// that nobody has to wait for a start.
pub(super) fn forward(inputs: mpsc::UnboundedSender<Input>, mut hangup: Signal) -> io::Result<()> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut quit = signal(SignalKind::quit())?;
    let mut first_of_users = signal(SignalKind::user_defined1())?;
    let mut second_of_users = signal(SignalKind::user_defined2())?;
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
