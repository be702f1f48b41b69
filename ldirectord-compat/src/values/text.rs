//! Values that are text: between quotes, with optional quotes, or the rest of the line.

use director_core::model::raw_bytes;

use super::ValueReader;
use crate::directives::Key;
use crate::quirks::Quirk;
use crate::slice::{Slice, is_blank};

impl<'a> ValueReader<'_, 'a, '_> {
    fn owned(&self, slice: Slice<'_>) -> String {
        if self.written.in_block {
            slice.expanded()
        } else {
            slice.text().to_owned()
        }
    }

    /// Text between the first and the last quote of the line.
    pub(super) fn quoted(&mut self, may_be_empty: bool) -> Option<String> {
        let all = self.all();
        if !all.text().starts_with('"') {
            return self.unquoted();
        }
        let inner = self.between_quotes(all)?;
        if inner.is_empty() && !may_be_empty {
            let message = format!("{} is empty", self.name());
            self.error(
                all.first(2),
                message,
                "write text between the quotes, or remove the line",
            );
            return None;
        }
        let text = self.owned(inner);
        Some(match self.written.directive.key {
            Key::Receive => in_expression(&text),
            _ => text,
        })
    }

    fn between_quotes(&mut self, all: Slice<'a>) -> Option<Slice<'a>> {
        let text = all.text();
        let last = text.rfind('"').unwrap_or(0);
        if last == 0 {
            let cut = self
                .written
                .statement
                .comment
                .filter(|comment| comment.text().contains('"'));
            if let Some(comment) = cut {
                let message = format!(
                    "{} has no closing quote: everything from # on is a comment here, even inside quotes",
                    self.name()
                );
                self.error(comment.first(1), message, self.without_hash());
            } else {
                let message = format!("{} has no closing quote", self.name());
                self.error(all.trim_end(), message, "write the text between two quotes");
            }
            return None;
        }
        let inner = all.part(1, last);
        self.warn_about_quotes(all, inner, all.from(last + 1).trim());
        Some(inner)
    }

    fn warn_about_quotes(&mut self, all: Slice<'a>, inner: Slice<'a>, rest: Slice<'a>) {
        let is_comment = !self.written.in_block && rest.text().starts_with('#');
        if !rest.is_empty() && !is_comment {
            let message = format!(
                "the text after the closing quote of {} is ignored",
                self.name()
            );
            self.findings
                .quirk(Quirk::TextAfterQuotes, &rest.place(), message, "remove it");
        }
        if inner.text().contains('"') {
            let message = format!(
                "{} reaches to the last quote, and the quotes between belong to it",
                self.name()
            );
            let hint = "there is no way to escape a quote, and none is needed";
            self.findings
                .quirk(Quirk::InnerQuotes, &all.trim_end().place(), message, hint);
        }
        if let Some(comment) = self.written.statement.comment {
            let in_word = !all.text().ends_with(is_blank);
            if in_word && comment.text().contains('"') {
                let message = format!(
                    "everything from # on is a comment, even inside quotes, so {} ends before it",
                    self.name()
                );
                let hint = self.without_hash();
                self.findings.quirk(
                    Quirk::HashInQuotes,
                    &comment.first(1).place(),
                    message,
                    hint,
                );
            }
        }
    }

    /// What to write in the place of a `#`, which ends a line even inside quotes.
    fn without_hash(&self) -> &'static str {
        match self.written.directive.key {
            Key::Login | Key::Passwd | Key::Secret | Key::Database => {
                "# cannot be escaped here; use a value without it, or write this check in YAML (ipvsctl convert)"
            }
            Key::Request => {
                "write # as %23 in a path; where it belongs to another request, write this check in YAML"
            }
            _ => "write # as \\x23",
        }
    }

    fn unquoted(&mut self) -> Option<String> {
        let core = self.core();
        if core.is_empty() {
            let message = format!("{} needs text between quotes", self.name());
            self.error(core, message, format!("write {}=\"...\"", self.name()));
            return None;
        }
        if core.text().contains('"') {
            let message = format!("{} has text before its opening quote", self.name());
            self.error(core, message, "put all of it between the quotes");
            return None;
        }
        let message = format!(
            "the value of {} has no quotes; it is used as it is",
            self.name()
        );
        let hint = "ldirectord refuses this; put it between quotes";
        self.findings
            .quirk(Quirk::UnquotedText, &core.place(), message, hint);
        Some(self.owned(core))
    }

    /// Text with optional quotes around it.
    pub(super) fn path(&mut self) -> Option<String> {
        let all = self.all();
        if all.text().starts_with('"') {
            if all.text().matches('"').count() == 1 {
                return Some(self.half_quoted(all));
            }
            return self.quoted(false);
        }
        let value = self.rest_of_line()?;
        Some(self.owned(value))
    }

