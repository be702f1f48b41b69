//! The tables of keys: one module for each subject, with the typed value that each mapping fills.

pub(super) mod advice;
pub(super) mod check;
mod command;
pub(super) mod director;
pub(super) mod file;
mod headers;
pub(super) mod kinds;
mod never_up;
pub(super) mod notify;
mod protocols;
pub(super) mod recovery;
pub(super) mod server;
pub(super) mod service;
pub(super) mod source;
