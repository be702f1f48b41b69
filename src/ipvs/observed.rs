//! A kernel whose table another program manages: it is read and never changed. Plans change a copy in memory, so that a director
//! can go on from what it has decided.

use director_core::plan::Plan;
use director_core::table::Table;

use super::{Applied, Info, Kernel, KernelError, MemoryKernel, ReadScope};

/// The table that was decided on, with the connections of the table that another program manages.
pub struct ObservedKernel {
    actual: Box<dyn Kernel>,
    decided: MemoryKernel,
}

impl ObservedKernel {
    /// Begins with the table as it is.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn new(mut actual: Box<dyn Kernel>) -> Result<Self, KernelError> {
        let table = actual.read_table(ReadScope::All)?;
        Ok(Self {
            actual,
            decided: MemoryKernel::new().with_table(table),
        })
    }
}

impl Kernel for ObservedKernel {
    fn read_table(&mut self, scope: ReadScope<'_>) -> Result<Table, KernelError> {
        let actual = self.actual.read_table(scope)?;
        let mut decided = self.decided.read_table(scope)?;
        for (id, service) in &mut decided.services {
            let counted = actual.services.get(id);
            for (server, entry) in &mut service.servers {
                let counted = counted.and_then(|service| service.servers.get(server));
                entry.connections = counted.map(|entry| entry.connections).unwrap_or_default();
                entry.statistics = counted.map(|entry| entry.statistics).unwrap_or_default();
            }
        }
        Ok(decided)
    }

    fn apply(&mut self, plan: &Plan) -> Applied {
        self.decided.apply(plan)
    }

    fn info(&mut self) -> Result<Info, KernelError> {
        self.actual.info()
    }
}

#[cfg(test)]
mod tests {
    use director_core::model::{Endpoint, Family, Forwarding, Protocol, Scheduling, ServiceId};
    use director_core::plan::{Op, Step};
    use director_core::table::{ServerEntry, ServerSettings, ServiceEntry};

    use super::*;

    const SERVICE: ServiceId = ServiceId::Address {
        protocol: Protocol::Tcp,
        vip: std::net::IpAddr::V4(std::net::Ipv4Addr::new(192, 0, 2, 10)),
        port: 80,
    };
    const SERVER: Endpoint = Endpoint {
        address: std::net::IpAddr::V4(std::net::Ipv4Addr::new(10, 0, 0, 1)),
        port: 80,
    };

    fn weighted(weight: u32) -> ServerSettings {
        ServerSettings {
            forwarding: Forwarding::Masq,
            weight,
            upper_threshold: 0,
            lower_threshold: 0,
        }
    }

    fn server(kernel: &mut dyn Kernel) -> ServerEntry {
        let table = kernel.read_table(ReadScope::All).unwrap();
        table.services[&SERVICE].servers[&SERVER]
    }

    #[test]
    fn plans_change_the_copy_and_connections_are_those_of_the_kernel() {
        let mut entry = ServerEntry::new(weighted(1));
        entry.connections.active = 7;
        let mut service = ServiceEntry::new(Scheduling::plain("rr", Family::Ipv4));
        service.servers.insert(SERVER, entry);
        let table = Table {
            services: [(SERVICE, service)].into(),
        };
        let actual = MemoryKernel::new().with_table(table);
        let mut kernel = ObservedKernel::new(Box::new(actual)).unwrap();
        let step = Step {
            op: Op::EditServer {
                service: SERVICE,
                server: SERVER,
                from: weighted(1),
                to: weighted(0),
            },
            reason: String::new(),
        };
        assert!(kernel.apply(&Plan { steps: vec![step] }).is_complete());
        let decided = server(&mut kernel);
        assert_eq!(
            (decided.settings.weight, decided.connections.active),
            (0, 7)
        );
        assert_eq!(server(kernel.actual.as_mut()).settings.weight, 1);
    }
}
