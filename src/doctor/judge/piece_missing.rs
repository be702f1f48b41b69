//! A real server that was set up and has lost a piece of it since.

use director_core::realserver::Piece;

use crate::doctor::{Facts, Finding};

pub(super) fn judge(facts: &Facts) -> Vec<Finding> {
    let missing = facts.standing.iter().filter(|standing| !standing.present);
    missing
        .map(|standing| {
            let (fault, why) = match &standing.piece {
                Piece::Sysctl { name, .. } if name.ends_with("rp_filter") => (
                    "reverse-path-strict",
                    "clients come out of the tunnel and are answered elsewhere; a strict filter drops all of them",
                ),
                Piece::Sysctl { .. } => (
                    "arp-answers",
                    "this machine tells clients that it has the VIP, and they come past the director",
                ),
                Piece::Tunnel(_) | Piece::GuePort(_) => (
                    "tunnel-not-unwrapped",
                    "packets that the director sends through the tunnel are refused",
                ),
                Piece::Address { .. } => (
                    "vip-not-served",
                    "packets for the VIP are taken for somebody else's",
                ),
                Piece::Clamp { .. } => (
                    "segments-too-large",
                    "what clients send may not fit into the tunnel, and hang",
                ),
            };
            Finding {
                fault,
                subject: standing.piece.to_string(),
                observed: "it was set up here and is not so any more".to_owned(),
                why: why.to_owned(),
                fix: format!("ipvsctl realserver up {}", again(facts, &standing.piece)),
            }
        })
        .collect()
}

/// The arguments that set up again what needs this piece.
fn again(facts: &Facts, piece: &Piece) -> String {
    let setup = facts
        .serves
        .iter()
        .find(|setup| setup.pieces().contains(piece));
    setup.map_or_else(String::new, director_core::realserver::arguments)
}
