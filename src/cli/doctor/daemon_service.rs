//! A service of the daemon's status as a fact for the doctor.

use crate::api::wire::ServiceStatus;
use crate::doctor::DaemonService;

pub(super) fn of(service: &ServiceStatus) -> DaemonService {
    DaemonService {
        name: service.name.clone(),
        listen: service.listen.clone(),
        state: service.state,
        up: service.servers_up,
        all: service.servers_all,
        servers: service.real_servers.len(),
    }
}
