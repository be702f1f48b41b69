//! `ipvsctl zero`: sets the kernel's counters to 0, as `ipvsadm -Z` does.

use clap::Args;

use super::error::CliError;
use super::list::ServiceSelection;
use super::output::Exit;
use crate::ipvs::NetlinkKernel;

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct ZeroArgs {
    #[command(flatten, next_help_heading = "Selection")]
    service: ServiceSelection,
}

/// Sets the counters of one service and its servers to 0, or those of all.
pub(super) fn run(args: &ZeroArgs) -> Result<Exit, CliError> {
    let id = args.service.id();
    match (NetlinkKernel::open()?.zero(id.as_ref())?, id) {
        (false, Some(id)) => Err(CliError::NoSuchService(id)),
        _ => Ok(Exit::Fine),
    }
}
