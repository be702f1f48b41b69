//! Tells clients of a VIP a smaller TCP segment size, by a rule of the firewall: the kernel has no other place for it that
//! is bound to an address. Takes nftables where it works, in a table of its own, else iptables.

use std::ffi::OsStr;
use std::io;
use std::net::IpAddr;
use std::process::{Command, Stdio};

use crate::net::NetError;

/// The programs that speak to netfilter's old tables, the usual one first.
const OLD: [[&str; 2]; 2] = [
    ["iptables", "ip6tables"],
    ["iptables-legacy", "ip6tables-legacy"],
];

/// Whether the rule is there.
pub(super) fn is_present(vip: IpAddr, mss: u16) -> bool {
    let in_tables = OLD
        .iter()
        .any(|names| run(program(names, vip), &old_rule("-C", vip, mss)).is_ok());
    in_tables
        || run("nft", &["list", "table", "inet", &table(vip)])
            .is_ok_and(|text| text.contains(&format!("set {mss}")))
}

/// Adds the rule.
pub(super) fn add(vip: IpAddr, mss: u16) -> Result<(), NetError> {
    let mut failures = match run("nft", &[&new_rule(vip, mss)]) {
        Ok(_) => return Ok(()),
        Err(failure) => vec![failure],
    };
    for names in &OLD {
        match run(program(names, vip), &old_rule("-A", vip, mss)) {
            Ok(_) => return Ok(()),
            Err(failure) => failures.push(failure),
        }
    }
    let words: Vec<String> = failures.iter().map(ToString::to_string).collect();
    Err(NetError::Program {
        attempted: format!("announce a segment size of {mss} to clients of {vip}"),
        program: "nft and iptables".to_owned(),
        words: words.join("; "),
    })
}

/// Removes the rule, wherever it is.
pub(super) fn remove(vip: IpAddr, mss: u16) -> Result<(), NetError> {
    // Each of these fails where the rule is not.
    let _ = run("nft", &["delete", "table", "inet", &table(vip)]);
    for names in &OLD {
        let _ = run(program(names, vip), &old_rule("-D", vip, mss));
    }
    if !is_present(vip, mss) {
        return Ok(());
    }
    Err(NetError::Program {
        attempted: format!("remove the rule about the segment size of {vip}"),
        program: "nft and iptables".to_owned(),
        words: "the rule is still there".to_owned(),
    })
}

fn program(names: &[&'static str; 2], vip: IpAddr) -> &'static str {
    if vip.is_ipv4() { names[0] } else { names[1] }
}

fn table(vip: IpAddr) -> String {
    let name: String = vip
        .to_string()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c } else { '_' })
        .collect();
    format!("lvs_realserver_{name}")
}

/// A table of its own with the rule. nft 1.0 wants a semicolon even between two braces.
fn new_rule(vip: IpAddr, mss: u16) -> String {
    let family = if vip.is_ipv4() { "ip" } else { "ip6" };
    format!(
        "table inet {} {{ chain output {{ type filter hook output priority mangle; policy accept; {family} saddr {vip} tcp flags & (syn | rst) == syn tcp option maxseg size set {mss}; }}; }}",
        table(vip)
    )
}

fn old_rule(action: &str, vip: IpAddr, mss: u16) -> Vec<String> {
    let rule = format!(
        "-w 5 -t mangle {action} OUTPUT -s {vip} -p tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss {mss}"
    );
    rule.split(' ').map(str::to_owned).collect()
}

/// Why a program did not do it.
#[derive(Debug, thiserror::Error)]
enum ProgramError {
    #[error("{program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("{program}: {first_line}")]
    Failed { program: String, first_line: String },
}

/// Runs a program; what it printed.
fn run(program: &str, arguments: &[impl AsRef<OsStr>]) -> Result<String, ProgramError> {
    let ended = Command::new(program)
        .args(arguments)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| ProgramError::Start {
            program: program.to_owned(),
            source,
        })?;
    if ended.status.success() {
        return Ok(String::from_utf8_lossy(&ended.stdout).into_owned());
    }
    let words = String::from_utf8_lossy(&ended.stderr);
    Err(ProgramError::Failed {
        program: program.to_owned(),
        first_line: words.lines().next().unwrap_or("no reason given").to_owned(),
    })
}
