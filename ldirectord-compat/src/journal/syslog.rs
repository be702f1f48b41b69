//! One line to the local syslog, in the form of RFC 3164 section 4.1 that its socket expects: ident `ldirectord` with the
//! pid, priority info.

use std::io;
use std::os::unix::net::UnixDatagram;

use jiff::Zoned;

/// Where the local syslog listens.
pub(super) const SOCKET: &str = "/dev/log";
/// Severity "informational", RFC 3164 table 2.
const INFO: u8 = 6;
/// Facilities by name, as syslog.conf(5) writes them, with their numbers of RFC 3164 table 1.
const FACILITIES: &[(&str, u8)] = &[
    ("kern", 0),
    ("user", 1),
    ("mail", 2),
    ("daemon", 3),
    ("auth", 4),
    ("security", 4),
    ("syslog", 5),
    ("lpr", 6),
    ("news", 7),
    ("uucp", 8),
    ("cron", 9),
    ("authpriv", 10),
    ("ftp", 11),
    ("local0", 16),
    ("local1", 17),
    ("local2", 18),
    ("local3", 19),
    ("local4", 20),
    ("local5", 21),
    ("local6", 22),
    ("local7", 23),
];

/// A syslog facility.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Facility(u8);

impl Facility {
    /// The facility of this name, with or without `LOG_` in front and in any case.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        let name = name.trim().to_ascii_lowercase();
        let name = name.strip_prefix("log_").unwrap_or(&name);
        FACILITIES
            .iter()
            .find(|(known, _)| *known == name)
            .map(|(_, number)| Self(*number))
    }
}

pub(super) fn send(facility: Facility, at: &Zoned, text: &str) -> io::Result<()> {
    let message = message(facility, at, std::process::id(), text);
    connected(SOCKET)?.send(message.as_bytes()).map(|_| ())
}

pub(super) fn probe() -> io::Result<()> {
    connected(SOCKET).map(|_| ())
}

/// A connection of its own for each line, since the syslog daemon may be started again at any time.
fn connected(path: &str) -> io::Result<UnixDatagram> {
    let socket = UnixDatagram::unbound()?;
    socket.connect(path)?;
    // A syslog daemon that hangs must not hold us.
    socket.set_nonblocking(true)?;
    Ok(socket)
}

fn message(facility: Facility, at: &Zoned, pid: u32, text: &str) -> String {
    let priority = facility.0 * 8 + INFO;
    let stamp = at.strftime("%b %e %H:%M:%S");
    format!("<{priority}>{stamp} ldirectord[{pid}]: {text}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_carries_facility_time_and_process() {
        let at = jiff::civil::date(2026, 11, 7).at(8, 46, 32, 0);
        let at = at.to_zoned(jiff::tz::TimeZone::UTC).unwrap();
        let facility = Facility::named("LOCAL0").unwrap();
        assert_eq!(
            message(facility, &at, 7, "Added one"),
            "<134>Nov  7 08:46:32 ldirectord[7]: Added one"
        );
    }

    #[test]
    fn only_known_facilities_have_a_number() {
        assert_eq!(Facility::named("daemon"), Some(Facility(3)));
        assert_eq!(Facility::named("log_local7"), Some(Facility(23)));
        assert_eq!(Facility::named("local8"), None);
    }
}
