//! What an operation means for connections that are open now.

use std::fmt;

use super::Op;
use crate::table::{Connections, ServerEntry, Table};

/// Connections that an operation touches.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Stake {
    /// Active ones that are cut off.
    pub cut_active: u64,
    /// Inactive ones that are cut off.
    pub cut_inactive: u64,
    /// Active ones at servers that get no new ones; these go on to their end.
    pub quiesced: u64,
}

impl Stake {
    /// What is at stake when `op` is carried out on this table.
    #[must_use]
    pub fn of(op: &Op, observed: &Table) -> Self {
        let service = observed.services.get(&op.service());
        let server = |server| service.and_then(|entry| entry.servers.get(server));
        match op {
            Op::DeleteServer { .. } | Op::DeleteService { .. } => Self::cut(removed(op, observed)),
            Op::EditServer {
                server: edited,
                from,
                to,
                ..
            } if from.weight > 0 && to.weight == 0 => Self {
                quiesced: server(edited).map_or(0, |entry| entry.connections.active.into()),
                ..Self::default()
            },
            _ => Self::default(),
        }
    }

    /// Whether active connections may be cut off: `observed` has some, or the server took new ones until now, and one may have come
    /// after the table was read.
    #[must_use]
    pub fn may_cut_active(op: &Op, observed: &Table) -> bool {
        removed(op, observed)
            .iter()
            .any(|entry| entry.connections.active > 0 || entry.settings.weight > 0)
    }

    /// What is at stake when these servers, or the address of their service, go.
    #[must_use]
    pub fn cut<'a>(servers: impl IntoIterator<Item = &'a ServerEntry>) -> Self {
        let connections = servers.into_iter().map(|entry| entry.connections);
        connections.fold(Self::default(), |sum, one: Connections| Self {
            cut_active: sum.cut_active + u64::from(one.active),
            cut_inactive: sum.cut_inactive + u64::from(one.inactive),
            ..sum
        })
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            cut_active: self.cut_active + other.cut_active,
            cut_inactive: self.cut_inactive + other.cut_inactive,
            quiesced: self.quiesced + other.quiesced,
        }
    }

    /// Whether no connection is touched.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        *self == Self::default()
    }
}

/// The servers that leave the table with this operation.
fn removed<'a>(op: &Op, observed: &'a Table) -> Vec<&'a ServerEntry> {
    let Some(service) = observed.services.get(&op.service()) else {
        return Vec::new();
    };
    match op {
        Op::DeleteServer { server, .. } => service.servers.get(server).into_iter().collect(),
        Op::DeleteService { .. } => service.servers.values().collect(),
        _ => Vec::new(),
    }
}

impl fmt::Display for Stake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cut = (self.cut_active + self.cut_inactive > 0).then(|| {
            format!(
                "ends {} active and {} inactive connections",
                self.cut_active, self.cut_inactive
            )
        });
        let quiesced =
            (self.quiesced > 0).then(|| format!("keeps {} active connections", self.quiesced));
        let parts: Vec<String> = cut.into_iter().chain(quiesced).collect();
        if parts.is_empty() {
            f.write_str("no effect on connections")
        } else {
            f.write_str(&parts.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Endpoint, Family, Forwarding, Scheduling, ServiceId};
    use crate::table::{ServerSettings, ServiceEntry};

    #[test]
    fn what_is_deleted_is_cut_and_what_is_quiesced_goes_on() {
        let service = ServiceId::Mark {
            family: Family::Ipv4,
            mark: 5,
        };
        let endpoint = |last: u8| Endpoint {
            address: [10, 0, 0, last].into(),
            port: 80,
        };
        let settings = ServerSettings {
            forwarding: Forwarding::Masq,
            weight: 3,
            upper_threshold: 0,
            lower_threshold: 0,
        };
        let mut entry = ServiceEntry::new(Scheduling::plain("wrr", Family::Ipv4));
        for last in [1, 2] {
            let mut server = ServerEntry::new(settings);
            server.connections.active = 10 * u32::from(last);
            server.connections.inactive = 1;
            entry.servers.insert(endpoint(last), server);
        }
        let mut table = Table::default();
        table.services.insert(service, entry);
        let quiesce = Op::EditServer {
            service,
            server: endpoint(1),
            from: settings,
            to: ServerSettings {
                weight: 0,
                ..settings
            },
        };
        let delete = Op::DeleteServer {
            service,
            server: endpoint(2),
            settings,
        };
        let both = Stake::of(&quiesce, &table).plus(Stake::of(&delete, &table));
        assert_eq!(
            both.to_string(),
            "ends 20 active and 1 inactive connections, keeps 10 active connections"
        );
        let all = Stake::of(&Op::DeleteService { service }, &table);
        assert_eq!((all.cut_active, all.cut_inactive), (30, 2));
    }
}
