//! Sentences about those beside this daemon: the program whose table it observes, and the other director of a pair.

use super::span::span;
use super::view::StatusView;
use crate::api::wire::Status;
use crate::cli::output::count;

/// Differences from the other director that are named.
const NAMED: usize = 5;

pub(super) fn companions(status: &Status, view: &StatusView, text: &mut String) {
    if let Some(observation) = &status.observation {
        let differences = count(observation.current.len(), "difference");
        view.sentence(
            text,
            &format!(
                "  OBSERVING for {}: another program manages the table; {differences} now (ipvsctl diff)",
                span(observation.age_seconds)
            ),
        );
    }
    let Some(peer) = &status.peer else { return };
    let Some(unlike) = peer.unlike_seconds else {
        return;
    };
    let (address, unlike) = (&peer.address, span(unlike));
    if let Some(error) = &peer.error {
        view.sentence(
            text,
            &format!("  PEER {address}: no answer for {unlike}: {error}"),
        );
    }
    let differences = peer.differences.as_deref().unwrap_or_default();
    if differences.is_empty() {
        return;
    }
    let number = count(differences.len(), "difference");
    view.sentence(
        text,
        &format!("  PEER {address}: {number} for {unlike} (ipvsctl compare)"),
    );
    for difference in differences.iter().take(NAMED) {
        view.sentence(text, &format!("    {difference}"));
    }
}
