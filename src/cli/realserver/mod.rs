//! `ipvsctl realserver`: sets this machine up as a real server, takes that back, says how it stands; prints what the real
//! servers of a definitions file need. No daemon is asked.

mod sheet;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use director_core::realserver::{ETHERNET_MTU, GUE_PORT, Mode, Setup, interfaces_text, unit_text};
use serde::Serialize;

use super::error::CliError;
use super::help;
use super::output::{Exit, Output};
use crate::machine::MachineError;
use crate::machine::real_server::{self, Change, Standing, default_journal};

/// Arguments of `ipvsctl realserver`.
#[derive(Debug, Args)]
pub(super) struct RealServerArgs {
    #[command(subcommand)]
    command: RealServerCommand,
}

#[derive(Debug, Subcommand)]
enum RealServerCommand {
    /// Set up this machine for a VIP: address, ARP, tunnel, segment size
    #[command(after_help = help::REAL_SERVER_UP)]
    Up(UpArgs),
    /// Remove VIPs and restore the previous settings
    #[command(after_help = help::REAL_SERVER_DOWN)]
    Down(DownArgs),
    /// Show what is set up; exit with status 1 if something is missing
    #[command(after_help = help::REAL_SERVER_STATUS)]
    Status(RealServerStatusArgs),
    /// Print what each real server of a configuration needs
    #[command(after_help = help::REAL_SERVER_PRINT)]
    Print(PrintArgs),
}

#[derive(Debug, Args)]
struct Restored {
    /// State file of `ipvsctl realserver` [default: /run/ipvsd/realserver.json; in the network namespace NAME
    /// realserver@NAME.json]
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

impl Restored {
    fn path(&self) -> PathBuf {
        self.state.clone().unwrap_or_else(default_journal)
    }
}

#[derive(Debug, Args)]
struct UpArgs {
    /// Virtual IP address
    #[arg(long)]
    vip: IpAddr,
    /// Forwarding method of the director
    #[arg(long, value_enum)]
    mode: ModeWord,
    /// UDP port of a gue tunnel [default: 6080]
    #[arg(long)]
    port: Option<u16>,
    /// Expect a checksum in the director's GRE packets
    #[arg(long)]
    checksum: bool,
    /// Address of this machine that the director sends to [default: any]
    #[arg(long, value_name = "RIP")]
    local: Option<IpAddr>,
    /// TCP segment size to announce to clients, so that their packets fit the tunnel: bytes, auto or off
    #[arg(long, default_value = "auto")]
    mss: SegmentArg,
    /// Print a systemd unit and an /etc/network/interfaces stanza that do this at boot; change nothing
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "all", value_name = "FORM")]
    print: Option<PrintFormat>,
    #[command(flatten)]
    remembered: Restored,
}

#[derive(Debug, Args)]
struct DownArgs {
    /// Virtual IP address; may be repeated [default: all that are set up]
    #[arg(long)]
    vip: Vec<IpAddr>,
    #[command(flatten)]
    remembered: Restored,
}

#[derive(Debug, Args)]
struct RealServerStatusArgs {
    /// Print JSON
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    remembered: Restored,
}

