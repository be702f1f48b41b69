//! Replies to overrides: finds the servers that a request means, hands the override to the director, and replies when it is
//! on the disk, so that an override that was confirmed survives any kind of end.

use std::time::Duration;

use director_core::director::{Director, Event};
use director_core::model::ServiceId;
use director_core::moment::Moment;
use director_core::naming::{Named, is_server, is_service, meant_by_host};
use director_core::overrides::{NewOverride, Override, OverrideCommand, OverrideConflict, Target};
use director_core::snapshot::Snapshot;

use super::input::{OverrideReply, SafetyCheck};
use crate::api::overrides::{ActiveOverride, AffectedServer, OverrideOutcome, OverrideRequest};
use crate::api::wire::why_unresolved;

/// An override that the director has and the disk has not yet.
struct PendingReply {
    revision: u64,
    servers: Vec<(Target, AffectedServer)>,
    reply: OverrideReply,
}

/// Requests whose reply waits for the disk.
#[derive(Default)]
pub(super) struct OverrideReplies {
    waiting: Vec<PendingReply>,
}

/// A request with the servers that it means.
pub(super) struct ResolvedOverride {
    command: OverrideCommand,
    servers: Vec<(Target, AffectedServer)>,
}

/// Finds the servers that a request means.
pub(super) fn resolve(
    request: &OverrideRequest,
    snapshot: &Snapshot,
) -> Result<ResolvedOverride, String> {
    let known = candidates(snapshot);
    let names: Vec<Named> = known.iter().map(|(_, named)| named.clone()).collect();
    let hosts = snapshot.names.iter();
    let hosts = hosts.map(|host| (host.name.as_str(), host.addresses.as_slice()));
    let places = meant_by_host(&names, hosts, request.service.as_deref(), &request.server)
        .map_err(|unknown| without_address(request, snapshot).unwrap_or(unknown))?;
    let servers: Vec<(Target, AffectedServer)> = places
        .into_iter()
        .map(|place| {
            let (target, named) = &known[place];
            let affected = AffectedServer {
                name: named.name.clone(),
                listen: named.listen.clone(),
                address: named.server.clone(),
            };
            (*target, affected)
        })
        .collect();
    let targets = servers.iter().map(|(target, _)| *target);
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
    Ok(ResolvedOverride { command, servers })
}

/// That the server which is meant has no address yet, if so.
fn without_address(request: &OverrideRequest, snapshot: &Snapshot) -> Option<String> {
    let services = snapshot.services.iter().filter(|service| {
        let listen = service.id.to_string();
        let wanted = request.service.as_deref();
        wanted.is_none_or(|wanted| is_service(&service.name, &listen, wanted))
    });
    let mut unresolved = services.flat_map(|service| &service.unresolved);
    let meant = unresolved.find(|known| is_server(&known.to_string(), &request.server))?;
    Some(format!(
        "{meant} is out of service, its host name has no address yet ({}); set the override when it has one",
        why_unresolved(&snapshot.names, &meant.host)
    ))
}

/// Why an override is refused: it exceeds the safety limits, and `--force` was not given.
pub(super) fn refusal(
    director: &Director,
    resolved: &ResolvedOverride,
    safety: &SafetyCheck,
    now: Moment,
) -> Option<String> {
    let SafetyCheck::By(counted) = safety else {
        return None;
    };
    let objections = director.objections_to_command(&resolved.command, counted.as_ref(), now);
    let why = objections
        .iter()
        .map(|objection| format!("{objection}; {}", objection.hint_for_overrides()));
    let why: Vec<String> = why.collect();
    (!why.is_empty()).then(|| why.join("\n"))
}

/// Why an override is refused: another one would be replaced or ended, and `--replace` was not given.
pub(super) fn conflict(
    director: &Director,
    resolved: &ResolvedOverride,
    now: Moment,
) -> Option<String> {
    let name = |target: &Target| {
        let mut servers = resolved.servers.iter();
        let server = servers.find(|(one, _)| one == target);
        server.map_or_else(
            || target.1.to_string(),
            |(_, server)| format!("{} {}", server.name, server.address),
        )
    };
    let words = conflicts(director, &resolved.command, name, now);
    (!words.is_empty()).then(|| words.join("\n"))
}

/// A line for each override that would be replaced or ended and must not be; `name` is what a server is called.
pub(crate) fn conflicts(
    director: &Director,
    command: &OverrideCommand,
    name: impl Fn(&Target) -> String,
    now: Moment,
) -> Vec<String> {
    let standing = director.overrides_in_the_way(command, now);
    let what = match command {
        OverrideCommand::Set { .. } => "replace",
        OverrideCommand::Clear { .. } => "end",
    };
    let words = standing.iter().map(|(target, known, conflict)| {
        let server = name(target);
        let (which, instead) = match conflict {
            OverrideConflict::OtherAuthor => ("an override", String::new()),
            OverrideConflict::Stricter => ("a stricter override", String::new()),
            OverrideConflict::LastsLonger => ("an override that lasts longer", longer(known, now)),
        };
        format!(
            "{server} has {which}: {known}, by {} {}; to {what} it, use --replace{instead}",
            known.author,
            ago(now.since(known.since))
        )
    });
    words.collect()
}

/// How to set an override that ends no earlier than this one.
fn longer(known: &Override, now: Moment) -> String {
    let Some(expires) = known.expires else {
        return ", or leave out --for: it has no end".to_owned();
    };
    let left = expires.since(now).as_secs() + 1;
    let time = match left {
        0..120 => format!("{left}s"),
        _ => format!("{}m", left.div_ceil(60)),
    };
    format!(", or set the new one --for {time} or longer")
}

