//! What can keep a subcommand from its work. Faults of a definitions file are not among them: they are its output.

use std::io;
use std::path::PathBuf;

use director_core::model::ServiceId;
use thiserror::Error;

use super::output::Exit;
use crate::daemon::DaemonError;
use crate::ipvs::KernelError;
use crate::machine::MachineError;

/// What can keep a subcommand from its work.
#[derive(Debug, Error)]
pub(super) enum CliError {
    /// Nobody takes the output.
    #[error("cannot write the output: {0}")]
    Output(#[from] io::Error),
    /// A value has no JSON form.
    #[error("cannot write the output as JSON: {0}")]
    Json(#[from] serde_json::Error),
    /// A file that is not definitions cannot be read.
    #[error("cannot read {}: {source}", file.display())]
    Unreadable { file: PathBuf, source: io::Error },
    /// A file beside the daemon's definitions cannot be written.
    #[error("cannot write {}: {source}; run as a user who may change the daemon's configuration", file.display())]
    Unwritable { file: PathBuf, source: io::Error },
    /// A generated file cannot be written.
    #[error("cannot write {}: {source}", file.display())]
    NotGenerated { file: PathBuf, source: io::Error },
    /// Definitions are in force and not in their place.
    #[error("the new configuration is in force, but {} could not be replaced: {source}; copy it there, or a restart \
        returns to the previous one", file.display())]
    NotInstalled { file: PathBuf, source: io::Error },
    /// A line of a recording is not one.
    #[error("{}:{line}: not an event of a recording: {source}; use a recording of the same version of ipvsd", file.display())]
    Recording {
        file: PathBuf,
        /// The line, from 1.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// Words on the command line that do not go together.
    #[error("{0}")]
    Usage(String),
    /// A question lacks a part that its kind needs.
    #[error("this probe needs {0}")]
    ProbeLacks(&'static str),
    /// An option has no effect on the kind of probe.
    #[error("{option} has no effect on {kind}; leave it out")]
    ProbeIgnores {
        /// The option.
        option: &'static str,
        /// The kind.
        kind: &'static str,
    },
    /// A file of certificates or of a key is of no use.
    #[error("{path}: {why}")]
    ProbeFile { path: String, why: String },
    /// This process cannot wait for answers.
    #[error("cannot start the probe: {0}")]
    Runtime(#[source] io::Error),
    /// A daemon that observed cannot start again to manage the table.
    #[error("cannot start again to manage the table: {0}; start ipvsd without --observe")]
    NotTakenOver(#[source] io::Error),
    /// The daemon cannot be asked.
    #[error(transparent)]
    Api(#[from] crate::api::ApiError),
    /// The other director cannot be asked.
    #[error("cannot read the digest of {peer}: {error}")]
    Peer {
        peer: String,
        #[source]
        error: crate::api::peer_client::PeerError,
    },
    /// The daemon cannot begin.
    #[error(transparent)]
    Daemon(#[from] DaemonError),
    /// The log filter is not one.
    #[error("invalid --log filter: {0}; write error, warn, info, debug or trace")]
    LogFilter(#[from] tracing_subscriber::filter::ParseError),
    /// The doctor cannot look.
    #[error(transparent)]
    Doctor(#[from] crate::doctor::GatherError),
    /// This machine cannot be set up as a real server.
    #[error(transparent)]
    Machine(#[from] MachineError),
    /// The kernel cannot be asked.
    #[error(transparent)]
    Kernel(#[from] KernelError),
    /// The kernel has no such service.
    #[error("No such service: {0}")]
    NoSuchService(ServiceId),
    /// A daemon would revert a change.
    #[error(
        "ipvsd manages {services} and would revert this. Nothing was changed; change {configuration} instead, or leave the \
        service out"
    )]
    Managed {
        /// What the services listen on.
        services: String,
        configuration: String,
    },
    /// What a daemon manages cannot be found out.
    #[error(
        "ipvsd has this table ({name}) and would revert changes of its services, but does not say which: {source}; name its \
        control socket with --socket"
    )]
    SilentDaemon { name: String, source: Box<CliError> },
    /// A daemon would set a timeout again.
    #[error("ipvsd sets the timeout {name} to {seconds} s and would revert this. Nothing was changed; change director.timeouts in \
        {} instead", configuration.display())]
    ConfiguredTimeout {
        name: &'static str,
        seconds: u32,
        configuration: PathBuf,
    },
    /// The kernel does not show its connections.
    #[error("cannot read the connection table, /proc/net/ip_vs_conn: {0}")]
    ConnectionTable(#[source] io::Error),
}

impl CliError {
    /// Whether the reader of our output has left.
    pub(super) fn is_broken_pipe(&self) -> bool {
        matches!(self, Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit status that says so.
    pub(super) fn exit(&self) -> Exit {
        match self {
            Self::Output(_)
            | Self::Usage(_)
            | Self::NotGenerated { .. }
            | Self::Unwritable { .. }
            | Self::ProbeLacks(_)
            | Self::ProbeIgnores { .. }
            | Self::ProbeFile { .. }
            | Self::Runtime(_)
            | Self::NotTakenOver(_)
            | Self::Json(_)
            | Self::LogFilter(_)
            | Self::Unreadable { .. }
            | Self::Recording { .. } => Exit::Unusable,
            Self::Daemon(DaemonError::Definitions(_)) => Exit::Unusable,
            Self::Machine(MachineError::Setup(_)) => Exit::Unusable,
            Self::Doctor(_)
            | Self::Machine(_)
            | Self::Api(_)
            | Self::Peer { .. }
            | Self::Daemon(_)
            | Self::NotInstalled { .. }
            | Self::Managed { .. }
            | Self::SilentDaemon { .. }
            | Self::ConfiguredTimeout { .. } => Exit::Refused,
            Self::Kernel(_) | Self::NoSuchService(_) | Self::ConnectionTable(_) => Exit::Refused,
        }
    }
}