#[derive(Debug, Args)]
struct PrintArgs {
    /// Configuration file: YAML, ldirectord.cf or keepalived.conf
    #[arg(long = "for", value_name = "FILE")]
    file: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ModeWord {
    Dr,
    Ipip,
    Gre,
    Gue,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum PrintFormat {
    All,
    Systemd,
    Interfaces,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SegmentArg {
    Auto,
    Off,
    Bytes(u16),
}

impl std::str::FromStr for SegmentArg {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            number => number
                .parse()
                .map(Self::Bytes)
                .map_err(|_| "write a number of bytes, auto or off"),
        }
    }
}

/// Does what was asked.
pub(super) fn run(args: &RealServerArgs, output: &mut Output) -> Result<Exit, CliError> {
    match &args.command {
        RealServerCommand::Up(args) => up(args, output),
        RealServerCommand::Down(args) => down(args, output),
        RealServerCommand::Status(args) => status(args, output),
        RealServerCommand::Print(args) => sheet::print(&args.file, output),
    }
}

fn up(args: &UpArgs, output: &mut Output) -> Result<Exit, CliError> {
    if let Some(words) = contradiction(args) {
        output.note(words)?;
        return Ok(Exit::Unusable);
    }
    let mut setup = Setup {
        vip: args.vip,
        mode: match args.mode {
            ModeWord::Dr => Mode::Dr,
            ModeWord::Ipip => Mode::Ipip,
            ModeWord::Gre => Mode::Gre {
                checksum: args.checksum,
            },
            ModeWord::Gue => Mode::Gue {
                port: args.port.unwrap_or(GUE_PORT),
            },
        },
        local: args.local,
        mss: None,
    };
    setup.mss = match args.mss {
        SegmentArg::Off => None,
        SegmentArg::Bytes(bytes) => Some(bytes),
        SegmentArg::Auto => {
            let mtu = match args.print {
                None => real_server::smallest_mtu()?,
                Some(_) => None,
            };
            setup.fitting_segment(mtu.unwrap_or(ETHERNET_MTU))
        }
    };
    setup.check().map_err(MachineError::from)?;
    if let Some(form) = args.print {
        return print(&setup, form, output);
    }
    let changes = real_server::up(&args.remembered.path(), setup)?;
    told(&changes, output)
}

/// What cannot be meant together.
fn contradiction(args: &UpArgs) -> Option<&'static str> {
    if args.port.is_some() && args.mode != ModeWord::Gue {
        return Some("only a gue tunnel has a port; remove --port, or use --mode gue");
    }
    if args.port == Some(0) {
        return Some("port 0 is out of range; write the UDP port that the director sends to");
    }
    if args.checksum && args.mode != ModeWord::Gre {
        return Some("--checksum is only for --mode gre; remove it");
    }
    let by_ip = matches!(args.print, Some(form) if form != PrintFormat::Systemd);
    if by_ip && args.checksum && args.local.is_none() {
        return Some(
            "ip(8) cannot set a checksum on a tunnel for any address; write --local ADDRESS with the address that \
             the director sends to, or --print systemd",
        );
    }
    if args.local.is_some() && args.mode == ModeWord::Dr {
        return Some("direct routing has no outer address; remove --local");
    }
    if matches!(args.mss, SegmentArg::Bytes(_)) && args.mode == ModeWord::Dr {
        return Some("direct routing has no tunnel, so every segment fits; remove --mss");
    }
    None
}

fn print(setup: &Setup, form: PrintFormat, output: &mut Output) -> Result<Exit, CliError> {
    let mut texts = Vec::new();
    if form != PrintFormat::Interfaces {
        texts.push(unit_text(setup));
    }
    if form != PrintFormat::Systemd {
        texts.push(interfaces_text(setup));
    }
    output.text(&texts.join("\n"))?;
    Ok(Exit::Fine)
}

fn down(args: &DownArgs, output: &mut Output) -> Result<Exit, CliError> {
    let changes = real_server::down(&args.remembered.path(), &args.vip)?;
    told(&changes, output)
}

fn told(changes: &[Change], output: &mut Output) -> Result<Exit, CliError> {
    if changes.is_empty() {
        output.text("nothing to change\n")?;
    }
    for change in changes {
        match change {
            Change::Made(change, Some(former)) => {
                output.text(&format!("set     {change}  (was {former})\n"))?;
            }
            Change::Made(change, None) => output.text(&format!("add     {change}\n"))?,
            Change::Undone(entry) => match &entry.former {
                Some(former) => {
                    output.text(&format!("restore {}  (to {former})\n", entry.change))?;
                }
                None => output.text(&format!("remove  {}\n", entry.change))?,
            },
            Change::LeftOut(change, why) => output.note(&format!(
                "skipped: {change}: {why}; if ICMP does not tell clients about smaller packets, raise the MTU \
                 between the director and this machine"
            ))?,
        }
    }
    Ok(Exit::Fine)
}

/// What is set up, for programs.
#[derive(Serialize)]
struct RealServerReport {
    vips: Vec<VipArg>,
    changes: Vec<ChangeReport>,
}

#[derive(Serialize)]
struct VipArg {
    vip: IpAddr,
    mode: String,
    local: Option<IpAddr>,
    mss: Option<u16>,
}

#[derive(Serialize)]
struct ChangeReport {
    change: String,
    present: bool,
}

fn status(args: &RealServerStatusArgs, output: &mut Output) -> Result<Exit, CliError> {
    let setups = real_server::setups(&args.remembered.path())?;
    let changes = real_server::standing(&setups)?;
    let complete = changes.iter().all(|standing| standing.present);
    if args.json {
        output.json(&RealServerReport {
            vips: setups
                .iter()
                .map(|setup| VipArg {
                    vip: setup.vip,
                    mode: setup.mode.to_string(),
                    local: setup.local,
                    mss: setup.mss,
                })
                .collect(),
            changes: changes
                .iter()
                .map(|standing| ChangeReport {
                    change: standing.change.to_string(),
                    present: standing.present,
                })
                .collect(),
        })?;
    } else {
        for setup in &setups {
            output.text(&format!("{} by {}\n", setup.vip, setup.mode))?;
        }
        if setups.is_empty() {
            output.text("no VIP is set up on this machine\n")?;
        }
        for Standing { change, present } in &changes {
            let word = if *present { "ok" } else { "MISSING" };
            output.text(&format!("  {word:<8}{change}\n"))?;
        }
    }
    Ok(if complete { Exit::Fine } else { Exit::Found })
}
