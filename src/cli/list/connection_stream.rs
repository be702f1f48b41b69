//! Reads the connection table line by line and prints it the same way: a director may have millions of connections, and none of
//! them is kept.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::net::IpAddr;
use std::time::{Duration, Instant};

use super::AddressNames;
use super::connections::{ConnectionEntry, connection_line, parse_line, titles};
use super::names::PATIENCE;
use crate::cli::error::CliError;
use crate::cli::output::Output;
use crate::ipvs::NetlinkKernel;

/// Where the kernel shows its connection table.
const CONNECTIONS_FILE: &str = "/proc/net/ip_vs_conn";
/// Connections whose names are looked up at once.
const CHUNK: usize = 1000;

/// How connections are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum ConnectionForm {
    /// As `ipvsadm -L -c` prints them.
    Text {
        /// Numbers in place of names.
        numeric: bool,
        /// With the data of persistence engines.
        engines: bool,
    },
    /// One JSON array.
    JsonArray,
    /// One JSON object a line.
    JsonLines,
}

/// The connections of the kernel, in its order. One that changes its place meanwhile may be missing or come twice.
pub(in crate::cli) fn connections()
-> Result<impl Iterator<Item = Result<ConnectionEntry, CliError>>, CliError> {
    // The family look-up loads the module, without which there is no such file.
    NetlinkKernel::open()?;
    let file = File::open(CONNECTIONS_FILE).map_err(CliError::ConnectionTable)?;
    Ok(entries(BufReader::new(file)))
}

/// The entries of the kernel's file, without its title and without lines of other kernels.
fn entries(mut file: impl BufRead) -> impl Iterator<Item = Result<ConnectionEntry, CliError>> {
    let mut line = String::new();
    let mut is_title = true;
    std::iter::from_fn(move || {
        loop {
            line.clear();
            match file.read_line(&mut line) {
                Ok(0) => return None,
                Ok(_) => {}
                Err(error) => return Some(Err(CliError::ConnectionTable(error))),
            }
            if !std::mem::take(&mut is_title)
                && let Some(entry) = parse_line(&line)
            {
                return Some(Ok(entry));
            }
        }
    })
}

/// Prints connections as they come.
pub(in crate::cli) fn print(
    connections: impl Iterator<Item = Result<ConnectionEntry, CliError>>,
    form: ConnectionForm,
    output: &mut Output,
) -> Result<(), CliError> {
    match form {
        ConnectionForm::Text { numeric, engines } => {
            print_text(connections, numeric, engines, output)?;
        }
        ConnectionForm::JsonArray => {
            let mut before = "[\n";
            for connection in connections {
                let json = serde_json::to_string_pretty(&connection?)?;
                output.part(&format!("{before}  {}", json.replace('\n', "\n  ")))?;
                before = ",\n";
            }
            output.part(if before == ",\n" { "\n]\n" } else { "[]\n" })?;
        }
        ConnectionForm::JsonLines => {
            for connection in connections {
                let json = serde_json::to_string(&connection?)?;
                output.part(&format!("{json}\n"))?;
            }
        }
    }
    output.text("")
}

fn print_text(
    mut connections: impl Iterator<Item = Result<ConnectionEntry, CliError>>,
    numeric: bool,
    engines: bool,
    output: &mut Output,
) -> Result<(), CliError> {
    output.part(&titles(engines))?;
    if numeric {
        let names = AddressNames::numeric();
        return connections.try_for_each(|connection| {
            output.part(&connection_line(&names, &connection?, engines))
        });
    }
    let mut lookup = Lookup::new();
    loop {
        let chunk = connections.by_ref().take(CHUNK);
        let chunk = chunk.collect::<Result<Vec<_>, _>>()?;
        if chunk.is_empty() {
            break;
        }
        lookup.learn(&chunk);
        for connection in &chunk {
            output.part(&connection_line(&lookup.names, connection, engines))?;
        }
    }
    if lookup.is_late {
        output.note("ipvsctl: no DNS answer in time for some addresses; use -n to show numbers")?;
    }
    Ok(())
}

/// Looks up names until its time is over. So it never knows more addresses than the name service answers in that time.
struct Lookup {
    names: AddressNames,
    known: BTreeSet<IpAddr>,
    left: Duration,
    /// Some addresses stay numbers since the time was over.
    is_late: bool,
}

impl Lookup {
    fn new() -> Self {
        Self {
            names: AddressNames::ports_of_system(),
            known: BTreeSet::new(),
            left: PATIENCE,
            is_late: false,
        }
    }

    fn learn(&mut self, connections: &[ConnectionEntry]) {
        let addresses = connections
            .iter()
            .flat_map(|one| [one.source, one.virtual_address, one.destination])
            .map(|endpoint| endpoint.address);
        let new: BTreeSet<IpAddr> = addresses.filter(|one| !self.known.contains(one)).collect();
        if new.is_empty() {
            return;
        }
        if self.left.is_zero() {
            self.is_late = true;
            return;
        }
        self.known.extend(&new);
        let begin = Instant::now();
        self.is_late |= self.names.learn(new, self.left) > 0;
        self.left = self.left.saturating_sub(begin.elapsed());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n\
        TCP C0A80902 D97E C0A80901 0050 0A000102 1F90 ESTABLISHED     899\n\
        of another kernel\n\
        UDP C0A80902 D97E C0A80901 0035 0A000102 0035 UDP             299\n";

    #[test]
    fn lines_are_read_one_by_one_without_the_title() {
        let states: Vec<String> = entries(FILE.as_bytes())
            .map(|entry| entry.unwrap().state)
            .collect();
        assert_eq!(states, ["ESTABLISHED", "UDP"]);
    }

    #[test]
    fn a_file_that_cannot_be_read_further_ends_with_the_error() {
        struct Broken;
        impl std::io::Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::Error::other("broken"))
            }
        }
        let mut read = entries(BufReader::new(Broken));
        assert!(matches!(
            read.next(),
            Some(Err(CliError::ConnectionTable(_)))
        ));
    }

    #[test]
    fn an_array_is_the_json_of_all_entries() {
        let all = super::super::parse_connections(FILE);
        for entries in [all.as_slice(), &all[..1], &[]] {
            let printed = crate::cli::output::captured(|output| {
                let entries = entries.iter().cloned().map(Ok);
                print(entries, ConnectionForm::JsonArray, output)
            });
            let whole = serde_json::to_string_pretty(entries).unwrap();
            assert_eq!(printed, format!("{whole}\n"));
        }
    }
}
