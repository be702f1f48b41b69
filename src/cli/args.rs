//! The command line of ipvsctl as typed.

use clap::{Parser, Subcommand};

use super::apply::{ApplyArgs, TrialArgs};
use super::check::CheckArgs;
use super::convert::ConvertArgs;
use super::doctor::DoctorArgs;
use super::list::{ListArgs, SaveArgs};
use super::overrides::{OverrideArgs, OverridesArgs, TargetArgs, WeightArgs};
use super::plan::PlanArgs;
use super::probe::ProbeArgs;
use super::realserver::RealServerArgs;
use super::replay::ReplayArgs;
use super::schema::SchemaArgs;
use super::simulate::SimulateArgs;
use super::status::{ExplainArgs, ReloadArgs, StatusArgs, UnfreezeArgs};

/// Directs Linux IPVS: checks and plans definitions, lists the kernel's table, asks the daemon.
#[derive(Debug, Parser)]
#[command(name = "ipvsctl", version, max_term_width = 100, after_help = EXIT_STATUS)]
pub(super) struct Ipvsctl {
    #[command(subcommand)]
    pub(super) command: IpvsctlCommand,
}

const EXIT_STATUS: &str = "Exit status: 0 fine; 1 something was found (check --strict, plan --exit-code, doctor); \
2 wrong usage or a file that cannot be used; 3 the kernel or the daemon refused.";

/// What ipvsctl can do.
#[derive(Debug, Subcommand)]
pub(super) enum IpvsctlCommand {
    /// Says what is wrong with a definitions file, all of it at once
    Check(CheckArgs),
    /// Prints the definitions of an ldirectord.cf as YAML
    Convert(ConvertArgs),
    /// Says what a definitions file would change in the kernel's table, and changes nothing
    Plan(PlanArgs),
    /// Has the daemon take other definitions, for good, or on trial with --confirm
    Apply(ApplyArgs),
    /// Keeps definitions that are on trial
    Confirm(TrialArgs),
    /// Goes back from definitions that are on trial
    Rollback(TrialArgs),
    /// Lists the kernel's table, as `ipvsadm -L` does
    List(ListArgs),
    /// Prints the kernel's table as the commands that make it, as `ipvsadm -S` does
    Save(SaveArgs),
    /// Shows what the daemon thinks: weights, verdicts with their reasons, next probes, what the kernel refuses
    Status(StatusArgs),
    /// Asks one server one question, as the daemon would, and says what came of it
    Probe(Box<ProbeArgs>),
    /// Explains the weight of one real server: defined, verdict, orders, kernel, each with its cause
    Explain(ExplainArgs),
    /// Says what is wrong with this machine as a director or a real server, and what mends it
    Doctor(DoctorArgs),
    /// Sets this machine up as a real server of direct routing or tunnels, and back
    #[command(name = "realserver")]
    RealServer(RealServerArgs),
    /// Orders that a real server gets no new connections, while those it has go on
    Drain(OverrideArgs),
    /// Orders a real server out of the table at once, with its connections
    Disable(OverrideArgs),
    /// Orders a real server out as if it had failed: quiesced or removed as its service says
    Maintenance(OverrideArgs),
    /// Orders another weight for a real server
    Weight(WeightArgs),
    /// Lifts what was ordered about a real server
    Enable(TargetArgs),
    /// Lists the standing orders
    Overrides(OverridesArgs),
    /// Has the daemon read its definitions again
    Reload(ReloadArgs),
    /// Lets verdicts move again that stand still because all servers failed at once
    Unfreeze(UnfreezeArgs),
    /// Plays definitions against events in virtual time and prints the timeline of tables
    Simulate(SimulateArgs),
    /// Prints the format of YAML definitions, as a JSON Schema for editors or as a page for people
    Schema(SchemaArgs),
    /// Does again, exactly, what a daemon did that ran with --record
    Replay(ReplayArgs),
}
