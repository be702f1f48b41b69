//! `ipvsctl plan`: what a definitions file changes, numbered and with the connections at stake, or the table that it gives.
//! Nothing is changed here; how the changes are found is [`foreseen`]'s work.

mod foreseen;
mod live;
mod machine;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{Args, ValueEnum};
use director_core::health::HealthState;
use director_core::model::{Model, ServiceId};
use director_core::plan::{Op, Plan, Stake, Step};
use director_core::table::Table;
use serde::Serialize;

use machine::{MachineChange, PlanContext};

use super::error::CliError;
use super::kernel_lacks;
use super::list::save_format;
use super::output::{Exit, Output, count};
use super::status::SocketArg;
use crate::loader::{LoadContext, Loaded, NameCache, STANDARD_INPUT, load_with};
use crate::machine::director::journal_beside;
use crate::store::{self, StateFile};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Configuration file: YAML, ldirectord.cf or keepalived.conf, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Plan for an empty table, with all real servers up or all down; needs neither root nor IPVS
    #[arg(long, value_enum, value_name = "HEALTH")]
    assume: Option<Assumption>,
    /// Print the changes as text or JSON, or the resulting table in the format of ipvsadm -S
    #[arg(long, value_enum, default_value_t = OutputFormat::Text)]
    output: OutputFormat,
    /// Print JSON; same as --output json
    #[arg(long, conflicts_with = "output")]
    json: bool,
    #[command(flatten)]
    state: StateArg,
    #[command(flatten)]
    socket: SocketArg,
    /// Exit with status 1 if there are changes
    #[arg(long)]
    exit_code: bool,
}

/// Where the daemon keeps its state.
#[derive(Debug, Args)]
pub(super) struct StateArg {
    /// State file of the daemon, for overrides, health and ownership [default: that of a daemon in this network namespace]
    #[arg(long, value_name = "FILE", env = "IPVSD_STATE")]
    state: Option<PathBuf>,
}

impl StateArg {
    pub(super) fn path(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(store::default_path)
    }
}

/// What the probes are taken to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Assumption {
    /// All real servers are up
    Up,
    /// All real servers are down
    Down,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OutputFormat {
    /// One line per change
    Text,
    /// The resulting table, for `ipvsadm -R`
    Ipvsadm,
    /// The changes as JSON
    Json,
}

/// The changes, and the services of the file as the kernel holds them after those that come first.
pub(super) struct Planned {
    before: Table,
    /// What needs no verdict.
    now: Plan,
    /// What follows when every real server answers.
    answered: Plan,
    /// The services of the file after the changes that need no verdict.
    table: Table,
    /// What changes on this machine other than the table.
    machine: Vec<MachineChange>,
    /// An override disables a server.
    disabled: bool,
    /// Whether connections that end are reset.
    resets: bool,
    /// Why the daemon refuses the whole.
    refusals: Vec<PlanRefusal>,
}

/// Why the daemon refuses a configuration unless `--force` is given.
pub(super) struct PlanRefusal {
    by: &'static str,
    message: String,
    hint: String,
}

impl Planned {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.now.steps.iter().chain(&self.answered.steps)
    }

    fn changes(&self) -> usize {
        self.steps().count() + self.machine.len()
    }

    /// Every change with what it means for open connections.
    fn with_stakes(&self) -> impl Iterator<Item = (&Step, Stake)> {
        self.steps()
            .map(|step| (step, Stake::of(&step.op, &self.before)))
    }

    /// Whether active connections may be cut off, also one that comes meanwhile.
    fn may_cut_active(&self) -> bool {
        self.steps()
            .any(|step| Stake::may_cut_active(&step.op, &self.before))
    }

    /// Services that are no longer defined and finish their connections.
    fn leaving(&self, model: &Model) -> Vec<ServiceId> {
        let edited = self.steps().filter_map(|step| match step.op {
            Op::EditServer { service, .. } => Some(service),
            _ => None,
        });
        edited
            .filter(|service| model.service(service).is_none())
            .collect()
    }
}

