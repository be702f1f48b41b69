//! The directives of the dialect, in one table that feeds the parser, the support check, the README and the man page.
//! The rows are in `table.rs`; the words that `service` and `checktype` take are in `keywords.rs`.

pub mod keywords;
mod table;

use director_core::diagnostic::{Diagnostic, Place, nearest};

pub use table::{DIRECTIVES, Key};

/// Where a directive may stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// In column 1, for the whole file.
    Global,
    /// Indented below a `virtual` line.
    Virtual,
    /// In either place; the one below `virtual` wins there.
    Both,
    /// In column 1, opening a virtual service.
    Opening,
}

impl Scope {
    /// The scope in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Global => "global",
            Self::Virtual => "virtual",
            Self::Both => "global, virtual",
            Self::Opening => "opens a virtual service",
        }
    }
}

/// What may stand behind the equals sign.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueClass {
    /// A whole number from 1 on.
    Number,
    /// A whole number from 0 on.
    NumberOrZero,
    /// Seconds from 0 on, with a digit in front.
    Frequency,
    /// A port from 1 to 65535, as a number.
    Port,
    /// `yes` or `no`.
    YesNo,
    /// Text between quotes, not empty.
    Quoted,
    /// Text between quotes, possibly empty.
    QuotedOrEmpty,
    /// A path or command; quotes around it are dropped.
    Path,
    /// A command: raw text in the global part, like [`Self::Path`] below `virtual`.
    Command,
    /// The rest of the line.
    Raw,
    /// A path as the rest of the line.
    RawPath,
    /// A host name for a header.
    HostHeader,
    /// Mail addresses.
    Addresses,
    /// A name of lower-case letters.
    Scheduler,
    /// Flags with commas between them.
    Flags,
    /// A word of [`keywords::ServiceName`].
    Service,
    /// A word of [`keywords::CheckType`], or a number.
    CheckType,
    /// `tcp`, `udp` or `fwm`.
    Protocol,
    /// `GET` or `HEAD`.
    Method,
    /// IPv4 mask or IPv6 prefix length.
    Netmask,
    /// A host name without port.
    Relay,
    /// Phases of the daemon's life, with commas between them.
    Phases,
    /// A virtual address with its port, or a firewall mark.
    Listen,
    /// A real server or a range of them.
    Real,
    /// A fallback server.
    Fallback,
}

impl ValueClass {
    /// The form of the value, for documentation and hints.
    #[must_use]
    pub fn form(self) -> &'static str {
        match self {
            Self::Number => "N",
            Self::NumberOrZero | Self::Frequency => "N, 0 allowed",
            Self::Port => "1-65535",
            Self::YesNo => "yes|no",
            Self::Quoted | Self::QuotedOrEmpty => "\"text\"",
            Self::Path | Self::Command => "text, quotes optional",
            Self::Raw | Self::RawPath => "rest of the line",
            Self::HostHeader => "host name",
            Self::Addresses => "mail address, ...",
            Self::Scheduler => "scheduler name",
            Self::Flags => "flag,flag",
            Self::Service => "service name",
            Self::CheckType => "negotiate|connect|ping|external|external-perl|on|off|N",
            Self::Protocol => "tcp|udp|fwm",
            Self::Method => "GET|HEAD",
            Self::Netmask => "A.B.C.D or prefix length",
            Self::Relay => "host",
            Self::Phases => "all|none|starting,running,stopping,reloading",
            Self::Listen => "ADDRESS:PORT or mark",
            Self::Real => {
                "HOST[->HOST][:PORT] gate|masq|ipip [WEIGHT] [\"REQUEST\", \"RECEIVE\"] [l:N] [u:N]"
            }
            Self::Fallback => "HOST[:PORT] [gate|masq|ipip]",
        }
    }
}

/// Whether the daemon does what a directive asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Ready,
    /// The file is read, but the daemon cannot do it yet and says so.
    NotYet,
}

