//! The process as others see it: its name, its session, its directory and its standard descriptors.

use std::fs::File;
use std::io::{self, Write};

use ldirectord_compat::role::Mode;
use nix::sys::prctl;
use nix::unistd;

/// To be called first, before any thread is started: takes the name and, for a daemon, a session and directory of its own.
///
/// # Errors
/// When the system refuses one of these.
pub fn enter(mode: Mode) -> io::Result<()> {
    // The name of the main thread is that of the process, for those who look for it by name.
    prctl::set_name(c"ldirectord")?;
    if mode == Mode::Daemon {
        unistd::setsid()?;
        std::env::set_current_dir("/")?;
    }
    Ok(())
}

/// What whoever started us shall read.
pub(super) fn print_startup(lines: impl Iterator<Item = String>) {
    for line in lines {
        // Nobody may be reading, which keeps no director from its work.
        let _ = writeln!(io::stderr(), "{line}");
    }
}

/// Gives up standard error, by which whoever started us learns that we are in place.
pub(super) fn close_stderr() -> io::Result<()> {
    let nothing = File::options().write(true).open("/dev/null")?;
    Ok(unistd::dup2_stderr(&nothing)?)
}
