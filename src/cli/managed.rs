//! Which services a running ipvsd manages. It would revert what a command does to them behind its back.

use std::collections::BTreeMap;

use director_core::model::ServiceId;

use super::error::CliError;
use super::status::{SocketArg, asked};
use crate::daemon::{TableUser, table_users};

/// Services that a daemon manages, by what they listen on, each with the file that defines it.
#[derive(Debug, Default)]
pub(super) struct ManagedServices {
    by_listen: BTreeMap<String, String>,
}

/// Finds the daemons of this network namespace and their services.
pub(super) fn managed_services(socket: &SocketArg) -> Result<ManagedServices, CliError> {
    let mut managed = ManagedServices::default();
    let users = table_users();
    for user in &users {
        for service in &user.services {
            managed.add(service, &user.configuration);
        }
    }
    match asked(socket.client().status()) {
        Ok(status) => {
            let defined = status.services.iter().map(|service| &service.listen);
            let departing = status.departing.iter().map(|service| &service.listen);
            for service in defined.chain(departing) {
                managed.add(service, &status.configuration);
            }
            Ok(managed)
        }
        // Instances of ldirectord have said what they manage.
        Err(error) => match users.into_iter().find(|user| user.is_alone) {
            None => Ok(managed),
            Some(TableUser { name, .. }) => Err(CliError::SilentDaemon {
                name,
                source: Box::new(error),
            }),
        },
    }
}

impl ManagedServices {
    fn add(&mut self, listen: &str, configuration: &str) {
        let (listen, configuration) = (listen.to_owned(), configuration.to_owned());
        self.by_listen.insert(listen, configuration);
    }

    /// An error if one of these services is managed.
    pub(super) fn refuse(&self, services: &[ServiceId]) -> Result<(), CliError> {
        let found = services.iter().filter_map(|service| {
            let listen = service.to_string();
            let configuration = self.by_listen.get(&listen)?;
            Some((listen, configuration))
        });
        let (services, configurations): (Vec<String>, Vec<&String>) = found.unzip();
        match configurations.first() {
            None => Ok(()),
            Some(configuration) => Err(CliError::Managed {
                services: services.join(", "),
                configuration: (*configuration).clone(),
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use director_core::model::Family;

    #[test]
    fn only_services_of_the_daemon_are_refused_and_named() {
        let mark = |mark| ServiceId::Mark {
            family: Family::Ipv6,
            mark,
        };
        let mut managed = ManagedServices::default();
        managed.add("fwmark 5 IPv6", "/etc/ipvsd/ipvsd.yaml");
        managed.add("fwmark 7 IPv6", "/etc/ipvsd/ipvsd.yaml");
        managed.refuse(&[mark(6)]).unwrap();
        let refusal = managed.refuse(&[mark(5), mark(6), mark(7)]).unwrap_err();
        let message = refusal.to_string();
        assert!(
            message.contains("fwmark 5 IPv6, fwmark 7 IPv6"),
            "{message}"
        );
        assert!(message.contains("/etc/ipvsd/ipvsd.yaml"), "{message}");
    }
}
