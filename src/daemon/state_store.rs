//! Opens the state file: what a director before this one has left, and the thread that writes what this one leaves.

use director_core::director::Event;
use tokio::sync::mpsc;

use super::error::DaemonError;
use super::input::Input;
use crate::store::{SavedState, StateFile, StateWriter, StoreError};

/// What keeps a director's memory, and what one before it has left.
pub(super) struct StateStore {
    pub(super) writer: StateWriter,
    pub(super) saved: SavedState,
}

/// Takes what a director before this one has left and starts to keep what this one will leave. A file that cannot be used
/// does not keep us from the work.
pub(super) fn open_store(
    file: StateFile,
    saved: Result<Option<SavedState>, StoreError>,
    inputs: &mpsc::UnboundedSender<Input>,
) -> Result<StateStore, DaemonError> {
    let saved = saved.unwrap_or_else(|error| {
        match file.set_aside() {
            Ok(aside) => tracing::error!(
                aside = %aside.display(),
                "cannot read the saved state, starting without it: {error}"
            ),
            Err(_) => tracing::error!("cannot read the saved state, starting without it: {error}"),
        }
        None
    });
    let inputs = inputs.clone();
    let tell = move |revision, failure| {
        // The loop may have ended.
        let _ = inputs.send(Input::Event(Event::Persisted { revision, failure }));
    };
    let writer = StateWriter::start(file, tell).map_err(DaemonError::Thread)?;
    let saved = saved.unwrap_or_else(SavedState::nothing);
    Ok(StateStore { writer, saved })
}
