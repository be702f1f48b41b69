//! A virtual service with all that is said about it, and what follows from that for its parts.

use director_core::definitions::{Placed, PortDefinition};
use director_core::diagnostic::Place;
use director_core::model::{Family, Protocol};

use super::entries::Entries;
use crate::directives::Key;
use crate::directives::keywords::{self, ServiceName};
use crate::settings::IsFile;
use crate::values::{Entry, Listen, ProtocolWord};

/// A service with all that is said about it.
pub(super) struct Scope<'s> {
    pub(super) head: &'s Entry,
    pub(super) listen: &'s Listen,
    pub(super) own: &'s Entries,
    pub(super) globals: &'s Entries,
    pub(super) is_file: IsFile,
}

impl Scope<'_> {
    pub(super) fn family(&self) -> Family {
        match self.listen {
            Listen::Address { family, .. } | Listen::Mark { family, .. } => *family,
        }
    }

    /// The line that opens the service, which is where its defaults come from.
    pub(super) fn place(&self) -> &Place {
        &self.head.place
    }

    /// What stands behind `virtual`, for messages.
    pub(super) fn head_text(&self) -> String {
        match self.listen {
            Listen::Mark { mark, .. } => mark.to_string(),
            Listen::Address { host, port, .. } => match &port.definition {
                PortDefinition::Number(number) => format!("{}:{number}", host.value),
                PortDefinition::Name(name) => format!("{}:{name}", host.value),
                PortDefinition::Unusable => host.value.to_string(),
            },
        }
    }

    pub(super) fn number(&self, key: Key) -> Option<Placed<u64>> {
        self.own.number(key).or_else(|| self.globals.number(key))
    }

    pub(super) fn yes_no(&self, key: Key) -> Option<Placed<bool>> {
        self.own.yes_no(key).or_else(|| self.globals.yes_no(key))
    }

    pub(super) fn default<T>(&self, value: T) -> Placed<T> {
        Placed::new(value, self.place().clone())
    }

    /// The number of the service's port, as far as it can be told without the services database.
    pub(super) fn port_number(&self) -> Option<u64> {
        match self.listen {
            Listen::Address { port, .. } => match &port.definition {
                PortDefinition::Number(number) => Some(*number),
                PortDefinition::Name(name) => keywords::port_by_name(name),
                PortDefinition::Unusable => None,
            },
            Listen::Mark { .. } => None,
        }
    }

    /// Whether the port was reported as none.
    pub(super) fn has_unusable_port(&self) -> bool {
        matches!(self.listen, Listen::Address { port, .. } if port.definition == PortDefinition::Unusable)
    }

    /// The service that belongs to the port.
    pub(super) fn implied_service(&self) -> Option<&'static ServiceName> {
        match self.listen {
            Listen::Address { port, .. } if port.leading_zero => None,
            _ => self.port_number().and_then(keywords::service_by_port),
        }
    }

    /// The transport protocol; none for a mark.
    pub(super) fn protocol(&self) -> Option<Protocol> {
        let Listen::Address { port, .. } = self.listen else {
            return None;
        };
        let by_port = match &port.definition {
            PortDefinition::Number(53) if !port.leading_zero => Protocol::Udp,
            PortDefinition::Name(name) if name == "domain" => Protocol::Udp,
            _ => Protocol::Tcp,
        };
        Some(match self.own.protocol().map(|written| written.value) {
            Some(ProtocolWord::Udp) => Protocol::Udp,
            Some(ProtocolWord::Tcp) => Protocol::Tcp,
            Some(ProtocolWord::Mark) | None => by_port,
        })
    }
}