/// Loads, plans and prints.
pub(super) fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit, CliError> {
    let memory = match args.assume {
        None => remembered(&args.state.path()),
        Some(_) => LoadContext::default(),
    };
    let loaded = match load_with(&args.file, None, &memory) {
        Ok(mut loaded) => {
            if args.assume.is_none() {
                kernel_lacks::warn(&mut loaded);
            }
            loaded
        }
        Err(error) => {
            output.findings(&error.report())?;
            return Ok(Exit::Unusable);
        }
    };
    output.findings(&loaded.report)?;
    let planned = match args.assume {
        Some(Assumption::Up) => foreseen::from_nothing(&loaded.model, HealthState::Up),
        Some(Assumption::Down) => foreseen::from_nothing(&loaded.model, HealthState::Down),
        None => as_reloaded(&args.file, &loaded, &args.state, &args.socket, output)?,
    };
    let form = if args.json {
        OutputFormat::Json
    } else {
        args.output
    };
    match form {
        OutputFormat::Text => output.text(&in_words(&planned))?,
        OutputFormat::Ipvsadm => output.text(&save_format(&planned.table))?,
        OutputFormat::Json => output.json(&changes(&planned))?,
    }
    Ok(match planned.changes() {
        1.. if args.exit_code => Exit::Found,
        _ => Exit::Fine,
    })
}

/// What the daemon knows: what a broken service is kept as, and what host names stand for. What is wrong with the state
/// file is told later.
pub(super) fn remembered(state: &Path) -> LoadContext {
    let mut memory = LoadContext::default();
    if let Ok(Some(left)) = StateFile::new(state.to_owned()).read() {
        memory.names.remember(&left.names);
        memory.former = left.definitions().map(Arc::new);
    }
    memory
}

/// What a reload would change. While the safety limits refuse new addresses of host names, it uses those in force.
pub(super) fn as_reloaded(
    file: &Path,
    loaded: &Loaded,
    state: &StateArg,
    socket: &SocketArg,
    output: &mut Output,
) -> Result<Planned, CliError> {
    let state = state.path();
    let with_new_names = planned(loaded, &state, socket, output)?;
    let may_be_names = !with_new_names.refusals.is_empty() && !loaded.definitions.names.is_empty();
    // Standard input was read to its end.
    if !may_be_names || file == Path::new(STANDARD_INPUT) {
        return Ok(with_new_names);
    }
    let Some(loaded) = with_names_in_force(file, &state) else {
        return Ok(with_new_names);
    };
    let planned = planned(&loaded, &state, socket, output)?;
    if !planned.refusals.is_empty() {
        return Ok(with_new_names);
    }
    output.note(
        "the safety limits refuse new addresses of host names; this plan uses the addresses in force",
    )?;
    Ok(planned)
}

fn with_names_in_force(file: &Path, state: &Path) -> Option<Loaded> {
    let left = StateFile::new(state.to_owned()).read().ok()??;
    let memory = LoadContext {
        names: NameCache::fixed(&left.names),
        former: left.definitions().map(Arc::new),
        ..LoadContext::default()
    };
    load_with(file, None, &memory).ok()
}

/// What a daemon would change that were started now with these definitions.
fn planned(
    loaded: &Loaded,
    state: &Path,
    socket: &SocketArg,
    output: &mut Output,
) -> Result<Planned, CliError> {
    let left = StateFile::new(state.to_owned()).read();
    let left = match left {
        Ok(left) => left,
        Err(error) => {
            output.note(&format!("planning without the daemon's state: {error}"))?;
            None
        }
    };
    // Without a daemon its state file tells.
    let running = super::status::asked(socket.client().status()).ok();
    let mut planned = foreseen::from_kernel(loaded, left, running.as_ref())?;
    // Those whose connections are cut off are told, as if an operator had disabled their servers.
    let still_resets = running
        .as_ref()
        .is_some_and(|status| status.resets_seconds_left.is_some());
    let resets = planned.disabled || planned.may_cut_active() || still_resets;
    planned.machine = machine::against_machine(&loaded.model, resets);
    // What is undone is undone first.
    let context = PlanContext {
        model: &loaded.model,
        before: &planned.before,
        leaving: planned.leaving(&loaded.model),
    };
    let journal = journal_beside(&socket.path());
    let undone = machine::undone(&journal, resets, &context);
    let undone = match undone {
        Ok(undone) => undone,
        Err(error) => {
            output.note(&format!(
                "planning without the daemon's record of this machine: {error}"
            ))?;
            Vec::new()
        }
    };
    // Where connections are cut off the daemon makes the setting, also where no service asks for it.
    planned.resets = loaded.model.host().expire_nodest_conn.unwrap_or(true);
    planned.machine.splice(0..0, undone);
    Ok(planned)
}