/// `12 s ago`, `5 min ago`, `3 h ago`.
fn ago(age: Duration) -> String {
    match age.as_secs() {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

/// Every configured real server, and those that are no longer configured and still have overrides.
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
    // Servers that finish their connections, which an operator may want to end.
    let leaving_servers = snapshot.services.iter().flat_map(|service| {
        let servers = service.leaving.iter();
        servers.map(|server| named(&service.name, &service.id, (service.id, server.endpoint)))
    });
    let leaving_services = snapshot.leaving.iter().flat_map(|(id, servers)| {
        let listen = id.to_string();
        let servers = servers.iter();
        servers.map(move |server| named(&listen, id, (*id, server.endpoint)))
    });
    let mut all: Vec<(Target, Named)> = defined.chain(undefined).collect();
    for (target, named) in leaving_servers.chain(leaving_services) {
        if all.iter().all(|(known, _)| *known != target) {
            all.push((target, named));
        }
    }
    all
}

impl OverrideReplies {
    /// The director has the override; the reply comes at once when there is no state file.
    pub(super) fn accepted(
        &mut self,
        resolved: Vec<(Target, AffectedServer)>,
        reply: OverrideReply,
        director: &Director,
        now: Moment,
    ) {
        let (waiting, unsaved) = match director.latest_revision() {
            Some(revision) => (revision, false),
            None => (0, true),
        };
        // What changes nothing is on the disk already, and no write will follow.
        let written = director.is_all_persisted();
        self.waiting.push(PendingReply {
            revision: waiting,
            servers: resolved,
            reply,
        });
        if unsaved {
            let why = "this daemon keeps no state file".to_owned();
            self.persisted(0, Some(why), director, now);
        } else if written {
            self.persisted(waiting, None, director, now);
        }
    }

    /// State up to this revision is on the disk, or could not be written.
    pub(super) fn persisted(
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
        let done: Vec<PendingReply> = done;
        if done.is_empty() {
            return;
        }
        let snapshot = director.snapshot(now);
        for waiting in done {
            let affected = |target: &Target| waiting.servers.iter().any(|(one, _)| one == target);
            let standing = snapshot
                .overrides
                .iter()
                .filter(|view| affected(&view.target));
            let outcome = OverrideOutcome {
                remaining: standing.map(|view| ActiveOverride::of(view, now)).collect(),
                servers: waiting.servers.iter().map(|(_, one)| one.clone()).collect(),
                not_persisted: failure.clone(),
            };
            // The client may have gone in the meantime.
            let _ = waiting.reply.send(Ok(outcome));
        }
    }
}

impl ResolvedOverride {
    /// The event, and the servers to report on.
    pub(super) fn split(self) -> (Event, Vec<(Target, AffectedServer)>) {
        let command = self.command;
        (Event::OverrideCommanded { command }, self.servers)
    }
}

#[cfg(test)]
mod tests {
    use director_core::model::{Endpoint, Family};
    use director_core::overrides::OverrideKind;
    use director_core::persistent_state::PersistentState;

    use super::*;
    use tokio::sync::oneshot;

    #[test]
    fn a_refusal_says_which_override_is_in_the_way_and_what_to_write() {
        let service = ServiceId::Mark {
            family: Family::Ipv4,
            mark: 5,
        };
        let server = Endpoint {
            address: [10, 0, 0, 1].into(),
            port: 80,
        };
        let command = |author: &str, kind, seconds: Option<u64>| OverrideCommand::Set {
            author: author.to_owned(),
            overrides: vec![NewOverride {
                target: (service, server),
                kind,
                reason: "disk".to_owned(),
                lasts: seconds.map(Duration::from_secs),
            }],
        };
        let said = |former: Option<u64>, author, kind, seconds| {
            let mut director = Director::new();
            let command_before = command("ann", OverrideKind::Disable, former);
            director.handle(
                Event::OverrideCommanded {
                    command: command_before,
                },
                Moment::START,
            );
            let resolved = ResolvedOverride {
                command: command(author, kind, seconds),
                servers: Vec::new(),
            };
            conflict(&director, &resolved, Moment::START + Duration::from_secs(9))
        };
        let words = |which: &str, fix: &str| {
            Some(format!(
                "10.0.0.1:80 has {which}: disable: disk, by ann 9 s ago; to replace it, use --replace{fix}"
            ))
        };
        let (drain, disable) = (OverrideKind::Drain, OverrideKind::Disable);
        assert_eq!(said(None, "ben", disable, None), words("an override", ""));
        assert_eq!(
            said(None, "ann", drain, None),
            words("a stricter override", "")
        );
        assert_eq!(
            said(Some(600), "ann", disable, Some(60)),
            words(
                "an override that lasts longer",
                ", or set the new one --for 10m or longer"
            )
        );
        assert_eq!(
            said(None, "ann", disable, Some(60)),
            words(
                "an override that lasts longer",
                ", or leave out --for: it has no end"
            )
        );
        assert_eq!(said(Some(600), "ann", disable, Some(600)), None);
    }

    #[test]
    fn an_override_that_changes_nothing_is_answered_at_once() {
        let mut director = Director::new();
        let memory = PersistentState::default();
        director.handle(Event::Restored { saved: memory }, Moment::START);
        let mut desk = OverrideReplies::default();
        let (reply, mut outcome) = oneshot::channel();
        desk.accepted(Vec::new(), reply, &director, Moment::START);
        let outcome = outcome.try_recv().expect("a reply").expect("no fault");
        assert_eq!(
            (outcome.not_persisted, outcome.remaining),
            (None, Vec::new())
        );
    }
}
