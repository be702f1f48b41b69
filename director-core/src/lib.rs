//! The functional core of ipvsd: it decides and never does. No files, sockets, threads or clocks; time arrives as data.
//!
//! Data flow: definitions (as written) are validated into a [`model::Model`]; probe reports become health states in
//! [`health`]; model and health states give the desired [`table::Table`]; [`plan::plan`] finds the operations that lead there
//! from the observed one. [`director::Director`] holds the only mutable state and turns events into effects.
//!
//! Reading order: [`definitions`], [`model`], [`table`], [`scope`], [`plan`], [`health`], [`overrides`], [`recovery`], [`weight`],
//! [`desired`], [`notify`], [`director`], [`snapshot`].

pub mod definitions;
pub mod desired;
pub mod diagnostic;
pub mod director;
pub mod guard;
pub mod health;
pub mod model;
pub mod moment;
pub mod naming;
pub mod notify;
pub mod overrides;
pub mod persistent_state;
pub mod plan;
pub mod realserver;
pub mod recovery;
pub mod scope;
pub mod snapshot;
pub mod table;
pub mod weight;
