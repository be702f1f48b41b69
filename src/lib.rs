//! The imperative shell of ipvsd: it does and never decides. Each module is an adapter to one piece of the world; what
//! they do is decided in `director-core`.
//!
//! Rows, each importing only rows below it: `cli`; `daemon`; `loader`, `ipvs`, `probe`, `api`, `ldirectord`.

pub mod api;
mod background_writer;
mod blocking;
pub mod cli;
pub mod daemon;
pub mod doctor;
mod http_client;
pub mod ipvs;
pub mod ldirectord;
pub mod loader;
pub mod machine;
pub mod maintenance;
pub mod net;
pub mod netns;
pub mod notify;
pub mod probe;
mod program;
mod regular_file;
mod sources;
mod stamp;
pub mod store;
mod trusted_file;
