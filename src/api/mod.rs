//! The control interface: JSON over HTTP on a Unix socket, server and client. What it says is in [`wire`], kept apart
//! from the core's types so that these can change without breaking who listens.

mod answers;
pub mod apply;
mod client;
mod clients;
mod connection;
mod control;
mod counters;
pub mod departing;
pub mod digest;
mod error;
pub mod event_kind;
mod event_schema;
mod event_stream;
pub mod events;
mod exchange;
mod health;
mod limited_warnings;
pub mod metrics;
pub mod overrides;
mod overview;
mod page_listener;
mod pages;
mod peer;
pub mod peer_client;
pub mod peer_status;
mod place;
mod server;
mod socket_file;
pub mod sync_daemons;
pub mod takeover;
mod values;
pub mod wire;

pub use client::Client;
pub use control::Control;
pub use counters::{Counters, Durations, ServiceCounters};
pub use error::ApiError;
pub use event_kind::EventKind;
pub use event_schema::event_schema;
pub use events::{EventContent, EventJournal};
pub use overview::Overview;
pub use page_listener::PageListener;
pub use place::{default_socket, likely_socket, usual_sockets};
pub use server::Listener;
pub use wire::ReloadOutcome;

#[cfg(test)]
mod tests;