/// One numbered line a change, and what is at stake in all.
pub(super) fn in_words(planned: &Planned) -> String {
    if planned.changes() == 0 && planned.refusals.is_empty() {
        return "nothing to change\n".to_owned();
    }
    let width = planned.steps().count().to_string().len();
    let mut text = String::new();
    let mut all = Stake::default();
    for (place, (step, stake)) in planned.with_stakes().enumerate() {
        text += &format!("{:>width$}. {step}", place + 1);
        if !stake.is_nothing() {
            text += &format!("   [{stake}]");
        }
        text.push('\n');
        all = all.plus(stake);
    }
    text += &machine::in_words(&planned.machine);
    let without_address =
        (planned.machine.iter()).fold(Stake::default(), |sum, change| sum.plus(change.stake()));
    let sum = all.plus(without_address);
    text += &format!("{}; {sum}\n", count(planned.changes(), "change"));
    if !without_address.is_nothing() {
        text += "the clients of a VIP that is removed wait for their own timeout, unless another machine has the VIP\n";
    }
    if all.cut_active > 0 {
        text += if planned.resets {
            "the clients of connections that end get a reset at their next packet\n"
        } else {
            "the clients of connections that end wait for their own timeout (see director.expire_nodest_conn)\n"
        };
    }
    for PlanRefusal { by, message, hint } in &planned.refusals {
        text += &format!("REFUSED by {by}: {message}\n  {hint}\n");
    }
    text
}

/// The changes as JSON
#[derive(Serialize)]
struct PlannedChanges<'a> {
    changes: Vec<PlannedChange>,
    /// What changes on this machine other than the table.
    #[serde(skip_serializing_if = "<[MachineChange]>::is_empty")]
    machine: &'a [MachineChange],
    /// Whether clients whose connections end get a reset at their next packet. Without it they wait for their own timeout.
    #[serde(skip_serializing_if = "Option::is_none")]
    resets: Option<bool>,
    /// Why the daemon refuses the whole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<String>,
}

/// One change, its parts and its words.
#[derive(Serialize)]
struct PlannedChange {
    /// Its number, from 1.
    number: usize,
    /// `now`, or `answered` when the real servers must answer first.
    when: &'static str,
    action: &'static str,
    service: String,
    server: Option<String>,
    text: String,
    because: String,
    /// Open connections that it cuts off.
    cut_active: u64,
    cut_inactive: u64,
    /// Active connections at servers that get no new ones.
    quiesced: u64,
}

fn changes(planned: &Planned) -> PlannedChanges<'_> {
    let at_once = planned.now.steps.len();
    let cuts = planned.with_stakes().any(|(_, stake)| stake.cut_active > 0);
    let changes = planned.with_stakes().enumerate();
    let changes = changes.map(|(place, (step, stake))| {
        let when = if place < at_once { "now" } else { "answered" };
        change(place + 1, step, when, stake)
    });
    PlannedChanges {
        changes: changes.collect(),
        machine: &planned.machine,
        resets: cuts.then_some(planned.resets),
        refused: (planned.refusals.iter())
            .map(|refusal| refusal.message.clone())
            .collect(),
    }
}

fn change(number: usize, step: &Step, when: &'static str, stake: Stake) -> PlannedChange {
    let action = match step.op {
        Op::AddService { .. } | Op::AddServer { .. } => "add",
        Op::EditService { .. } | Op::EditServer { .. } => "edit",
        Op::DeleteService { .. } | Op::DeleteServer { .. } => "delete",
    };
    PlannedChange {
        number,
        when,
        action,
        service: step.op.service().to_string(),
        server: step.op.server().map(|server| server.to_string()),
        text: step.op.to_string(),
        because: step.reason.clone(),
        cut_active: stake.cut_active,
        cut_inactive: stake.cut_inactive,
        quiesced: stake.quiesced,
    }
}
