//! What stands behind the equals sign becomes a value, by the class of the directive. Where `ldirectord` takes the first
//! part that looks right, so do we, and say what was taken.

mod address;
mod fallback;
mod listen;
mod reader;
mod real;
mod text;
mod words;

use director_core::definitions::{Placed, RealServerDefinition};

use crate::directives::keywords::{CheckType, Phase, ServiceName};
use crate::directives::{Key, ValueClass};
use crate::findings::Findings;
use crate::quirks::Quirk;
use crate::slice::Slice;
use crate::syntax::Written;

pub(crate) use listen::Listen;
use reader::ValueReader;

/// A value that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Value {
    Number(u64),
    YesNo(bool),
    Text(String),
    Flags(Vec<Placed<String>>),
    Service(&'static ServiceName),
    CheckType(CheckType),
    Protocol(ProtocolWord),
    Phases(Vec<Phase>),
    Listen(Listen),
    Real(Box<RealServerDefinition>),
    Fallback(Box<RealServerDefinition>),
}

/// A word of `protocol=`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProtocolWord {
    Tcp,
    Udp,
    Mark,
}

/// A directive that was understood.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Key,
    /// The value; its place is that of the text behind the equals sign.
    pub(crate) value: Placed<Value>,
    /// The whole directive.
    pub(crate) place: director_core::diagnostic::Place,
}

/// Reads a directive's value. None when there is a fault in it, which is among the findings.
pub(crate) fn read(written: &Written<'_>, findings: &mut Findings) -> Option<Entry> {
    let mut reader = ValueReader { written, findings };
    let value = reader.value()?;
    let slice = written.statement.value.trim_end();
    Some(Entry {
        key: written.directive.key,
        value: Placed::new(value, slice.place()),
        place: written.statement.whole.place(),
    })
}

impl<'a> ValueReader<'_, 'a, '_> {
    fn value(&mut self) -> Option<Value> {
        match self.written.directive.value {
            ValueClass::Number => self.number(1).map(Value::Number),
            ValueClass::NumberOrZero => self.number(0).map(Value::Number),
            ValueClass::Frequency => self.frequency().map(Value::Number),
            ValueClass::Port => self.port_number().map(Value::Number),
            ValueClass::YesNo => self.yes_no().map(Value::YesNo),
            ValueClass::Quoted => self.quoted(false).map(Value::Text),
            ValueClass::QuotedOrEmpty => self.quoted(true).map(Value::Text),
            ValueClass::Path => self.path().map(Value::Text),
            ValueClass::Command => self.command().map(Value::Text),
            ValueClass::Raw => self.raw().map(Value::Text),
            ValueClass::RawPath => self.raw_path().map(Value::Text),
            ValueClass::HostHeader => Some(Value::Text(self.host_header())),
            ValueClass::Addresses => self.addresses().map(Value::Text),
            ValueClass::Scheduler => self.scheduler().map(Value::Text),
            ValueClass::Flags => self.flags().map(Value::Flags),
            ValueClass::Service => self.service().map(Value::Service),
            ValueClass::CheckType => self.check_type().map(Value::CheckType),
            ValueClass::Protocol => self.protocol().map(Value::Protocol),
            ValueClass::Method => self.method().map(Value::Text),
            ValueClass::Netmask => self.netmask().map(Value::Text),
            ValueClass::Relay => self.relay().map(Value::Text),
            ValueClass::Phases => self.phases().map(Value::Phases),
            ValueClass::Listen => listen::read(self).map(Value::Listen),
            ValueClass::Real => real::read(self).map(|real| Value::Real(Box::new(real))),
            ValueClass::Fallback => {
                fallback::read(self).map(|server| Value::Fallback(Box::new(server)))
            }
        }
    }

