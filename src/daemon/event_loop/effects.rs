//! Carries out what the director wants: requests to the kernel, probes, changes of this machine, words for the operator.

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use director_core::director::{Effect, Event, Notice};
use director_core::health::{Contact, Outcome, Phases, ProbeId, Report};
use director_core::model::Probe;

use super::EventLoop;
use crate::daemon::TableKind;
use crate::daemon::events;
use crate::daemon::input::Input;
use crate::daemon::kernel_thread::KernelRequest;
use crate::daemon::notices;
use crate::daemon::probe_reply::ProbeReply;
use crate::probe::{self, ProgramOwner};

impl EventLoop {
    pub(super) fn carry_out(&mut self, effect: Effect) {
        match effect {
            Effect::ReadTable => self.ask_kernel(KernelRequest::Read),
            Effect::Apply(plan) => self.ask_kernel(KernelRequest::Apply(plan)),
            Effect::Probe { id, probe } => self.probe(id, *probe),
            Effect::CheckNetwork { fallbacks } => self.check_network(fallbacks),
            // Who reads the file would take a trial for what clients meet.
            Effect::Publish { .. } if self.settings.table != TableKind::Ipvs => {}
            // The program that is observed does its own.
            Effect::Notification(_) if self.observes() => {}
            Effect::Publish { file, number } => self.publisher.publish(file, number),
            Effect::Persist {
                revision,
                saved: memory,
            } => self.keep(revision, memory),
            Effect::Hold(peers) => self.holder.hold(&peers),
            Effect::ReconcileHost(request) => self.host.reconcile(request),
            Effect::Tell(notice) => self.tell(&notice),
            Effect::Notification(duty) => self.notifier.perform(duty),
            Effect::Ready { refused } => {
                match refused {
                    0 => tracing::info!("the kernel holds the desired table"),
                    _ => tracing::warn!(
                        refused,
                        "ready, but the kernel refuses a part of the desired table; ipvsctl status shows it"
                    ),
                }
                self.service_manager.ready();
                self.service_manager.status(format!(
                    "running with configuration {}",
                    self.settings.configuration.display()
                ));
            }
            Effect::Exit => {
                self.service_manager.stopping();
                self.exiting = true;
            }
        }
    }

    /// Tells the operator, in the words of whom he believes to have started.
    fn tell(&mut self, notice: &Notice) {
        // Where it only observes, nothing was changed; the differences are logged in its place.
        let is_change = matches!(notice, Notice::Change { .. } | Notice::Drift { .. });
        if is_change && self.observes() {
            return;
        }
        self.counters.noticed(notice);
        let model = self.in_force.as_ref().map(|loaded| &*loaded.model);
        self.events.add(events::event(notice, model));
        match &mut self.ldirectord {
            Some(ldirectord) => {
                ldirectord.tell(notice);
                if ldirectord.is_verbose() {
                    notices::log(notice);
                }
            }
            None => notices::log(notice),
        }
    }

    fn ask_kernel(&self, request: KernelRequest) {
        if self.kernel.send(request).is_err() {
            let message = "the kernel thread has ended".to_owned();
            let event = Event::ReadFailed { message };
            // This loop takes it.
            let _ = self.inputs.send(Input::Event(event));
        }
    }

    fn check_network(&self, fallbacks: BTreeSet<SocketAddr>) {
        let (inputs, settings) = (self.inputs.clone(), Arc::clone(&self.probe_settings));
        tokio::spawn(async move {
            // In a task of its own, whose end without an answer is an answer too: the director waits for it.
            let asking = async move { probe::reaches_anything(fallbacks, &settings).await };
            let reached = tokio::spawn(asking).await.unwrap_or(None);
            // The loop may have ended.
            let _ = inputs.send(Input::Event(Event::NetworkChecked { reached }));
        });
    }

    fn probe(&self, id: ProbeId, probe: Probe) {
        let (inputs, settings) = (self.inputs.clone(), Arc::clone(&self.probe_settings));
        let mut reply = ProbeReply::new(inputs, id, self.panicked_probes.clone());
        if self.observes() && probe.vip_path.is_some() {
            reply.give(not_observed());
            return;
        }
        let service = self.director.service_of(id);
        let owner = ProgramOwner { service, probe: id };
        let gate = self.gate.clone();
        tokio::spawn(async move {
            let _turn = gate.enter(&probe, owner).await;
            reply.give(probe::run(&probe, &settings).await);
        });
    }
}

/// A path check needs services of its own in the kernel's table.
fn not_observed() -> Report {
    let reason =
        "local error: a check with via: vip does not run while ipvsd only observes".to_owned();
    Report {
        outcome: Outcome::LocalError { reason },
        contact: Contact::NotAsked,
        took: Duration::ZERO,
        phases: Phases::default(),
    }
}
