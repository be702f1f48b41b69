//! A host name of a real server stands for all its addresses, and a service name (SRV) for all servers of its records: each
//! is a real server of its own. The others have one address and stay as they are.

use std::collections::BTreeSet;
use std::net::IpAddr;

use director_core::definitions::{
    ForwardingDefinition, Host, Placed, PortDefinition, RealServerDefinition, SrvRecord,
    is_service_name, is_source_name,
};
use director_core::model::{FIRST_TIER, Family, Protocol};

use super::dialect::Dialect;
use super::known_name::{NameUse, Purpose};
use super::resolve::Resolver;

/// The service around a real server.
pub(super) struct Around {
    pub(super) protocol: Protocol,
    /// None while it is not known.
    pub(super) family: Option<Family>,
    pub(super) forwarding: Option<ForwardingDefinition>,
    /// Another service of the same block has the other family.
    pub(super) has_both_families: bool,
}

impl Around {
    fn wanted(&self, server: &RealServerDefinition) -> NameUse {
        let own = server.forwarding.as_ref().map(|own| own.value);
        let is_tunnel = own.or(self.forwarding).is_some_and(is_tunnel);
        let single = server.single.as_ref().is_some_and(|single| single.value);
        NameUse {
            family: self.family.unwrap_or(Family::Ipv4),
            // Only a tunnel leads to the other family.
            purpose: match self.family.is_none() || is_tunnel {
                true => Purpose::TunnelServer,
                false => Purpose::Server,
            },
            is_single: single || server.last.is_some(),
            is_optional: self.has_both_families,
        }
    }
}

fn is_tunnel(forwarding: ForwardingDefinition) -> bool {
    match forwarding {
        ForwardingDefinition::Ipip
        | ForwardingDefinition::Gue { .. }
        | ForwardingDefinition::Gre { .. } => true,
        ForwardingDefinition::Masq
        | ForwardingDefinition::Direct
        | ForwardingDefinition::Unusable => false,
    }
}

impl Resolver<'_> {
    /// Puts in the place of each name the servers that it stands for.
    pub(super) fn pool(&mut self, servers: &mut Vec<RealServerDefinition>, around: &Around) {
        let written = std::mem::take(servers);
        for server in written {
            servers.extend(self.server(server, around));
        }
    }

    /// A fallback that is not checked is one server, whatever its name stands for.
    pub(super) fn fallback(&mut self, server: &mut Option<RealServerDefinition>, around: &Around) {
        let Some(written) = server.take() else {
            return;
        };
        let is_single = Placed::new(true, written.place.clone());
        let wanted = NameUse {
            is_single: true,
            is_optional: false,
            ..around.wanted(&written)
        };
        let one = RealServerDefinition {
            single: Some(is_single),
            ..written.clone()
        };
        let mut found = self.server(one, around);
        *server = (!found.is_empty()).then(|| found.swap_remove(0));
        if let (Host::Name(name), Dialect::Yaml) = (&written.host.value, self.dialect) {
            let hint = format!("write a list to check and use all of them: fallback: [{name}]");
            self.warn_of_others(name, wanted, &written.host.place, &hint);
        }
    }

    fn server(
        &mut self,
        mut server: RealServerDefinition,
        around: &Around,
    ) -> Vec<RealServerDefinition> {
        if let Some(port) = &mut server.port {
            self.port(&mut port.value, around.protocol, &port.place);
        }
        let wanted = around.wanted(&server);
        if let Some(last) = &mut server.last
            && let Host::Name(name) = &last.value
        {
            let found = self.addresses(name, wanted, &last.place);
            if let Some(address) = found.first() {
                last.value = Host::Address(*address);
            }
        }
        match server.host.value.clone() {
            Host::Name(name) if is_service_name(&name) || is_source_name(&name) => {
                self.service_name(server, &name, around)
            }
            Host::Name(name) => self.host_name(server, &name, around),
            Host::Address(_) | Host::Unusable => vec![server],
        }
    }

    fn host_name(
        &mut self,
        server: RealServerDefinition,
        name: &str,
        around: &Around,
    ) -> Vec<RealServerDefinition> {
        let wanted = around.wanted(&server);
        let place = server.host.place.clone();
        if around.has_both_families && self.names.is_of_other_family(name, wanted) {
            // In use all the same: a record of this family may come, and has to be noticed then.
            self.use_name(name, wanted);
            return Vec::new();
        }
        let found = self.addresses(name, wanted, &place);
        if wanted.is_single && self.dialect == Dialect::Ldirectord {
            let hint = "ldirectord takes the first one, too; write a line for each address";
            self.warn_of_others(name, wanted, &place, hint);
        }
        if found.is_empty() {
            return vec![server];
        }
        let with_address = |address| RealServerDefinition {
            host: Placed::new(Host::Address(address), place.clone()),
            // A source names its servers by their addresses.
            resolved_from: name.parse::<IpAddr>().is_err().then(|| name.to_owned()),
            ..server.clone()
        };
        found.into_iter().map(with_address).collect()
    }

    /// The servers of the SRV records of a service. What is written beside the name applies in place of the records.
    fn service_name(
        &mut self,
        server: RealServerDefinition,
        name: &str,
        around: &Around,
    ) -> Vec<RealServerDefinition> {
        let place = server.host.place.clone();
        let records = self.names.records(name);
        let failure = self.names.failure(name, around.wanted(&server));
        if records.is_empty() {
            let reason = failure.unwrap_or_else(|| "no lookup was made".to_owned());
            self.unresolved(name, &reason, &place);
            return vec![server];
        }
        if let Some(reason) = failure {
            self.keeps_records(name, &reason, &place);
        }
        let mut servers = Vec::new();
        for record in &records {
            let one = of_record(&server, record, &records, is_source_name(name));
            servers.extend(self.host_name(one, &record.target, around));
        }
        servers
    }
}

/// The server of one SRV record (RFC 2782): the lowest priority is used first.
fn of_record(
    server: &RealServerDefinition,
    record: &SrvRecord,
    all: &[SrvRecord],
    is_of_source: bool,
) -> RealServerDefinition {
    let place = &server.host.place;
    let priorities: BTreeSet<u16> = all.iter().map(|record| record.priority).collect();
    let rank = priorities.range(..record.priority).count() as u64;
    let first = server
        .tier
        .as_ref()
        .map_or(u64::from(FIRST_TIER), |tier| tier.value);
    // A list without a port leaves it to the service.
    let port = (record.port > 0).then_some(PortDefinition::Number(u64::from(record.port)));
    // A record of DNS of weight 0 gets few clients, and a server of weight 0 none.
    let weight = i64::from(record.weight.max(u16::from(!is_of_source)));
    RealServerDefinition {
        host: Placed::new(Host::Name(record.target.clone()), place.clone()),
        port: server
            .port
            .clone()
            .or(port.map(|port| Placed::new(port, place.clone()))),
        weight: Some(
            server
                .weight
                .clone()
                .unwrap_or_else(|| Placed::new(weight, place.clone())),
        ),
        tier: Some(Placed::new(first.saturating_add(rank), place.clone())),
        ..server.clone()
    }
}
