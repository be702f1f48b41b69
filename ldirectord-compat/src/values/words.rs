//! Values that are a word or a list of words.

use director_core::definitions::Placed;
use director_core::diagnostic::nearest;

use super::{ProtocolWord, ValueReader};
use crate::directives::keywords::{
    CHECK_TYPES, CheckType, PHASES, Phase, SERVICES, ServiceName, service_by_name,
};
use crate::quirks::Quirk;
use crate::slice::{Slice, is_blank};

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Words of other programs for those here.
const OTHER_WORDS: &[(&str, &[&str])] = &[
    ("connect", &["tcp", "tcp_check", "tcpcheck"]),
    ("external", &["script", "misc", "command"]),
    ("ping", &["icmp"]),
    ("pgsql", &["postgres", "postgresql"]),
    ("mysql", &["mariadb"]),
    ("pop", &["pop3"]),
    ("imap", &["imap4"]),
    ("https", &["ssl", "http_ssl"]),
];

impl<'a> ValueReader<'_, 'a, '_> {
    /// The first word, or a message that there is none.
    fn word(&mut self, belongs: impl Fn(char) -> bool) -> Option<Slice<'a>> {
        let word = self.all().find_run(belongs);
        if word.is_none() {
            let message = format!("{} needs a value", self.name());
            let hint = format!(
                "write {}={}",
                self.name(),
                self.written.directive.value.form()
            );
            self.error(self.core(), message, hint);
        }
        word
    }

    pub(super) fn scheduler(&mut self) -> Option<String> {
        let word = self.word(|c| c.is_ascii_lowercase())?;
        self.loose(word);
        Some(word.text().to_owned())
    }

    pub(super) fn flags(&mut self) -> Option<Vec<Placed<String>>> {
        let first = self.word(|c| !is_blank(c))?;
        self.loose(first);
        let mut flags = Vec::new();
        let mut rest = first;
        while !rest.is_empty() {
            let (flag, after) = rest.split_run(|c| c != ',');
            // A shell removes quotes on the way to ipvsadm.
            let name = flag.text().replace(['"', '\''], "");
            if !name.is_empty() {
                flags.push(Placed::new(name, flag.place()));
            }
            rest = after.from(usize::from(!after.is_empty()));
        }
        Some(flags)
    }

    pub(super) fn service(&mut self) -> Option<&'static ServiceName> {
        let word = self.word(is_word)?;
        if let Some(service) = service_by_name(word.text()) {
            self.loose(word);
            return Some(service);
        }
        let known: Vec<&str> = SERVICES.iter().map(|service| service.name).collect();
        self.unknown_word(word, &known);
        None
    }

    pub(super) fn check_type(&mut self) -> Option<CheckType> {
        if let Some(digits) = self.all().find_run(|c| c.is_ascii_digit()) {
            return self.counted(digits, 0).map(CheckType::Combined);
        }
        let word = self.word(|c| is_word(c) || c == '-')?;
        if let Some((_, check_type)) = CHECK_TYPES.iter().find(|(name, _)| *name == word.text()) {
            self.loose(word);
            return Some(*check_type);
        }
        let known: Vec<&str> = CHECK_TYPES.iter().map(|(name, _)| *name).collect();
        self.unknown_word(word, &known);
        None
    }

    pub(super) fn protocol(&mut self) -> Option<ProtocolWord> {
        let word = self.word(is_word)?;
        let protocol = match word.text() {
            "tcp" => ProtocolWord::Tcp,
            "udp" => ProtocolWord::Udp,
            "fwm" => ProtocolWord::Mark,
            _ => {
                self.unknown_word(word, &["tcp", "udp", "fwm"]);
                return None;
            }
        };
        self.loose(word);
        Some(protocol)
    }

    pub(super) fn method(&mut self) -> Option<String> {
        let word = self.word(is_word)?;
        let method = word.text().to_ascii_uppercase();
        if method != "GET" && method != "HEAD" {
            self.unknown_word(word, &["GET", "HEAD"]);
            return None;
        }
        self.loose(word);
        Some(method)
    }

    fn unknown_word(&mut self, word: Slice<'_>, known: &[&str]) {
        let message = format!("{} cannot be {:?}", self.name(), word.text());
        let lower = word.text().to_ascii_lowercase();
        let list = format!("write one of {}", known.join(", "));
        let other = OTHER_WORDS
            .iter()
            .find(|(_, words)| words.contains(&lower.as_str()));
        let other = other.map(|(word, _)| *word);
        let near = nearest(&lower, known.iter().copied());
        let hint = match other.filter(|word| known.contains(word)).or(near) {
            Some(near) => format!("did you mean {near}? {list}"),
            None => list,
        };
        self.error(word, message, hint);
    }

    /// The form is judged together with the service's family.
    pub(super) fn netmask(&mut self) -> Option<String> {
        let value = self.exact();
        if value.is_empty() {
            let message = "netmask needs a value";
            self.error(
                value,
                message,
                "write a mask such as 255.255.255.0, or a prefix length for IPv6",
            );
            return None;
        }
        Some(value.text().to_owned())
    }

    pub(super) fn relay(&mut self) -> Option<String> {
        let (host, _) = self
            .all()
            .split_run(|c| c.is_ascii_alphanumeric() || "._+-".contains(c));
        if host.is_empty() {
            self.error(
                self.core(),
                "smtp needs the name or IPv4 address of a mail relay",
                "write smtp=HOST without quotes; the port is always 25",
            );
            return None;
        }
        self.loose(host);
        Some(host.text().to_owned())
    }

    pub(super) fn phases(&mut self) -> Option<Vec<Phase>> {
        let all = self.core();
        if all.is_empty() {
            return Some(Vec::new());
        }
        if self.all().text().len() != all.text().len() && !self.written.in_block {
            let message = "the text after the phases is dropped";
            let hint = "ldirectord refuses it; write a comment on a line of its own";
            self.findings.quirk(
                Quirk::InlineComment,
                &self.all().trim_end().place(),
                message,
                hint,
            );
        }
        let mut phases = Vec::new();
        let mut words = Vec::new();
        let mut rest = all;
        loop {
            let (item, after) = rest.split_run(|c| c != ',');
            words.push(item.trim());
            if after.is_empty() {
                break;
            }
            rest = after.from(1);
        }
        self.loose_phases(&mut words);
        let mut good = true;
        for word in &words {
            match word.text() {
                "all" => phases.extend(PHASES.iter().map(|(_, phase)| *phase)),
                "none" if words.len() == 1 => {}
                "none" => {
                    self.error(
                        *word,
                        "none cannot be combined with other phases",
                        "write only none, or remove it",
                    );
                    good = false;
                }
                text => match PHASES.iter().find(|(name, _)| *name == text) {
                    Some((_, phase)) => phases.push(*phase),
                    None => {
                        self.unknown_word(
                            *word,
                            &[
                                "all",
                                "none",
                                "starting",
                                "running",
                                "stopping",
                                "reloading",
                            ],
                        );
                        good = false;
                    }
                },
            }
        }
        phases.sort_unstable();
        phases.dedup();
        good.then_some(phases)
    }

    /// A comma at the end and a second `none` change nothing.
    fn loose_phases(&mut self, words: &mut Vec<Slice<'_>>) {
        let written = words.len();
        while words.len() > 1 && words.last().is_some_and(|word| word.is_empty()) {
            words.pop();
        }
        if words.iter().all(|word| word.text() == "none") {
            words.truncate(1);
        }
        if words.len() < written {
            let message = "a comma after the last phase, or a second none, has no effect";
            self.findings.quirk(
                Quirk::LoosePhases,
                &self.core().place(),
                message,
                "write each phase once, with commas between them",
            );
        }
    }
}
