//! What the director wants of its machine outside the table: VIPs, settings of the kernel, timeouts. They are requested when
//! the table stands, so that no VIP draws clients before there is a server for them, and again at each reading of the table,
//! since an interface that was down has lost its addresses. At a stop VIPs go last, and settings only when nothing of ours
//! stays in the kernel. What path checks need comes first: no probe is sent before it.
//!
//! Invariants: nothing is requested while nothing is wanted and nothing was; a VIP that is to go never waits for others that
//! are being added; a stop adds nothing.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::net::IpAddr;
use std::time::Duration;

use super::sync_daemons;
use super::vips::Announced;
use super::{Director, Effect, Finishing, HostOutcome, HostRequest, HostResult, Notice, Unwanted};
use crate::model::{HostChange, HostConfig, SyncDaemon, Vip};
use crate::moment::Moment;
use crate::overrides::OverrideKind;

/// First pause after a failure; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_secs(2);
/// Longest pause between two attempts.
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// What was requested and not answered yet.
#[derive(Debug, Clone)]
struct Asked {
    /// The servers of path checks among it.
    path_servers: BTreeSet<IpAddr>,
    vips: BTreeSet<Vip>,
    unwanted: Unwanted,
}

impl Asked {
    fn of(request: &HostRequest) -> Self {
        let path_server = |change: &HostChange| match change {
            HostChange::VipReplies { toward } => Some(*toward),
            _ => None,
        };
        Self {
            path_servers: request.wanted.iter().filter_map(path_server).collect(),
            vips: vips(&request.wanted),
            unwanted: request.unwanted,
        }
    }
}

fn vips(changes: &[HostChange]) -> BTreeSet<Vip> {
    let vip = |change: &HostChange| match change {
        HostChange::Vip(vip) => Some(vip.clone()),
        _ => None,
    };
    changes.iter().filter_map(vip).collect()
}

/// How the conversation about the machine stands.
#[derive(Debug, Clone, Default)]
pub(super) struct HostSync {
    /// The oldest first; more than one only where something is to go while VIPs are being added.
    asked: VecDeque<Asked>,
    /// Something was wanted, or made by a director before this one.
    concerned: bool,
    /// When to request next; none while there is nothing to request, or all that is wanted was requested.
    next: Option<Moment>,
    /// Failures as last reported, so that each is reported once.
    pub(super) told: BTreeMap<HostChange, String>,
    /// The sync daemons that ran at the last look.
    pub(super) sync_daemons: BTreeSet<SyncDaemon>,
    /// Attempts in a row with a failure.
    failures: u32,
    /// An operator has disabled a server, or connections were cut off: they are to be reset.
    disabled: bool,
    /// The last request was sent.
    farewell: bool,
    /// The servers of path checks whose settings were answered for.
    path_servers: BTreeSet<IpAddr>,
    /// What finished its connections when the machine was last looked after.
    finishing: Finishing,
    /// Until when the kernel may remember connections that were cut off.
    pub(super) cut_until: Option<Moment>,
    /// Which VIPs are announced.
    pub(super) announced: Announced,
}

impl HostSync {
    /// When to request next. Undecided VIPs are decided when the wait for results is over: `patience`.
    pub(super) fn next(&self, patience: Option<Moment>) -> Option<Moment> {
        let next = self.next.filter(|_| self.asked.is_empty())?;
        let patience = patience.filter(|_| self.announced.pending_changes);
        Some(patience.map_or(next, |patience| next.min(patience)))
    }

    fn ask(&mut self, request: HostRequest, effects: &mut Vec<Effect>) {
        self.asked.push_back(Asked::of(&request));
        effects.push(Effect::ReconcileHost(request));
    }

    /// Whether a VIP that is being added is not to be there any more.
    fn adds_too_much(&self, wanted: &[HostChange]) -> bool {
        let Some(asked) = self.asked.back() else {
            return false;
        };
        asked.unwanted == Unwanted::Undo && !asked.vips.is_subset(&vips(wanted))
    }
}

impl Director {
    /// What could not be had at the last attempt, in words.
    pub(crate) fn host_errors(&self) -> Vec<String> {
        let told = self.host.told.iter();
        told.map(|(change, why)| format!("{change}: {why}"))
            .collect()
    }

