//! What a definitions file changes on this machine other than the table: addresses, settings of the kernel, time limits.

use std::net::IpAddr;
use std::path::Path;

use director_core::model::{HostChange, Model, ServiceId};
use director_core::plan::Stake;
use director_core::table::Table;
use serde::Serialize;

use crate::machine::director::{Difference, differences, leftovers};
use crate::machine::{Entry, MachineError};

#[derive(Debug, Serialize)]
pub(super) struct MachineChange {
    /// What there will be.
    what: String,
    /// What there is, of a setting, where that is known.
    found: Option<String>,
    /// Whether it is taken back, and not made.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    undone: bool,
    /// What comes back, of a setting that is taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    former: Option<String>,
    because: String,
    /// Open connections whose clients lose the address: of services that stay at a VIP that is removed.
    #[serde(skip_serializing_if = "is_zero")]
    cut_active: u64,
    #[serde(skip_serializing_if = "is_zero")]
    cut_inactive: u64,
    #[serde(skip)]
    line: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde's signature")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

impl MachineChange {
    /// What is at stake.
    pub(super) fn stake(&self) -> Stake {
        Stake {
            cut_active: self.cut_active,
            cut_inactive: self.cut_inactive,
            ..Stake::default()
        }
    }
}

/// What there is before the changes, and who needs what was made for it.
pub(super) struct PlanContext<'a> {
    /// The model that is planned for.
    pub(super) model: &'a Model,
    /// The table before the changes.
    pub(super) before: &'a Table,
    /// Services that finish their connections and need what was made for them until then.
    pub(super) leaving: Vec<ServiceId>,
}

impl PlanContext<'_> {
    /// Connections of services that stay at this address.
    fn stake_at(&self, address: IpAddr) -> Stake {
        let entries = self.before.services.iter();
        let staying =
            entries.filter(|(id, _)| id.is_at(address) && self.model.service(id).is_some());
        let servers = staying.flat_map(|(_, entry)| entry.servers.values());
        Stake::cut(servers)
    }

    /// The names of the services that stay at this address.
    fn names_at(&self, address: IpAddr) -> Vec<&str> {
        let services = self.model.services().iter();
        let staying = services.filter(|service| service.id.is_at(address));
        staying.map(|service| service.name.as_str()).collect()
    }
}

/// The changes to this machine as it is, with a server `disabled` by an operator or without.
pub(super) fn against_machine(model: &Model, disabled: bool) -> Vec<MachineChange> {
    let changes = differences(&model.host().changes_with(disabled));
    changes
        .into_iter()
        .map(|change| described(model, change))
        .collect()
}

/// What a daemon that is told so next undoes of what it, or one before it, made of this machine.
pub(super) fn undone(
    journal: &Path,
    disabled: bool,
    context: &PlanContext<'_>,
) -> Result<Vec<MachineChange>, MachineError> {
    let config = context.model.host();
    let stays = [config.changes_with(disabled), config.kept_for_nat()].concat();
    let undone = leftovers(journal, &stays)?.into_iter();
    Ok(undone.map(|entry| taken_back(entry, context)).collect())
}

fn taken_back(entry: Entry, context: &PlanContext<'_>) -> MachineChange {
    let Entry { change, former, .. } = entry;
    let waits = match &change {
        HostChange::Vip(vip) => context.leaving.iter().any(|id| id.is_at(vip.address)),
        HostChange::SyncDaemon(_) => false,
        _ => !context.leaving.is_empty(),
    };
    let is_vip = matches!(change, HostChange::Vip(_));
    let mut because = match (waits, is_vip) {
        (true, true) => {
            "no longer configured; removed when the leaving services have no connections"
        }
        (true, false) => {
            "no longer configured; restored when the leaving services have no connections"
        }
        (false, _) => "set by ipvsd and no longer configured",
    }
    .to_owned();
    let mut stake = Stake::default();
    if let HostChange::Vip(vip) = &change {
        stake = context.stake_at(vip.address);
        because += &match context.names_at(vip.address).as_slice() {
            [] => String::new(),
            [name] => format!("; service {name} still uses this address and loses it"),
            names => format!(
                "; services {} still use this address and lose it",
                names.join(", ")
            ),
        };
    }
    let words = match (&change, &former) {
        (HostChange::Setting { name, value, .. }, Some(former)) => {
            format!("restore {name}  {value} -> {former}")
        }
        (HostChange::Timeout { of, seconds }, Some(former)) => {
            format!("restore timeout {}  {seconds} s -> {former} s", of.name())
        }
        (HostChange::SyncDaemon(daemon), _) => format!("stop    {daemon}"),
        _ => format!("remove  {change}"),
    };
    let mut line = format!("{words}   ({because})");
    if !stake.is_nothing() {
        line += &format!("   [{stake}]");
    }
    MachineChange {
        undone: true,
        line: format!("{line}\n"),
        what: change.to_string(),
        found: None,
        former,
        because,
        cut_active: stake.cut_active,
        cut_inactive: stake.cut_inactive,
    }
}

/// All that is wanted, for a machine of which nothing is known.
pub(super) fn wanted(model: &Model) -> Vec<MachineChange> {
    let changes = model.host().changes().into_iter();
    // Which settings path checks need depends on the interfaces.
    let known = changes.filter(|change| !matches!(change, HostChange::VipReplies { .. }));
    known
        .map(|change| {
            let difference = Difference {
                change,
                found: None,
            };
            described(model, difference)
        })
        .collect()
}

fn described(model: &Model, difference: Difference) -> MachineChange {
    let Difference { change, found } = difference;
    let mut because = model.host().reason(&change);
    if matches!(&change, HostChange::Vip(vip) if model.may_be_withdrawn(vip.address)) {
        because += ", while it has enough real servers";
    }
    let words = match (&change, &found) {
        (HostChange::Vip(vip), _) => format!("add     {vip}"),
        (HostChange::SyncDaemon(daemon), _) => format!("start   {daemon}"),
        (HostChange::SyncFollower(follower), _) => format!("start   {follower}"),
        (HostChange::Setting { name, value, .. }, Some(found)) => {
            format!("set     {name}  {found} -> {value}")
        }
        (HostChange::Timeout { of, seconds }, Some(found)) => {
            format!("set     timeout {}  {found} s -> {seconds} s", of.name())
        }
        (change, _) => format!("set     {change}"),
    };
    MachineChange {
        what: change.to_string(),
        found,
        undone: false,
        former: None,
        line: format!("{words}   ({because})\n"),
        because,
        cut_active: 0,
        cut_inactive: 0,
    }
}

/// The changes as lines.
pub(super) fn in_words(changes: &[MachineChange]) -> String {
    changes.iter().map(|change| change.line.as_str()).collect()
}
