//! The command line of ipvsctl as typed.

use clap::{Parser, Subcommand};

use super::apply::{ApplyArgs, TrialArgs};
use super::check::CheckArgs;
use super::compare::CompareArgs;
use super::connections::ConnectionsArgs;
use super::convert::ConvertArgs;
use super::doctor::DoctorArgs;
use super::events::EventsArgs;
use super::generate::GenerateArgs;
use super::help;
use super::list::{ListArgs, SaveArgs};
use super::observed::{DiffArgs, TakeOverArgs};
use super::overrides::{EnableArgs, OverrideArgs, OverridesArgs, WeightArgs};
use super::plan::PlanArgs;
use super::probe::ProbeArgs;
use super::realserver::RealServerArgs;
use super::replay::ReplayArgs;
use super::restore::RestoreArgs;
use super::schema::SchemaArgs;
use super::set_timeouts::SetTimeoutsArgs;
use super::simulate::SimulateArgs;
use super::status::{ExplainArgs, ReloadArgs, StatusArgs, UnfreezeArgs};
use super::zero::ZeroArgs;

/// Manage Linux IPVS load balancing: check and plan configurations, list the kernel's table, control the daemon.
#[derive(Debug, Parser)]
#[command(name = "ipvsctl", version, max_term_width = 100, after_help = help::IPVSCTL)]
pub(super) struct Ipvsctl {
    #[command(subcommand)]
    pub(super) command: IpvsctlCommand,
}

/// What ipvsctl can do.
#[derive(Debug, Subcommand)]
pub(super) enum IpvsctlCommand {
    /// Check configuration files and report every error
    #[command(after_help = help::CHECK)]
    Check(CheckArgs),
    /// Convert an ldirectord.cf, a keepalived.conf or a saved table of ipvsadm to YAML
    #[command(after_help = help::CONVERT)]
    Convert(ConvertArgs),
    /// Show what a configuration file would change, without changing anything
    #[command(after_help = help::PLAN)]
    Plan(PlanArgs),
    /// Apply a configuration file, permanently or on trial with --confirm
    #[command(after_help = help::APPLY)]
    Apply(ApplyArgs),
    /// Keep a configuration that is on trial
    #[command(after_help = help::CONFIRM)]
    Confirm(TrialArgs),
    /// End a trial and return to the previous configuration
    #[command(after_help = help::ROLLBACK)]
    Rollback(TrialArgs),
    /// List the kernel's table, as `ipvsadm -L` does
    #[command(after_help = help::LIST)]
    List(ListArgs),
    /// Print the kernel's table as commands that restore it, as `ipvsadm -S` does
    #[command(after_help = help::SAVE)]
    Save(SaveArgs),
    /// Restore services that were saved, as `ipvsadm -R` does
    #[command(after_help = help::RESTORE)]
    Restore(RestoreArgs),
    /// List the connections of a client, a service or a server
    #[command(after_help = help::CONNECTIONS)]
    Connections(ConnectionsArgs),
    /// Set the counters of all services or of one to 0, as `ipvsadm -Z` does
    #[command(after_help = help::ZERO)]
    Zero(ZeroArgs),
    /// Set the timeouts of the connection table, as `ipvsadm --set` does
    #[command(after_help = help::SET_TIMEOUTS)]
    SetTimeouts(SetTimeoutsArgs),
    /// Show services and servers: weights, health and its reason, next probes, refused changes
    #[command(after_help = help::STATUS)]
    Status(StatusArgs),
    /// Show what the daemon has reported: failures, returns, changes of the table
    #[command(after_help = help::EVENTS)]
    Events(EventsArgs),
    /// Run one health check once, as the daemon runs it
    #[command(after_help = help::PROBE)]
    Probe(Box<ProbeArgs>),
    /// Explain the weight of a real server, step by step
    #[command(after_help = help::EXPLAIN)]
    Explain(ExplainArgs),
    /// Diagnose this machine as a director or a real server
    #[command(after_help = help::DOCTOR)]
    Doctor(DoctorArgs),
    /// Set up this machine as a real server for direct routing or tunnels
    #[command(name = "realserver", after_help = help::REAL_SERVER)]
    RealServer(RealServerArgs),
    /// Drain a real server: no new connections, keep the open ones
    #[command(after_help = help::DRAIN)]
    Drain(OverrideArgs),
    /// Remove a real server at once and end its connections
    #[command(after_help = help::DISABLE)]
    Disable(OverrideArgs),
    /// Put a real server into maintenance: treat it as failed
    #[command(after_help = help::MAINTENANCE)]
    Maintenance(OverrideArgs),
    /// Override the weight of a real server
    #[command(after_help = help::WEIGHT)]
    Weight(WeightArgs),
    /// Remove the overrides of a real server
    #[command(after_help = help::ENABLE)]
    Enable(EnableArgs),
    /// List the overrides
    #[command(after_help = help::OVERRIDES)]
    Overrides(OverridesArgs),
    /// Reload the configuration
    #[command(after_help = help::RELOAD)]
    Reload(ReloadArgs),
    /// Compare this director with the other one of a pair
    #[command(after_help = help::COMPARE)]
    Compare(CompareArgs),
    /// Show what `ipvsd --observe` would change, and since when
    #[command(after_help = help::DIFF)]
    Diff(DiffArgs),
    /// Start managing the table that `ipvsd --observe` only reads
    #[command(after_help = help::TAKEOVER)]
    Takeover(TakeOverArgs),
    /// Resume state changes that were frozen because all servers fell silent at once
    #[command(after_help = help::UNFREEZE)]
    Unfreeze(UnfreezeArgs),
    /// Simulate a configuration: play events in virtual time and print each change
    #[command(after_help = help::SIMULATE)]
    Simulate(SimulateArgs),
    /// Print the configuration format, as a JSON Schema or as a reference page
    #[command(after_help = help::SCHEMA)]
    Schema(SchemaArgs),
    /// Generate manual pages and completion scripts
    #[command(after_help = help::GENERATE, hide = true)]
    Generate(GenerateArgs),
    /// Replay a recording and compare decisions
    #[command(after_help = help::REPLAY)]
    Replay(ReplayArgs),
}