/// One row of the table.
#[derive(Debug, Clone, Copy)]
pub struct Directive {
    /// Which one it is.
    pub key: Key,
    /// Its name in the file.
    pub name: &'static str,
    /// Where it may stand.
    pub scope: Scope,
    /// What it takes.
    pub value: ValueClass,
    /// What counts when it is not written.
    pub default: &'static str,
    /// Whether the daemon does it.
    pub support: Support,
    /// What it does, in a sentence or two.
    pub help: &'static str,
}

/// Directives of old versions that were given up, with what replaced them.
pub const RETIRED: &[(&str, &str)] = &[
    ("timeout", "checktimeout and negotiatetimeout"),
    ("connecttimeout", "negotiatetimeout"),
];

/// The directive with this name, in the exact case of the file.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Directive> {
    DIRECTIVES.iter().find(|directive| directive.name == name)
}

/// Directives by the words that other programs have for them.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    (
        "checkinterval",
        &["interval", "delay_loop", "inter", "every"],
    ),
    ("checktimeout", &["timeout", "check_timeout"]),
    ("negotiatetimeout", &["connect_timeout"]),
    (
        "failurecount",
        &["retry", "retries", "fail", "fall", "nb_get_retry"],
    ),
    ("fallback", &["sorry_server", "backup", "sorry"]),
    (
        "persistent",
        &["persistence_timeout", "persistence", "sticky"],
    ),
    ("netmask", &["persistence_granularity", "mask"]),
    (
        "scheduler",
        &["lb_algo", "lvs_sched", "balance", "algorithm"],
    ),
    ("real", &["real_server", "server", "realserver"]),
    ("virtual", &["virtual_server", "listen", "bind"]),
    ("quiescent", &["inhibit_on_failure"]),
    ("virtualhost", &["host", "http_host"]),
    ("request", &["url", "path", "uri"]),
    ("receive", &["expect", "response"]),
    ("service", &["health", "check"]),
    ("passwd", &["password"]),
    ("emailalert", &["email", "mail", "notification_email"]),
];

/// The directive that a misspelt name probably means.
#[must_use]
pub fn similar(name: &str) -> Option<&'static Directive> {
    let lower = name.to_ascii_lowercase();
    let other = || {
        OTHER_WORDS
            .iter()
            .find(|(_, words)| words.contains(&lower.as_str()))
    };
    let other = || by_name(other()?.0);
    by_name(&lower).or_else(other).or_else(|| {
        nearest(&lower, DIRECTIVES.iter().map(|directive| directive.name)).and_then(by_name)
    })
}

/// A directive that a file uses, with the word it was given where that word decides about support.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Used {
    /// The directive.
    pub key: Key,
    /// Name of the directive; with its word, such as `service=smtp`, where the word decides.
    pub name: String,
    /// Where it stands.
    pub place: Place,
    /// Whether the daemon does it.
    pub support: Support,
}

impl Used {
    /// A directive that the daemon cannot do yet, as a finding.
    #[must_use]
    pub fn finding(&self) -> Option<Diagnostic> {
        (self.support == Support::NotYet).then(|| {
            Diagnostic::error(&self.place, format!("{} is not supported", self.name))
                .hint("remove it, or keep using ldirectord for this service")
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_stands_once_and_every_row_is_complete() {
        for (index, directive) in DIRECTIVES.iter().enumerate() {
            assert!(
                DIRECTIVES[..index]
                    .iter()
                    .all(|other| other.name != directive.name)
            );
            assert!(
                !directive.default.is_empty() && directive.help.ends_with('.'),
                "{}",
                directive.name
            );
            assert_eq!(directive.key.directive().name, directive.name);
        }
    }

    #[test]
    fn slips_of_the_pen_find_their_directive() {
        let name = |word| similar(word).map(|directive| directive.name);
        assert_eq!(name("schedular"), Some("scheduler"));
        assert_eq!(name("VIRTUAL"), Some("virtual"));
        assert_eq!(name("quiecent"), Some("quiescent"));
        assert_eq!(name("nonsense"), None);
    }
}
