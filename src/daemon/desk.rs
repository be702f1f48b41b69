//! Where operators give their orders: finds whom an order concerns, hands it to the director, and answers when it is kept,
//! so that whoever was told that an order stands finds it standing after any kind of end.

use std::time::Duration;

use director_core::director::{Director, Event};
use director_core::model::ServiceId;
use director_core::moment::Moment;
use director_core::naming::{Named, meant_by_host};
use director_core::overrides::{NewOverride, OverrideCommand, Target};
use director_core::snapshot::Snapshot;
use tokio::sync::oneshot;

use super::event_loop::GuardCheck;
use crate::api::ApiError;
use crate::api::overrides::{ActiveOverride, AffectedServer, OverrideOutcome, OverrideRequest};

/// Who waits for the answer.
pub(super) type Answer = oneshot::Sender<Result<OverrideOutcome, ApiError>>;

/// An order that the director has and the disk has not yet.
struct Waiting {
    revision: u64,
    concerns: Vec<(Target, AffectedServer)>,
    answer: Answer,
}

/// All that wait.
#[derive(Default)]
pub(super) struct Desk {
    waiting: Vec<Waiting>,
}

/// An order with those whom it concerns.
pub(super) struct Understood {
    command: OverrideCommand,
    concerns: Vec<(Target, AffectedServer)>,
}

/// Finds whom a request concerns.
pub(super) fn understand(
    request: &OverrideRequest,
    snapshot: &Snapshot,
) -> Result<Understood, String> {
    let known = candidates(snapshot);
    let names: Vec<Named> = known.iter().map(|(_, named)| named.clone()).collect();
    let hosts = snapshot.names.iter();
    let hosts = hosts.map(|host| (host.name.as_str(), host.addresses.as_slice()));
    let places = meant_by_host(&names, hosts, request.service.as_deref(), &request.server)?;
    let concerns: Vec<(Target, AffectedServer)> = places
        .into_iter()
        .map(|place| {
            let (target, named) = &known[place];
            let concerned = AffectedServer {
                name: named.name.clone(),
                listen: named.listen.clone(),
                address: named.server.clone(),
            };
            (*target, concerned)
        })
        .collect();
    let targets = concerns.iter().map(|(target, _)| *target);
    let author = request.author.clone();
    let command = match request.kind {
        None => OverrideCommand::Clear {
            author,
            targets: targets.collect(),
        },
        Some(kind) => OverrideCommand::Set {
            author,
            overrides: targets
                .map(|target| NewOverride {
                    target,
                    kind,
                    reason: request.reason.clone(),
                    lasts: request
                        .duration_seconds
                        .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok()),
                })
                .collect(),
        },
    };
    Ok(Understood { command, concerns })
}

/// Why an order is not given: it takes out more than anybody can have meant, and nobody insists.
pub(super) fn refusal(
    director: &Director,
    understood: &Understood,
    weighed: &GuardCheck,
    now: Moment,
) -> Option<String> {
    let GuardCheck::By(counted) = weighed else {
        return None;
    };
    let objections = director.objections_to_command(&understood.command, counted.as_ref(), now);
    let why = objections
        .iter()
        .map(|objection| format!("{objection}; {}", objection.hint_for_overrides()));
    let why: Vec<String> = why.collect();
    (!why.is_empty()).then(|| why.join("\n"))
}

/// Every real server that is defined, and those that are not and have orders all the same.
fn candidates(snapshot: &Snapshot) -> Vec<(Target, Named)> {
    let named = |name: &str, service: &ServiceId, target: Target| {
        let named = Named {
            name: name.to_owned(),
            listen: service.to_string(),
            server: target.1.to_string(),
        };
        (target, named)
    };
    let defined = snapshot.services.iter().flat_map(|service| {
        let servers = service.servers.iter();
        servers.map(|server| named(&service.name, &service.id, (service.id, server.endpoint)))
    });
    let undefined = snapshot.overrides.iter().filter(|view| !view.defined);
    let undefined = undefined.map(|view| {
        let listen = view.target.0.to_string();
        let name = view.name.as_deref().unwrap_or(&listen);
        named(name, &view.target.0, view.target)
    });
    defined.chain(undefined).collect()
}

impl Desk {
    /// The director has the order; it is answered at once when nobody keeps orders.
    pub(super) fn taken(
        &mut self,
        understood: Vec<(Target, AffectedServer)>,
        answer: Answer,
        director: &Director,
        now: Moment,
    ) {
        let (waiting, kept) = match director.latest_revision() {
            Some(revision) => (revision, false),
            None => (0, true),
        };
        // What changes nothing is kept already, and no writing will come that could say so.
        let written = director.is_all_persisted();
        self.waiting.push(Waiting {
            revision: waiting,
            concerns: understood,
            answer,
        });
        if kept {
            let why = "this daemon keeps no state file".to_owned();
            self.kept(0, Some(why), director, now);
        } else if written {
            self.kept(waiting, None, director, now);
        }
    }

    /// Memories up to this one are kept, or could not be.
    pub(super) fn kept(
        &mut self,
        revision: u64,
        failure: Option<String>,
        director: &Director,
        now: Moment,
    ) {
        let (done, wait) = std::mem::take(&mut self.waiting)
            .into_iter()
            .partition(|waiting| waiting.revision <= revision);
        self.waiting = wait;
        let done: Vec<Waiting> = done;
        if done.is_empty() {
            return;
        }
        let snapshot = director.snapshot(now);
        for waiting in done {
            let concerned = |target: &Target| waiting.concerns.iter().any(|(one, _)| one == target);
            let standing = snapshot
                .overrides
                .iter()
                .filter(|view| concerned(&view.target));
            let outcome = OverrideOutcome {
                remaining: standing.map(|view| ActiveOverride::of(view, now)).collect(),
                servers: waiting
                    .concerns
                    .iter()
                    .map(|(_, one)| one.clone())
                    .collect(),
                not_persisted: failure.clone(),
            };
            // Whoever asked may have gone in the meantime.
            drop(waiting.answer.send(Ok(outcome)));
        }
    }
}

impl Understood {
    /// The event, and whom to answer about.
    pub(super) fn split(self) -> (Event, Vec<(Target, AffectedServer)>) {
        let command = self.command;
        (Event::OverrideCommanded { command }, self.concerns)
    }
}

#[cfg(test)]
mod tests {
    use director_core::saved_state::SavedState;

    use super::*;

    #[test]
    fn whoever_changes_nothing_is_answered_at_once() {
        let mut director = Director::new();
        let saved = SavedState::default();
        director.handle(Event::Restored { saved }, Moment::START);
        let mut desk = Desk::default();
        let (answer, mut outcome) = oneshot::channel();
        desk.taken(Vec::new(), answer, &director, Moment::START);
        let outcome = outcome.try_recv().expect("an answer").expect("no fault");
        assert_eq!(
            (outcome.not_persisted, outcome.remaining),
            (None, Vec::new())
        );
    }
}