    /// Whether persistent clients go on to servers of weight 0: that is wanted, or the setting against it could not be made.
    pub(crate) fn persistent_clients_stay(&self) -> bool {
        let mut missing = self.host.told.keys();
        !self.model.host().expires_templates() || missing.any(HostConfig::is_template_setting)
    }

    /// Whether the machine was prepared for all path checks, as far as that could be done.
    pub(super) fn host_is_prepared(&self) -> bool {
        let wanted = &self.model.host().path_servers;
        wanted.is_subset(&self.host.path_servers)
    }

    /// A new configuration, or the journal of a director before this one, says what is wanted.
    pub(super) fn host_wanted(&mut self, journal_found: bool, now: Moment) {
        self.host.concerned |= journal_found || !self.model.host().changes().is_empty();
        if self.host.concerned {
            self.host.next = Some(now);
            self.host.failures = 0;
        }
    }

    /// An address came or went, which may change the role of a sync daemon.
    pub(super) fn addresses_changed(&mut self, now: Moment) {
        if self.model.host().sync_follower.is_some() {
            self.host.next = Some(now);
            self.host.failures = 0;
        }
    }

    /// Requests what is wanted, when it is time and the table stands.
    pub(super) fn host_go_on(&mut self, now: Moment, effects: &mut Vec<Effect>) {
        self.note_disabled(now);
        if self.stopping || !self.host.concerned {
            return;
        }
        // Probes wait for this, and VIPs may wait for probes.
        if self.host.asked.is_empty() && !self.host_is_prepared() {
            let request = HostRequest {
                wanted: self.model.host().for_path_checks(),
                kept: Vec::new(),
                withdrawn: Vec::new(),
                finishing: Finishing::default(),
                unwanted: Unwanted::Keep,
            };
            self.host.ask(request, effects);
        }
        let due = self
            .host
            .next(self.ready_at_last())
            .is_some_and(|next| next <= now);
        if (due || !self.unsettled.is_empty()) && self.announce(now) {
            self.host.next = Some(now);
            self.host.failures = 0;
        }
        let finishing = self.finishing();
        if finishing != self.host.finishing {
            self.host.finishing = finishing;
            self.host.next = Some(now);
        }
        if !self.has_stood || self.host.next.is_none_or(|next| next > now) {
            return;
        }
        let request = self.changes_to_host();
        if self.host.asked.is_empty() || self.host.adds_too_much(&request.wanted) {
            self.host.next = None;
            self.host.ask(request, effects);
        }
    }

    fn changes_to_host(&self) -> HostRequest {
        let changes = self.model.host().changes_with(self.host.disabled);
        let mut request = self.host.announced.request(changes);
        let mut kept = self.model.host().kept_for_nat();
        kept.retain(|change| !request.wanted.contains(change));
        request.kept.append(&mut kept);
        request.finishing = self.host.finishing.clone();
        request.unwanted = self.what_goes();
        request
    }

    /// A service whose definition is broken, or whose VIP is a name without an address, keeps what it has.
    fn what_goes(&self) -> Unwanted {
        let mut known = self.observed.iter().flat_map(|table| table.services.keys());
        if known.any(|id| self.model.holds(id)) {
            Unwanted::UndoButVips
        } else {
            Unwanted::Undo
        }
    }

    /// Connections to a server that an operator disables are to be reset, and those that were cut off.
    fn note_disabled(&mut self, now: Moment) {
        self.host.cut_until = self.host.cut_until.filter(|until| now < *until);
        let mut overrides = self.overrides.iter();
        let disabled = self.host.cut_until.is_some()
            || overrides.any(|(_, one)| one.kind == OverrideKind::Disable);
        if disabled != self.host.disabled {
            self.host.disabled = disabled;
            self.host.concerned |= self.model.host().resets_connections(disabled);
            self.host.next = self.host.concerned.then_some(now).or(self.host.next);
        }
    }

