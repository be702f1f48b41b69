//! `ipvsctl realserver`: sets this machine up as a real server, takes that back, says how it stands; prints what the real
//! servers of a definitions file need. No daemon is asked.

mod sheet;

use std::net::IpAddr;
use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use director_core::realserver::{ETHERNET_MTU, GUE_PORT, Mode, Setup, interfaces_text, unit_text};
use serde::Serialize;

use super::error::CliError;
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
    /// Sets this machine up to serve a VIP: address, ARP, tunnel, segment size. A second time changes nothing
    Up(UpArgs),
    /// Takes VIPs down and puts back exactly what was there before
    Down(DownArgs),
    /// Says what is set up and how each change stands; exit status 1 when one is missing
    Status(RealServerStatusArgs),
    /// Prints what each real server of a definitions file needs
    Print(PrintArgs),
}

#[derive(Debug, Args)]
struct Restored {
    /// Where it is remembered what was made
    #[arg(long, value_name = "FILE", default_value_os_t = default_journal())]
    state: PathBuf,
}

#[derive(Debug, Args)]
struct UpArgs {
    /// The virtual IP
    #[arg(long)]
    vip: IpAddr,
    /// How the director forwards to this machine
    #[arg(long, value_enum)]
    mode: ModeWord,
    /// UDP port of a gue tunnel [default: 6080]
    #[arg(long)]
    port: Option<u16>,
    /// The director's gre packets carry a checksum
    #[arg(long)]
    checksum: bool,
    /// The address of this machine that the director sends to; all of them when not given
    #[arg(long, value_name = "RIP")]
    local: Option<IpAddr>,
    /// Largest TCP segment that clients are told, so that what they send fits into the tunnel: bytes, auto or off
    #[arg(long, default_value = "auto")]
    mss: SegmentArg,
    /// Print a systemd unit and a stanza of /etc/network/interfaces that do the same at every start; change nothing
    #[arg(long, value_enum, num_args = 0..=1, default_missing_value = "all", value_name = "FORM")]
    print: Option<PrintFormat>,
    #[command(flatten)]
    remembered: Restored,
}

#[derive(Debug, Args)]
struct DownArgs {
    /// The virtual IP; all that are set up when not given
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
    /// Definitions: YAML, or the form of ldirectord.cf
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
    let changes = real_server::up(&args.remembered.state, setup)?;
    told(&changes, output)
}

/// What cannot be meant together.
fn contradiction(args: &UpArgs) -> Option<&'static str> {
    if args.port.is_some() && args.mode != ModeWord::Gue {
        return Some("only a gue tunnel has a port: leave --port out, or write --mode gue");
    }
    if args.port == Some(0) {
        return Some("port 0 is none: write the UDP port that the director sends to");
    }
    if args.checksum && args.mode != ModeWord::Gre {
        return Some("only gre has to be told of checksums: leave --checksum out");
    }
    let by_ip = matches!(args.print, Some(form) if form != PrintFormat::Systemd);
    if by_ip && args.checksum && args.local.is_none() {
        return Some(
            "ip(8) leaves the checksum out of a tunnel for all addresses: write --local ADDRESS, the one that the director sends to; or --print systemd",
        );
    }
    if args.local.is_some() && args.mode == ModeWord::Dr {
        return Some("direct routing has no outer address: leave --local out");
    }
    if matches!(args.mss, SegmentArg::Bytes(_)) && args.mode == ModeWord::Dr {
        return Some("direct routing wraps nothing, so that every segment fits: leave --mss out");
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
    let changes = real_server::down(&args.remembered.state, &args.vip)?;
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
                "left out: {change}: {why}; where clients do not learn of smaller packets by ICMP, raise the MTU between director and this machine"
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
    let setups = real_server::setups(&args.remembered.state)?;
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
            output.text("no VIP is set up here\n")?;
        }
        for Standing { change, present } in &changes {
            let word = if *present { "ok" } else { "MISSING" };
            output.text(&format!("  {word:<8}{change}\n"))?;
        }
    }
    Ok(if complete { Exit::Fine } else { Exit::Found })
}
