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
        let advice = match &error {
            StoreError::SymbolicLink { path, target } => format!(
                "; to use its state, stop ipvsd and move {} to {}, or start it with --state {}",
                target.display(),
                path.display(),
                target.display()
            ),
            _ => String::new(),
        };
        match file.set_aside() {
            Ok(aside) => tracing::error!(
                aside = %aside.display(),
                "cannot read the saved state, starting without it: {error}{advice}"
            ),
            Err(_) => {
                tracing::error!("cannot read the saved state, starting without it: {error}{advice}")
            }
        }
        None
    });
    if let Some(saved) = &saved {
        report_foreign(&file, saved);
    }
    let inputs = inputs.clone();
    let tell = move |revision, failure| {
        // The loop may have ended.
        let _ = inputs.send(Input::Event(Event::Persisted { revision, failure }));
    };
    let writer = StateWriter::start(file, tell).map_err(DaemonError::Thread)?;
    let saved = saved.unwrap_or_else(SavedState::nothing);
    Ok(StateStore { writer, saved })
}

/// Says what of the file is lost when it is replaced, and keeps it for a newer ipvsd.
fn report_foreign(file: &StateFile, saved: &SavedState) {
    if saved.foreign.is_none() && saved.lost.is_empty() {
        return;
    }
    let path = file.path().display();
    let format = saved.foreign.map_or_else(String::new, |format| {
        format!(" was saved by another version of ipvsd (format {format}) and")
    });
    let lost = match saved.lost.as_slice() {
        [] => "is used as a whole".to_owned(),
        lost => format!(
            "is used without {}, which this version does not understand",
            lost.join(", ")
        ),
    };
    match file.keep_copy() {
        Ok(copy) => tracing::warn!(copy = %copy.display(), "{path}{format} {lost}; a copy is kept"),
        Err(error) => tracing::warn!("{path}{format} {lost}; no copy could be kept: {error}"),
    }
}
