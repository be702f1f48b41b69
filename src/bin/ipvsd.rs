//! The ipvsd command: the director daemon of a Linux host.

use std::process::ExitCode;

fn main() -> ExitCode {
    ipvsd::cli::ipvsd()
}
