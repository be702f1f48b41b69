//! Everything that a director can wish for.

use std::fmt;
use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::duties::Duty;
use crate::health::{ProbeId, Transition};
use crate::model::{Endpoint, Probe, ServiceId};
use crate::overrides::Order;
use crate::plan::{Cause, OpFailure, Plan, Step};

/// One wish. The shell carries it out and reports back with an event where one is named.
#[derive(Debug, Clone, PartialEq)]
pub enum Effect {
    /// Read the whole kernel table; answer with `TableRead` or `ReadFailed`.
    ReadTable,
    /// Carry out a plan, read its services again; answer with `Applied`.
    Apply(Plan),
    /// Ask a real server; answer with `Probed`.
    Probe {
        /// Which probe.
        id: ProbeId,
        /// The question.
        probe: Probe,
    },
    /// Tell the operator.
    Tell(Notice),
    /// Do something besides; nobody waits for it.
    Duty(Duty),
    /// The kernel holds the desired table for the first time.
    Ready,
    /// All is done that had to be done before the end.
    Exit,
}

/// Something the operator should know.
#[derive(Debug, Clone, PartialEq)]
pub enum Notice {
    /// Definitions are in force.
    Loaded {
        /// How many virtual services.
        services: usize,
        /// How many real servers.
        real_servers: usize,
        /// Warnings that came with them.
        warnings: Vec<Diagnostic>,
    },
    /// New definitions were refused; the former ones stay in force.
    LoadRefused {
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// A real server has another verdict, or its first one.
    Verdict {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// From, to and why.
        transition: Transition,
        /// How long the former verdict stood.
        stood: Duration,
        /// How long the deciding probe took.
        took: Duration,
    },
    /// One of several checks of a real server has another verdict, and the server keeps its own.
    CheckTurned {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// The check.
        check: String,
        /// From, to and why.
        transition: Transition,
    },
    /// A real server that is up fails, but not yet often enough to count as down.
    Wavering {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// Failures in a row so far.
        failures: u32,
        /// Failures in a row that take it down.
        limit: u32,
        /// The last one.
        reason: String,
    },
    /// A real server that wavered answers well again.
    Steady {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
    },
    /// A director could not ask a server; that says nothing about the server.
    CannotProbe {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// Why.
        reason: String,
    },
    /// A server changes too often and is held out for a while.
    Held {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
        /// For how long, when it does not change again.
        until_in: Duration,
    },
    /// A server that was held out has been calm for long enough.
    Released {
        /// The service, by the operator's name.
        name: String,
        /// The server.
        server: Endpoint,
    },
    /// A standing order was given.
    OrderGiven {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// The order.
        order: Order,
    },
    /// A standing order was lifted or has lapsed.
    OrderLifted {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// The server.
        server: Endpoint,
        /// The order.
        order: Order,
    },
    /// A service has lost its last real server, or has one again.
    Availability {
        /// The service, by the operator's name.
        name: String,
        /// The service.
        service: ServiceId,
        /// Whether a real server takes connections.
        available: bool,
    },
    /// Someone else changed one of our services; it was put right.
    Drift {
        /// What was done about it.
        step: Step,
        /// Why the service is to be as it is.
        cause: Cause,
    },
    /// The kernel's table was changed.
    Change {
        /// What was done and why.
        step: Step,
        /// Why, as a kind.
        cause: Cause,
    },
    /// The kernel refused an operation.
    Refused {
        /// The operation and the error.
        failure: OpFailure,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The kernel's table could not be read.
    Unreadable {
        /// What was attempted and the error.
        message: String,
        /// When it is tried again.
        retry_in: Duration,
    },
    /// The director stops.
    Stopping {
        /// Services that leave the kernel.
        removed: usize,
        /// Services that stay in it.
        kept: usize,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Loaded {
                services,
                real_servers,
                ..
            } => write!(
                f,
                "definitions in force: {}, {}",
                counted(*services, "virtual service"),
                counted(*real_servers, "real server")
            ),
            Self::LoadRefused { diagnostics } => {
                let errors = diagnostics
                    .iter()
                    .filter(|finding| finding.is_error())
                    .count();
                write!(
                    f,
                    "definitions refused ({}), the former ones stay in force",
                    counted(errors, "error")
                )
            }
            Self::Verdict {
                name,
                server,
                transition,
                ..
            } => {
                let presumed = if transition.was_presumed {
                    "presumed "
                } else {
                    ""
                };
                write!(
                    f,
                    "{name} {server} {presumed}{} -> {}: {}",
                    transition.from, transition.to, transition.reason
                )
            }
            Self::CheckTurned {
                name,
                server,
                check,
                transition,
            } => write!(
                f,
                "{name} {server} check {check} {} -> {}: {}; the server's verdict stays",
                transition.from, transition.to, transition.reason
            ),
            Self::Wavering {
                name,
                server,
                failures,
                limit,
                reason,
                ..
            } => {
                write!(f, "{name} {server} fails ({failures} of {limit}): {reason}")
            }
            Self::Steady { name, server, .. } => {
                write!(
                    f,
                    "{name} {server} answers well again, its failures are forgotten"
                )
            }
            Self::CannotProbe {
                name,
                server,
                reason,
            } => {
                write!(
                    f,
                    "{name} {server} could not be asked, its verdict stays: {reason}"
                )
            }
            Self::Held {
                name,
                server,
                until_in,
            } => {
                write!(
                    f,
                    "{name} {server} changes too often and is held out for {} s",
                    until_in.as_secs()
                )
            }
            Self::Released { name, server } => {
                write!(f, "{name} {server} is calm again and let in")
            }
            Self::OrderGiven {
                name,
                server,
                order,
                ..
            } => write!(f, "{name} {server} {order} (ordered by {})", order.author),
            Self::OrderLifted {
                name,
                server,
                order,
                ..
            } => write!(
                f,
                "{name} {server} {} is over (it was: {}; ordered by {})",
                order.kind, order.reason, order.author
            ),
            Self::Availability {
                name, available, ..
            } => {
                let state = if *available {
                    "a real server is available again"
                } else {
                    "no real server is available"
                };
                write!(f, "{name}: {state}")
            }
            Self::Drift { step, .. } => write!(f, "drift: {step}"),
            Self::Change { step, .. } => step.fmt(f),
            Self::Refused { failure, retry_in } => {
                write!(
                    f,
                    "the kernel refused: {failure}; next attempt in {} s",
                    retry_in.as_secs()
                )
            }
            Self::Unreadable { message, retry_in } => {
                write!(f, "{message}; next attempt in {} s", retry_in.as_secs())
            }
            Self::Stopping { removed, kept } => {
                write!(
                    f,
                    "stopping: {removed} virtual services leave the kernel, {kept} stay"
                )
            }
        }
    }
}

/// `1 error`, `2 errors`.
fn counted(number: usize, what: &str) -> String {
    let plural = if number == 1 { "" } else { "s" };
    format!("{number} {what}{plural}")
}