    /// A single quote is no quotes.
    fn half_quoted(&mut self, all: Slice<'a>) -> String {
        let value = all.trim_end();
        let message = format!(
            "{} has no closing quote, so it is {}, the opening one included",
            self.name(),
            value.text()
        );
        let hint = match self.written.statement.comment {
            Some(_) => "everything from # on is a comment here, even inside quotes",
            None => "write the text between two quotes, or without any",
        };
        self.findings
            .quirk(Quirk::OpenQuote, &value.place(), message, hint);
        self.owned(value)
    }

    pub(super) fn command(&mut self) -> Option<String> {
        if self.written.in_block {
            self.path()
        } else {
            self.rest_of_line().map(|value| self.owned(value))
        }
    }

    /// The rest of the line; only the remarks to mails may be empty.
    pub(super) fn raw(&mut self) -> Option<String> {
        if self.written.in_block {
            return Some(self.all().trim_end().expanded());
        }
        if self.written.directive.key == Key::Execute && self.core().is_empty() {
            let place = self.written.statement.whole.place();
            let message = "execute has no file, so no other configuration is run";
            let hint = "write execute=FILE, or remove the line";
            self.findings
                .quirk(Quirk::EmptyExecute, &place, message, hint);
            return Some(String::new());
        }
        let value = self.rest_of_line()?;
        let quoted = self.written.directive.key == Key::Execute && is_quoted(value);
        Some(if quoted {
            self.drop_quotes(value)
        } else {
            value.text().to_owned()
        })
    }

    pub(super) fn raw_path(&mut self) -> Option<String> {
        let value = self.rest_of_line()?;
        Some(if is_quoted(value) {
            self.drop_quotes(value)
        } else {
            value.text().to_owned()
        })
    }

    fn drop_quotes(&mut self, value: Slice<'_>) -> String {
        let message = format!("the quotes around the value of {} are dropped", self.name());
        let hint = "write it without quotes";
        self.findings
            .quirk(Quirk::DroppedQuotes, &value.place(), message, hint);
        value.part(1, value.text().len() - 1).text().to_owned()
    }

    /// The rest of the line without blanks at its end, which nobody sees and nobody means.
    fn rest_of_line(&mut self) -> Option<Slice<'a>> {
        let all = self.all();
        let value = all.trim_end();
        if value.is_empty() {
            let message = format!("{} needs a value", self.name());
            let hint = format!("write {}=...", self.name());
            self.error(value, message, hint);
            return None;
        }
        let commented = self.written.statement.comment.is_some();
        if value.text() != all.text() && !commented {
            let message = format!("the spaces after the value of {} are dropped", self.name());
            let place = all.from(value.text().len()).place();
            self.findings
                .quirk(Quirk::TrailingBlank, &place, message, "remove them");
        }
        if !self.written.in_block && self.core().text() != value.text() {
            let message = format!(
                "{} reaches to the end of the line, the # and what follows included",
                self.name()
            );
            let hint = "write a comment on a line of its own";
            let at = self.without_comment().text().len();
            self.findings.quirk(
                Quirk::HashInGlobalValue,
                &value.from(at).place(),
                message,
                hint,
            );
        }
        Some(value)
    }

    /// An opening quote is dropped, and the name ends at the next one.
    pub(super) fn host_header(&mut self) -> String {
        let all = self.all();
        let name = if all.text().starts_with('"') {
            all.from(1)
        } else {
            all
        };
        let (name, rest) = name.split_run(|c| c != '"');
        let rest = rest.from(usize::from(!rest.is_empty())).trim();
        if !rest.is_empty() {
            let message = format!("the name ends at the quote; {} is ignored", rest.text());
            self.findings
                .quirk(Quirk::TextAfterQuotes, &rest.place(), message, "remove it");
        }
        let name = name.trim_end();
        if name.is_empty() {
            let place = self.written.statement.whole.place();
            let message = "virtualhost has no host, so checks send the address of the real server";
            self.findings.quirk(
                Quirk::EmptyHostHeader,
                &place,
                message,
                "write a host name, or remove the line",
            );
        }
        name.expanded()
    }

    pub(super) fn addresses(&mut self) -> Option<String> {
        let value = self.rest_of_line()?;
        let text = if is_quoted(value) {
            value.part(1, value.text().len() - 1).trim()
        } else {
            value
        };
        if text.is_empty() {
            self.error(
                value,
                "emailalert has no address",
                "write emailalert=NAME@HOST, or remove the line",
            );
            return None;
        }
        Some(self.owned(text))
    }
}

/// Bytes that are no UTF-8 as an expression has them.
pub(super) fn in_expression(text: &str) -> String {
    raw_bytes::replaced(text, |byte| format!("\\x{byte:02X}")).into_owned()
}

fn is_quoted(value: Slice<'_>) -> bool {
    let text = value.text();
    text.len() >= 2 && text.starts_with('"') && text.ends_with('"')
}
