//! The arguments of `ipvsctl list` and `ipvsctl save` as typed. All options of `ipvsadm -L` are among them.

use clap::Args;

use super::select::ServiceSelection;
use super::table::{Numbers, View};

/// The arguments of `ipvsctl list`.
#[derive(Debug, Args)]
pub(in crate::cli) struct ListArgs {
    /// Show numbers instead of host and port names
    #[arg(short, long)]
    pub(super) numeric: bool,
    /// Show exact numbers, without K, M and G
    #[arg(short = 'X', long)]
    exact: bool,
    /// Include the probe services of checks with `via: vip`
    #[arg(long)]
    pub(super) all: bool,
    /// Print JSON, always with numbers and in the order of numbers
    #[arg(long)]
    pub(super) json: bool,
    /// Keep the order of the kernel
    #[arg(long)]
    pub(super) nosort: bool,
    /// Sort as ipvsadm does [default]
    #[arg(long)]
    sort: bool,
    /// Taken and ignored, so that the options of `ipvsadm -Ln` work as they are
    #[arg(short = 'L', short_alias = 'l', long = "list", hide = true)]
    list: bool,
    #[command(flatten, next_help_heading = "Columns")]
    pub(super) columns: Columns,
    #[command(flatten, next_help_heading = "Selection")]
    pub(super) service: ServiceSelection,
    #[command(flatten, next_help_heading = "Other tables")]
    pub(super) other: OtherSubject,
}

impl ListArgs {
    pub(super) fn numbers(&self) -> Numbers {
        match self.exact {
            true => Numbers::Exact,
            false => Numbers::Scaled,
        }
    }
}

/// Which columns are shown; of several the first in this order counts, as with ipvsadm.
#[derive(Debug, Args)]
pub(super) struct Columns {
    /// Show counters
    #[arg(long)]
    stats: bool,
    /// Show rates per second
    #[arg(long)]
    rate: bool,
    /// Show the connection thresholds; with --save write them too
    #[arg(long)]
    pub(super) thresholds: bool,
    /// Show persistent connections; with --connection the data of persistence engines
    #[arg(long)]
    pub(super) persistent_conn: bool,
    /// Show the tunnel type
    #[arg(long)]
    tun_info: bool,
}

impl Columns {
    pub(super) fn view(&self) -> View {
        [
            (self.stats, View::Stats),
            (self.rate, View::Rate),
            (self.thresholds, View::Thresholds),
            (self.persistent_conn, View::Persistent),
            (self.tun_info, View::Tunnels),
        ]
        .into_iter()
        .find_map(|(asked, view)| asked.then_some(view))
        .unwrap_or_default()
    }
}

/// What is listed in place of services.
#[derive(Debug, Args)]
#[group(multiple = false, conflicts_with = "ServiceSelection")]
pub(super) struct OtherSubject {
    /// List the connection table
    #[arg(short, long, conflicts_with_all = ["stats", "rate", "thresholds"])]
    pub(super) connection: bool,
    /// Show the timeouts of the connection table
    #[arg(long, conflicts_with_all = ["stats", "rate", "thresholds", "persistent_conn"])]
    pub(super) timeout: bool,
    /// Show the connection synchronisation daemons of the kernel
    #[arg(long, conflicts_with_all = ["stats", "rate", "thresholds", "persistent_conn"])]
    pub(super) daemon: bool,
    /// Print the table as commands that restore it, as `ipvsctl save` does
    #[arg(short = 'S', long, conflicts_with_all = ["json", "stats", "rate", "persistent_conn", "tun_info"])]
    pub(super) save: bool,
}

/// The arguments of `ipvsctl save`.
#[derive(Debug, Args)]
pub(in crate::cli) struct SaveArgs {
    /// Show numbers instead of host and port names
    #[arg(short, long)]
    pub(super) numeric: bool,
    /// Write connection thresholds too, which `ipvsadm -S` leaves out and `ipvsadm -R` takes
    #[arg(long)]
    pub(super) thresholds: bool,
    /// Include the probe services of checks with `via: vip`
    #[arg(long)]
    pub(super) all: bool,
}
