//! Changes this machine outside the IPVS table, records each change, and puts back what was there before: VIPs, settings of
//! the kernel, timeouts and sync daemons of a [`director`], and all that a [`real_server`] needs. What is wanted is decided in the core.
//!
//! Invariants: a change is in the [`journal`] before it is made, so that the next run knows of it even after a crash. What
//! was there before us is never undone, and what another program has changed since stays as it is. What is undone goes in
//! the reverse of the order in which it was made.

mod apply;
pub mod director;
mod error;
mod ipv6_routes;
mod journal;
mod mss_clamp;
mod new_vips;
pub mod real_server;
mod settings;
mod side_effects;
mod sync_daemons;
mod timeouts;
mod vip_replies;
mod vips;

pub use error::MachineError;
pub use journal::Entry;
