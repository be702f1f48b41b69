//! Everything that can happen to a director.

use std::sync::Arc;

use crate::diagnostic::Diagnostic;
use crate::health::{ProbeId, Report};
use crate::model::{Model, ServiceId};
use crate::plan::OpFailure;
use crate::table::Table;

/// One thing that happened.
#[derive(Debug, Clone)]
pub enum Event {
    /// Definitions were read and are valid: at the start, and at every reload.
    Loaded {
        /// The valid model.
        model: Arc<Model>,
        /// Warnings that came with it.
        warnings: Vec<Diagnostic>,
    },
    /// Definitions were read again and are not valid; the former ones stay.
    LoadRefused {
        /// What is wrong with them.
        diagnostics: Vec<Diagnostic>,
    },
    /// The whole kernel table was read.
    TableRead {
        /// What it holds.
        table: Table,
    },
    /// The kernel table could not be read.
    ReadFailed {
        /// What was attempted, the error number and its meaning.
        message: String,
    },
    /// A plan was carried out, as far as the kernel let it.
    Applied {
        /// The services that the plan touched.
        services: Vec<ServiceId>,
        /// The operations that the kernel refused.
        failures: Vec<OpFailure>,
        /// Those services as the kernel holds them now; the words of the failure when they could not be read.
        observed: Result<Table, String>,
    },
    /// A probe has its answer.
    Probed {
        /// Which probe.
        probe: ProbeId,
        /// What it found.
        report: Report,
    },
    /// The deadline that the director asked for has come.
    Woken,
    /// The director shall stop.
    StopRequested,
}
