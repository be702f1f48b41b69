//! What the file says about the process and not about the table: log, mail, commands, sibling files. The definitions have
//! no place for it; whoever runs the director reads it from here.

use std::net::IpAddr;

use director_core::definitions::{ForwardingDefinition, Placed};
use director_core::model::Protocol;

use crate::directives::keywords::Phase;

/// Settings of the process, with those of each service in the order of the definitions' services.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ProcessSettings {
    /// Where messages go; ldirectord's own log file when nothing is written.
    pub log: Option<Placed<LogTarget>>,
    /// The file is read again when its content changes.
    pub autoreload: Option<Placed<bool>>,
    /// Program run with the file's name when its content has changed.
    pub callback: Option<Placed<String>>,
    /// Configurations run beside this one.
    pub execute: Vec<Placed<String>>,
    /// Stay in the foreground, log to standard output.
    pub supervised: Option<Placed<bool>>,
    /// One process for each service, as far as that can be seen from outside.
    pub fork: Option<Placed<bool>>,
    /// A quiesced server that is missing in the table is put back.
    pub readd_quiescent: Option<Placed<bool>>,
    /// Directory of files that take servers out.
    pub maintenance_dir: Option<Placed<String>>,
    /// Sender of mails.
    pub mail_from: Option<Placed<String>>,
    /// What belongs to single services; as many as the definitions have services, in their order.
    pub services: Vec<ServiceSettings>,
}

/// Where messages go.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogTarget {
    /// A file, by its absolute path.
    File(String),
    /// A syslog facility.
    Syslog(String),
}

/// What a monitor file says of the real servers of one service.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MonitorWords {
    /// Check type, with the service or command where one belongs to it.
    pub check: String,
    /// Transport protocol; none for a mark.
    pub protocol: Option<Protocol>,
    /// Virtual host, or nothing.
    pub virtual_host: String,
    /// Port of the checks, when one is written.
    pub check_port: Option<u64>,
    /// Request and expected answer of each line of real servers, in the order of the definitions.
    pub questions: Vec<(String, String)>,
}

/// Whether a path is that of a file. Only a look at the disk tells it for `checkcommand`, whose text is a program's path for
/// ldirectord whatever blanks it has.
pub type IsFile = fn(&str) -> bool;

/// One real server of a line, names resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MonitoredServer {
    /// The number of its line, from 0 on.
    pub line: usize,
    /// Its address.
    pub address: IpAddr,
    /// Its port, 0 when none is written.
    pub port: u16,
    /// Its weight.
    pub weight: i64,
    /// How packets reach it.
    pub forwarding: ForwardingDefinition,
}

impl MonitorWords {
    /// The words for one server. Colons become blanks, several in a row one, and backslashes vanish, as ever: an IPv6
    /// address does not look like one here.
    #[must_use]
    pub fn name(&self, server: &MonitoredServer) -> Option<String> {
        let (request, receive) = self.questions.get(server.line)?;
        let protocol = self
            .protocol
            .map_or_else(|| "fwm".to_owned(), |protocol| protocol.to_string());
        let address = match server.address {
            IpAddr::V4(address) => address.to_string(),
            IpAddr::V6(address) => format!("[{address}]"),
        };
        let check_port = self
            .check_port
            .map_or_else(String::new, |port| port.to_string());
        let method = match server.forwarding {
            ForwardingDefinition::Masq => "masq",
            ForwardingDefinition::Ipip => "ipip",
            _ => "gate",
        };
        let parts = [
            &self.check,
            &protocol,
            &address,
            &server.port.to_string(),
            &self.virtual_host,
            &check_port,
            &server.weight.to_string(),
            method,
            &quoted(request),
            &quoted(receive),
        ];
        let mut name = String::new();
        let mut after_colon = false;
        for character in parts.join(":").chars() {
            match character {
                ':' if after_colon => {}
                ':' => name.push(' '),
                '\\' => {}
                other => name.push(other),
            }
            after_colon = character == ':';
        }
        Some(name)
    }
}

/// A backslash before all but letters, digits and underscores: it keeps colons of a request apart.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for character in text.chars() {
        if !(character.is_ascii_alphanumeric() || character == '_') {
            quoted.push('\\');
        }
        quoted.push(character);
    }
    quoted
}

/// Settings of the process for one service, with global values where the service has none of its own.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ServiceSettings {
    /// Name in mails.
    pub name: Option<Placed<String>>,
    /// Remark in mails.
    pub comment: Option<Placed<String>>,
    /// File that gets a line for each check.
    pub monitor_file: Option<Placed<String>>,
    /// The words that stand for its real servers there.
    pub monitor_words: Option<MonitorWords>,
    /// Command run with `start` and `stop` when the fallback comes and goes.
    pub fallback_command: Option<Placed<String>>,
    /// Whether it is run with `start` when the director stops and takes the service along.
    pub fallback_command_at_stop: Option<Placed<bool>>,
    /// Recipients of mails; none when there are no mails.
    pub mail_to: Option<Placed<String>>,
    /// Seconds between mails about a server that stays down; 0 sends only the first.
    pub mail_every_seconds: Option<Placed<u64>>,
    /// Phases in which mails are sent; all when nothing is written.
    pub mail_phases: Option<Placed<Vec<Phase>>>,
    /// Mail relay; the local mail system when nothing is written.
    pub mail_relay: Option<Placed<String>>,
}

/// The configuration that a value of `execute` names: ldirectord has a shell take the quotes away.
#[must_use]
pub fn sibling_config(value: &str) -> &str {
    let value = value.trim();
    ['"', '\'']
        .into_iter()
        .find_map(|quote| value.strip_prefix(quote)?.strip_suffix(quote))
        .unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn server(address: IpAddr) -> MonitoredServer {
        MonitoredServer {
            line: 0,
            address,
            port: 80,
            weight: 1,
            forwarding: ForwardingDefinition::Direct,
        }
    }

    fn words() -> MonitorWords {
        MonitorWords {
            check: "negotiate:http".to_owned(),
            protocol: Some(Protocol::Tcp),
            virtual_host: "www.x.y".to_owned(),
            check_port: None,
            questions: vec![("/index.html".to_owned(), "Test P[a-z]+".to_owned())],
        }
    }

    #[test]
    fn the_words_are_those_of_the_perl_program() {
        assert_eq!(
            words().name(&server([127, 0, 1, 2].into())).as_deref(),
            Some("negotiate http tcp 127.0.1.2 80 www.x.y 1 gate /index.html Test P[a-z]+")
        );
    }

    #[test]
    fn colons_and_backslashes_vanish_wherever_they_come_from() {
        let words = MonitorWords {
            check: "connect".to_owned(),
            protocol: None,
            virtual_host: String::new(),
            check_port: Some(81),
            questions: vec![("/".to_owned(), r"a\.b::c".to_owned())],
        };
        assert_eq!(
            words
                .name(&server("2001:db8::1".parse().unwrap()))
                .as_deref(),
            Some("connect fwm [2001 db8 1] 80 81 1 gate / a.b  c")
        );
    }
}
