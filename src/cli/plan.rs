//! `ipvsctl plan`: what a definitions file changes, or the table that it gives. Nothing is changed here. Against the
//! running kernel it asks the director itself, so that the answer is what a daemon started now would do: first what
//! needs no verdict, then what follows when the real servers answer.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{Args, ValueEnum};
use director_core::desired::assumed;
use director_core::director::{Director, Effect, Event};
use director_core::health::Verdict;
use director_core::model::{Model, ServiceId};
use director_core::moment::Moment;
use director_core::plan::{Op, Plan, Step, plan};
use director_core::table::Table;
use serde::Serialize;

use super::error::CliError;
use super::kernel_lacks;
use super::list::save_format;
use super::output::{Exit, Output, count};
use crate::ipvs::{Kernel, NetlinkKernel, Scope};
use crate::loader::load;

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct PlanArgs {
    /// Definitions: YAML, or the form of ldirectord.cf
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// Plan for an empty table with every real server up, or every one down; needs neither kernel nor root
    #[arg(long, value_enum, value_name = "VERDICT")]
    assume: Option<Assumption>,
    /// The changes in words, the table that they lead to at once as ipvsadm saves it, or the changes as JSON
    #[arg(long, value_enum, default_value_t = Form::Text)]
    output: Form,
    /// The same as --output json
    #[arg(long, conflicts_with = "output")]
    json: bool,
    /// Exit with status 1 when there is something to change
    #[arg(long)]
    exit_code: bool,
}

/// What the probes are taken to say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Assumption {
    /// Every real server works.
    Up,
    /// None does.
    Down,
}

/// What is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One line a change.
    Text,
    /// The table that results, for `ipvsadm -R`.
    Ipvsadm,
    /// The changes for programs.
    Json,
}

/// The changes, and the services of the file as the kernel holds them after those that come first.
struct Planned {
    /// What needs no verdict.
    now: Plan,
    /// What follows when every real server answers.
    answered: Plan,
    /// The services of the file after the changes that need no verdict.
    table: Table,
}

impl Planned {
    fn steps(&self) -> impl Iterator<Item = &Step> {
        self.now.steps.iter().chain(&self.answered.steps)
    }
}

/// Loads, plans and prints.
pub(super) fn run(args: &PlanArgs, output: &mut Output) -> Result<Exit, CliError> {
    let loaded = match load(&args.file) {
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
        Some(assumption) => from_nothing(&loaded.model, assumption),
        None => from_kernel(loaded.model)?,
    };
    let form = if args.json { Form::Json } else { args.output };
    match form {
        Form::Text => output.text(&in_words(&planned))?,
        Form::Ipvsadm => output.text(&save_format(&planned.table))?,
        Form::Json => output.json(&changes(&planned))?,
    }
    Ok(match planned.steps().next() {
        Some(_) if args.exit_code => Exit::Found,
        _ => Exit::Fine,
    })
}

fn from_nothing(model: &Model, assumption: Assumption) -> Planned {
    let verdict = match assumption {
        Assumption::Up => Verdict::Up,
        Assumption::Down => Verdict::Down,
    };
    let table = assumed(model, verdict);
    let plan = plan(&Table::default(), &table, &services(model), |_, _| {
        String::new()
    });
    Planned {
        now: plan,
        answered: Plan::default(),
        table,
    }
}

fn services(model: &Model) -> BTreeSet<ServiceId> {
    let defined = model.services().iter().map(|service| service.id);
    defined.chain(model.helpers().keys().copied()).collect()
}

fn from_kernel(model: Model) -> Result<Planned, CliError> {
    let mut table = NetlinkKernel::open()?.read_table(Scope::All)?;
    let model = Arc::new(model);
    let mut director = Director::new();
    let warnings = Vec::new();
    let loaded = Event::Loaded {
        model: Arc::clone(&model),
        warnings,
    };
    director.handle(loaded, Moment::START);
    let read = Event::TableRead {
        table: table.clone(),
    };
    let now = director
        .handle(read, Moment::START)
        .into_iter()
        .find_map(|effect| match effect {
            Effect::Apply(plan) => Some(plan),
            _ => None,
        })
        .unwrap_or_default();
    for step in &now.steps {
        step.op.apply_to(&mut table);
    }
    table
        .services
        .retain(|service, _| services(&model).contains(service));
    let every_server_up = assumed(&model, Verdict::Up);
    let answered = plan_towards(&table, &every_server_up, &model);
    Ok(Planned {
        now,
        answered,
        table,
    })
}

/// What is left to do when the real servers answer, each change with that as its reason.
fn plan_towards(table: &Table, every_server_up: &Table, model: &Model) -> Plan {
    plan(
        table,
        every_server_up,
        &services(model),
        |service, server| {
            let is_probed = |endpoint| {
                let real_servers = model.service(service).map(|service| &service.real_servers);
                real_servers
                    .is_some_and(|known| known.iter().any(|known| known.endpoint == endpoint))
            };
            match server {
                Some(server) if is_probed(*server) => "once it answers".to_owned(),
                _ => "once a real server answers".to_owned(),
            }
        },
    )
}

fn in_words(planned: &Planned) -> String {
    let mut text: String = planned.steps().map(|step| format!("{step}\n")).collect();
    text += &match planned.steps().count() {
        0 => "nothing to change\n".to_owned(),
        steps => format!("{}\n", count(steps, "change")),
    };
    text
}

/// The changes for programs.
#[derive(Serialize)]
struct Changes {
    changes: Vec<Change>,
}

/// One change, its parts and its words.
#[derive(Serialize)]
struct Change {
    /// `now`, or `answered` when the real servers must answer first.
    when: &'static str,
    action: &'static str,
    service: String,
    server: Option<String>,
    text: String,
    because: String,
}

fn changes(planned: &Planned) -> Changes {
    let now = planned.now.steps.iter().map(|step| change(step, "now"));
    let answered = planned.answered.steps.iter();
    Changes {
        changes: now
            .chain(answered.map(|step| change(step, "answered")))
            .collect(),
    }
}

fn change(step: &Step, when: &'static str) -> Change {
    let action = match step.op {
        Op::AddService { .. } | Op::AddServer { .. } => "add",
        Op::EditService { .. } | Op::EditServer { .. } => "edit",
        Op::DeleteService { .. } | Op::DeleteServer { .. } => "delete",
    };
    Change {
        when,
        action,
        service: step.op.service().to_string(),
        server: step.op.server().map(|server| server.to_string()),
        text: step.op.to_string(),
        because: step.because.clone(),
    }
}
