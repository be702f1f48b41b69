//! The control interface: JSON over HTTP on a Unix socket, server and client. What it says is in [`wire`], kept apart
//! from the core's types so that these can change without breaking who listens.

pub mod apply;
mod client;
pub mod departing;
mod error;
pub mod overrides;
mod overview;
mod peer;
mod place;
mod server;
pub mod wire;

pub use client::Client;
pub use error::ApiError;
pub use overview::Overview;
pub use place::{default_socket, likely_socket, usual_sockets};
pub use server::{Control, Listener};
pub use wire::ReloadOutcome;
