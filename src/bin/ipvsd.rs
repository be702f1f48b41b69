//! The ipvsd command: the director daemon of a Linux host.

use std::process::ExitCode;

use mimalloc::MiMalloc;

/// Gives back the memory of ten thousand probes that have ended (docs/adr/0012-mimalloc.md).
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    ipvsd::cli::ipvsd()
}
