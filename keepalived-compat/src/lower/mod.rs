//! The tree of a file as definitions. Sizes and defaults that differ from ours are written out.

mod check;
mod checker_list;
mod checkers;
mod command;
mod global;
mod group;
mod http;
mod listen;
mod listening;
mod program;
mod quorum;
mod server;
mod service;
mod shared;
mod timing;
mod values;
mod virtual_server;

use std::collections::BTreeMap;
use std::sync::Arc;

use director_core::definitions::{
    Definitions, FreezeDefinition, GuardDefinition, HostDefinition, ListenDefinition, Placed,
    PortDefinition, RealServerDefinition, ServiceDefinition,
};
use director_core::diagnostic::Place;
use director_core::model::{Family, Protocol};

use crate::findings::Findings;
use crate::tree::Entry;
use check::FileDefaults;
use global::Global;
use group::AddressGroup;

/// Lowers everything that concerns virtual servers.
pub(crate) fn lower(name: &Arc<str>, entries: &[Entry], findings: &mut Findings) -> Definitions {
    let of = |keyword: &'static str| entries.iter().filter(move |entry| entry.name == keyword);
    let mut global = Global::default();
    of("global_defs").for_each(|block| global.take(block, findings));
    let mut of_file = FileDefaults {
        script_user: global.script_user.clone(),
        ..FileDefaults::default()
    };
    of("SSL").for_each(|block| of_file.identity = global::identity(block, findings));
    let groups: Vec<AddressGroup> = of("virtual_server_group")
        .filter_map(|block| group::group(block, findings))
        .collect();
    let mut definitions = empty(name, global.host());
    let mut wants_mails = false;
    let mut known: BTreeMap<Identity, usize> = BTreeMap::new();
    for block in of("virtual_server") {
        let Some(server) = virtual_server::virtual_server(block, findings) else {
            continue;
        };
        let wanted =
            |choice: &Option<Placed<bool>>| choice.as_ref().is_some_and(|choice| choice.value);
        wants_mails |= wanted(&server.smtp_alert)
            || server.servers.iter().any(|real| wanted(&real.smtp_alert));
        for service in service::services(&server, &groups, &of_file, findings) {
            let next = definitions.services.len();
            match *known.entry(identity(&service.listen.value)).or_insert(next) {
                first if first < next => join(&mut definitions.services[first], service, findings),
                _ => definitions.services.push(service),
            }
        }
    }
    definitions.notify.extend(global.mails(wants_mails));
    if definitions.services.is_empty() {
        let message = "this file has no virtual_server that can be used";
        let hint = "add one, or name the file that has them";
        findings.error(&Place::whole_file(name), message, hint);
    }
    definitions
}

/// What makes a service one in the kernel: protocol or family, address or mark, port.
type Identity = (Option<Protocol>, Option<Family>, String, u64);

fn identity(listen: &ListenDefinition) -> Identity {
    match listen {
        ListenDefinition::Address {
            protocol,
            host,
            port,
            ..
        } => {
            let port = match port {
                PortDefinition::Number(port) => *port,
                PortDefinition::Name(_) | PortDefinition::Unusable => 0,
            };
            (Some(*protocol), None, host.to_string(), port)
        }
        ListenDefinition::Mark { family, mark } => (None, Some(*family), String::new(), *mark),
    }
}

/// In the kernel two virtual servers of one address are one, as the first is written, with the servers of both.
fn join(first: &mut ServiceDefinition, second: ServiceDefinition, findings: &mut Findings) {
    let message = format!(
        "this virtual server is defined at {} already, whose settings and checks count; the real servers are those of both",
        first.listen.place
    );
    findings.faulty(
        &second.listen.place,
        message,
        "write one virtual_server with all real servers",
    );
    let endpoint = |server: &RealServerDefinition| {
        let port = server.port.as_ref().map(|port| port.value.clone());
        (server.host.value.clone(), port)
    };
    for server in second.real_servers {
        if first
            .real_servers
            .iter()
            .all(|known| endpoint(known) != endpoint(&server))
        {
            first.real_servers.push(server);
        }
    }
}

fn empty(name: &Arc<str>, timeouts: HostDefinition) -> Definitions {
    let whole = Place::whole_file(name);
    let off = || Some(Placed::new(false, whole.clone()));
    Definitions {
        place: whole.clone(),
        // keepalived judges each server by itself, whatever becomes of the others.
        freeze: Some(Placed::new(
            FreezeDefinition {
                off: true,
                ..FreezeDefinition::default()
            },
            whole.clone(),
        )),
        // An include that has lost its files must not empty the table, as it does with keepalived.
        guard: Some(GuardDefinition::Limits {
            place: whole.clone(),
            servers: None,
            services: None,
            connections: None,
        }),
        // keepalived changes no setting of the kernel but the timeouts.
        host: HostDefinition {
            expire_nodest_conn: off(),
            expire_quiescent_template: off(),
            conn_reuse_mode: off(),
            ..timeouts
        },
        ..Definitions::empty()
    }
}
