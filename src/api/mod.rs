//! The control interface: JSON over HTTP on a Unix socket, server and client. What it says is in [`wire`], kept apart
//! from the core's types so that these can change without breaking who listens.

mod answers;
pub mod apply;
mod client;
mod clients;
mod connection;
mod control;
pub mod departing;
mod error;
pub mod overrides;
mod overview;
mod peer;
mod place;
mod server;
mod socket_file;
mod values;
pub mod wire;

pub use client::Client;
pub use control::Control;
pub use error::ApiError;
pub use overview::Overview;
pub use place::{default_socket, likely_socket, usual_sockets};
pub use server::Listener;
pub use wire::ReloadOutcome;

#[cfg(test)]
mod tests;