    fn name(&self) -> &'static str {
        self.written.directive.name
    }

    /// Everything behind the equals sign.
    fn all(&self) -> Slice<'a> {
        self.written.statement.value
    }

    /// The value without blanks at the end and, in the global part, without a comment that stands behind a blank.
    fn core(&self) -> Slice<'a> {
        self.without_comment().trim_end()
    }

    fn without_comment(&self) -> Slice<'a> {
        let all = self.all();
        if self.written.in_block {
            return all;
        }
        let text = all.text();
        let comment = text
            .char_indices()
            .find(|(at, c)| *c == '#' && (*at == 0 || text[..*at].ends_with([' ', '\t'])));
        comment.map_or(all, |(at, _)| all.first(at))
    }

    /// The value for classes that `ldirectord` compares to the end of the line, with a warning when it would refuse it.
    fn exact(&mut self) -> Slice<'a> {
        let all = self.all();
        let core = match all.text().find('#') {
            Some(at) if !self.written.in_block => {
                let message = format!(
                    "the comment after the value of {} is no part of it",
                    self.name()
                );
                let hint = "ldirectord refuses it; write the comment on a line of its own";
                let place = all.from(at).trim_end().place();
                self.findings
                    .quirk(Quirk::InlineComment, &place, message, hint);
                return all.first(at).trim_end();
            }
            _ => all.trim_end(),
        };
        if core.text() != all.text() {
            let message = format!("the spaces after the value of {} are dropped", self.name());
            let hint =
                "ldirectord refuses them; remove them, and write a comment on a line of its own";
            let place = all.from(core.text().len()).place();
            self.findings
                .quirk(Quirk::TrailingBlank, &place, message, hint);
        }
        core
    }

    fn error(&mut self, at: Slice<'_>, message: impl Into<String>, hint: impl Into<String>) {
        let at = if at.is_empty() {
            self.written.statement.key.place()
        } else {
            at.place()
        };
        self.findings.error(&at, message, hint);
    }

    /// Says that only part of the value was taken, when that is so.
    fn loose(&mut self, taken: Slice<'_>) {
        let core = self.core();
        if core.text() != taken.text() || core.place() != taken.place() {
            let message = format!(
                "{} is read as {}={}",
                core.text(),
                self.name(),
                taken.text()
            );
            let hint = format!("write {}={}", self.name(), taken.text());
            self.findings.quirk(
                Quirk::LooseValue,
                &self.all().trim_end().place(),
                message,
                hint,
            );
        }
    }

    fn yes_no(&mut self) -> Option<bool> {
        let value = self.exact();
        match value.text() {
            "yes" => Some(true),
            "no" => Some(false),
            "" if !self.written.statement.assigned => {
                // Only `supervised` gets here without an equals sign.
                let place = self.written.statement.whole.place();
                let message = format!("{} without a value means yes", self.name());
                let hint = format!("write {}=yes", self.name());
                self.findings
                    .quirk(Quirk::BareSupervised, &place, message, hint);
                Some(true)
            }
            other => {
                let message = format!("{} must be yes or no, and not {other:?}", self.name());
                let hint = match other.trim_matches('"').to_ascii_lowercase().as_str() {
                    "yes" | "true" | "on" | "1" | "y" => {
                        "write yes, in lower case and without quotes"
                    }
                    "no" | "false" | "off" | "0" | "n" => {
                        "write no, in lower case and without quotes"
                    }
                    _ => "write yes or no",
                };
                self.error(value, message, hint);
                None
            }
        }
    }

    fn number(&mut self, least: u64) -> Option<u64> {
        let Some(digits) = self.all().find_run(|c| c.is_ascii_digit()) else {
            let message = format!("{} needs a number", self.name());
            self.error(
                self.core(),
                message,
                format!("write a whole number, {least} or more"),
            );
            return None;
        };
        self.counted(digits, least)
    }

    fn counted(&mut self, digits: Slice<'_>, least: u64) -> Option<u64> {
        // Longer than any time or count that means something, and still safe to calculate with.
        const LARGEST: u64 = u32::MAX as u64;
        // Digits only, so what is not read is too long.
        let number = digits.text().parse::<u64>().unwrap_or(u64::MAX);
        if number < least {
            let message = format!("{} cannot be {}", self.name(), digits.text());
            self.error(
                digits,
                message,
                format!("write a whole number from {least} to {LARGEST}"),
            );
            return None;
        }
        if number > LARGEST {
            let message = format!(
                "{} is lowered to {LARGEST}, the largest number",
                self.name()
            );
            self.findings.quirk(
                Quirk::HugeNumber,
                &digits.place(),
                message,
                "write a smaller number",
            );
        } else {
            self.loose(digits);
        }
        Some(number.min(LARGEST))
    }

    fn frequency(&mut self) -> Option<u64> {
        let (digits, _) = self.all().split_run(|c| c.is_ascii_digit());
        if digits.is_empty() {
            let message = format!("{} needs a number of seconds", self.name());
            self.error(self.core(), message, "write a whole number, 0 or more");
            return None;
        }
        self.counted(digits, 0)
    }

    fn port_number(&mut self) -> Option<u64> {
        let number = self.number(0)?;
        if (1..=65535).contains(&number) {
            return Some(number);
        }
        let message = format!("port {number} is out of range");
        self.error(self.core(), message, "write a port from 1 to 65535");
        None
    }
}
