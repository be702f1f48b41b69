//! The ipvsctl command: hands its arguments to [`ipvsd::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    ipvsd::cli::ipvsctl()
}