    pub(super) fn host_reconciled(
        &mut self,
        outcomes: Vec<HostOutcome>,
        now: Moment,
        effects: &mut Vec<Effect>,
    ) {
        let asked = self.host.asked.pop_front();
        let waits = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Waits(_));
        let waits = outcomes.iter().any(waits);
        let fails = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Failed(_));
        let fails = outcomes.iter().any(fails);
        let running = sync_daemons::running(&outcomes);
        let missing = self.tell_outcomes(outcomes, effects);
        let is_part = asked.is_some_and(|asked| {
            self.host.path_servers = asked.path_servers;
            asked.unwanted == Unwanted::Keep
        });
        if is_part || !self.host.asked.is_empty() {
            // A part of what is wanted: the whole is requested in its own time, or already was.
            self.host.told.extend(missing);
            return;
        }
        self.host.failures = if fails {
            self.host.failures.saturating_add(1)
        } else {
            0
        };
        self.host.told = missing;
        self.host.sync_daemons = running;
        if self.host.farewell {
            effects.push(Effect::Exit);
            return;
        }
        // Something else may be wanted since.
        let again = now + self.host_pause(waits);
        self.host.next = Some(self.host.next.map_or(again, |next| next.min(again)));
    }

    /// Reports what became of the changes; what is missing, and why.
    fn tell_outcomes(
        &self,
        outcomes: Vec<HostOutcome>,
        effects: &mut Vec<Effect>,
    ) -> BTreeMap<HostChange, String> {
        let mut missing = BTreeMap::new();
        for HostOutcome { change, result } in outcomes {
            match &result {
                HostResult::Unchanged => {}
                HostResult::Failed(why) | HostResult::Waits(why) => {
                    if self.host.told.get(&change) != Some(why) {
                        effects.push(Effect::Tell(Notice::Host {
                            reason: String::new(),
                            change: change.clone(),
                            result: result.clone(),
                        }));
                    }
                    missing.insert(change, why.clone());
                }
                HostResult::Made(_) | HostResult::Undone(_) => {
                    effects.push(Effect::Tell(Notice::Host {
                        reason: self.host_reason(&change, &result),
                        change,
                        result,
                    }));
                }
            }
        }
        missing
    }

    /// How long until the machine is looked at again: what comes by itself may come at any moment.
    fn host_pause(&self, waits: bool) -> Duration {
        let resync = self.model.resync();
        let grown = |failures: u32| {
            FIRST_PAUSE
                .saturating_mul(1 << (failures - 1).min(16))
                .min(LONGEST_PAUSE)
        };
        match (self.host.failures, waits) {
            (0, false) => resync,
            (0, true) => FIRST_PAUSE.min(resync),
            (failures, false) => grown(failures),
            (failures, true) => grown(failures).min(resync),
        }
    }

    /// Why a change was made or undone.
    fn host_reason(&self, change: &HostChange, result: &HostResult) -> String {
        match (change, result) {
            (HostChange::Vip(vip), HostResult::Undone(_)) if !self.stopping => {
                self.why_not_announced(vip.address)
            }
            (_, HostResult::Undone(_)) => String::new(),
            _ => self.model.host().reason(change),
        }
    }

    /// The end, after the last request about the machine where there is one. VIPs that are being added meanwhile are not.
    pub(super) fn leave(&mut self, effects: &mut Vec<Effect>) {
        if self.host.farewell {
            return;
        }
        // Without a configuration it is not known what serves.
        if !self.host.concerned || self.loaded_at.is_none() {
            effects.push(Effect::Exit);
            return;
        }
        self.host.farewell = true;
        let vips = self
            .host
            .announced
            .staying(self.model.host().vips_after_stop());
        let stays = !vips.is_empty() || self.services_stay();
        let mut kept = self
            .model
            .host()
            .settings_after_stop(stays, self.host.disabled);
        if !kept.is_empty() {
            let is_daemon = |change: &&HostChange| {
                matches!(
                    change,
                    HostChange::SyncDaemon(_) | HostChange::SyncFollower(_)
                )
            };
            let sync_daemons = kept.iter().filter(is_daemon).count();
            effects.push(Effect::Tell(Notice::SettingsStay {
                settings: kept.len() - sync_daemons,
                sync_daemons,
            }));
        }
        kept.extend(vips);
        let request = HostRequest {
            wanted: Vec::new(),
            kept,
            withdrawn: Vec::new(),
            finishing: self.finishing(),
            unwanted: self.what_goes(),
        };
        self.host.ask(request, effects);
    }

    /// Whether a service of ours is in the kernel; what was never read may hold one.
    fn services_stay(&self) -> bool {
        let Some(observed) = &self.observed else {
            return true;
        };
        let mut owned = self.owned.iter();
        owned.any(|id| observed.services.contains_key(id))
    }
}
