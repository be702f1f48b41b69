//! What validation finds, collected.

use std::time::Duration;

use crate::definitions::PortDefinition;
use crate::diagnostic::{Diagnostic, Place};

/// Collected findings, with shorthands for the common ones.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) list: Vec<Diagnostic>,
    /// Something was met that the reader of the file has reported already.
    pub(super) unusable: bool,
}

impl Findings {
    pub(super) fn error(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.list.push(Diagnostic::error(place, message).hint(hint));
    }

    pub(super) fn warning(
        &mut self,
        place: &Place,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.list
            .push(Diagnostic::warning(place, message).hint(hint));
    }

    /// An error in what is written; a warning in what names stand for at the moment, which may heal by itself.
    pub(super) fn unfit(
        &mut self,
        place: &Place,
        is_resolved: bool,
        message: impl Into<String>,
        hint: impl Into<String>,
    ) {
        match is_resolved {
            true => self.warning(place, message, hint),
            false => self.error(place, message, hint),
        }
    }

    pub(super) fn has_error(&self) -> bool {
        self.unusable || self.list.iter().any(Diagnostic::is_error)
    }

    /// A time span above zero; a zero one is reported and passed on, since no model comes of it.
    pub(super) fn positive(&mut self, span: Duration, place: &Place, what: &str) -> Duration {
        if span.is_zero() {
            self.error(
                place,
                format!("{what} must be above zero"),
                "write a duration such as 5s",
            );
        }
        span
    }

    /// A port number in range.
    pub(super) fn port(&mut self, port: &PortDefinition, place: &Place) -> Option<u16> {
        match port {
            PortDefinition::Number(number) => {
                let port = u16::try_from(*number).ok();
                if port.is_none() {
                    self.error(
                        place,
                        format!("port {number} is out of range"),
                        "write a port from 1 to 65535",
                    );
                }
                port
            }
            PortDefinition::Name(name) => {
                let message = format!("service name {name} has no port");
                self.error(place, message, "write the port number");
                None
            }
            PortDefinition::Unusable => {
                self.unusable = true;
                None
            }
        }
    }

    pub(super) fn into_list(self) -> Vec<Diagnostic> {
        self.list
    }
}
