//! A block that listens on several ports makes a virtual service for each, and one check for all of them. What fits one of
//! the ports need not fit another.

use std::collections::BTreeMap;

use super::Findings;
use super::timing::kind_word;
use crate::definitions::{
    CheckDefinition, CheckKindDefinition, Definitions, Host, ListenDefinition, PortDefinition,
    ServiceDefinition,
};
use crate::diagnostic::Place;
use crate::model::{CheckProtocol, protocol_forms};

/// All that each block listens on. The services that one block makes share its place.
pub(super) type Lists<'d> = BTreeMap<&'d Place, Vec<&'d ListenDefinition>>;

pub(super) fn lists(definitions: &Definitions) -> Lists<'_> {
    let mut lists = Lists::new();
    for service in &definitions.services {
        let list = lists.entry(&service.place).or_default();
        list.push(&service.listen.value);
    }
    lists
}

/// What belongs to a well-known port: a protocol, with or without TLS. None is HTTP.
type Form = (Option<CheckProtocol>, bool);

/// The usual ports of the web, and those beside them that everybody uses (8080 is registered with IANA, 8443 as good as that).
const WEB: [(u16, Form); 4] = [
    (80, (None, false)),
    (443, (None, true)),
    (8080, (None, false)),
    (8443, (None, true)),
];

fn forms_at(port: u16) -> Vec<Form> {
    let web = WEB.into_iter().filter(|(known, _)| *known == port);
    let others = protocol_forms().filter(|(_, form)| form.port == Some(port));
    let others = others.map(|(row, form)| (Some(row.protocol), form.tls));
    web.map(|(_, form)| form).chain(others).collect()
}

/// The form of a check, and its well-known port; none where it fits any port.
fn form_of(check: &CheckDefinition) -> Option<(Form, Option<u16>)> {
    match &check.kind.as_ref()?.value {
        CheckKindDefinition::Http(http) => {
            let web = WEB.into_iter().find(|(_, (_, tls))| *tls == http.tls);
            web.map(|(port, form)| (form, Some(port)))
        }
        CheckKindDefinition::Protocol(check) => {
            let form = check.protocol.row().form(check.tls);
            Some(((Some(check.protocol), form.tls), form.port))
        }
        _ => None,
    }
}

/// The port that a check probes on a server that has the port of its service. In a list it is the port of another entry where
/// that of this one belongs to another protocol: `https` in a list of the ports 80 and 443 is about port 443.
pub(super) fn port(
    check: &CheckDefinition,
    own: u16,
    list: &[&ListenDefinition],
    findings: &mut Findings,
) -> Option<u16> {
    let mut ports: Vec<u16> = list.iter().filter_map(|listen| port_of(listen)).collect();
    ports.sort_unstable();
    ports.dedup();
    let Some((form, usual)) = form_of(check).filter(|_| ports.len() > 1) else {
        return Some(own);
    };
    let fits = |port: u16| {
        let forms = forms_at(port);
        forms.is_empty() || forms.contains(&form)
    };
    if fits(own) {
        return Some(own);
    }
    let fitting: Vec<u16> = ports.iter().copied().filter(|port| fits(*port)).collect();
    let usual = usual.filter(|usual| fitting.contains(usual));
    let only = (fitting.len() == 1).then(|| fitting[0]);
    if let (Some(port), None) = (usual.or(only), &check.path) {
        return Some(port);
    }
    let place = check.kind.as_ref().map(|kind| &kind.place);
    if let Some(place) = place {
        let message = format!(
            "check {} does not fit port {own}, which is also in listen",
            kind_word(check)
        );
        let hint = match &check.path {
            Some(_) => "write a service with its own check for each port",
            None => "set port in the check, or write a service with its own check for each port",
        };
        findings.error(place, message, hint);
    }
    None
}

fn port_of(listen: &ListenDefinition) -> Option<u16> {
    match listen {
        ListenDefinition::Address {
            port: PortDefinition::Number(number),
            ..
        } => u16::try_from(*number).ok(),
        _ => None,
    }
}

fn vip(listen: &ListenDefinition) -> Option<&Host> {
    match listen {
        ListenDefinition::Address { host, .. } => Some(host),
        ListenDefinition::Mark { .. } => None,
    }
}

/// Each virtual service of the kernel keeps its own clients, so that a client may get another server at each port of a list.
pub(super) fn persistence(
    written: &ServiceDefinition,
    list: &[&ListenDefinition],
    findings: &mut Findings,
) {
    let Some(persistence) = &written.persistence else {
        return;
    };
    let own = vip(&written.listen.value);
    let same_vip = list
        .iter()
        .filter(|listen| own.is_some() && vip(listen) == own);
    let is_meant = written
        .persistence_each_port
        .as_ref()
        .is_some_and(|meant| meant.value);
    if same_vip.count() > 1 && !is_meant {
        let hint = format!(
            "give the packets of all ports one firewall mark and listen on fwmark:MARK (docs/forwarding.md), or write \
             persistence: {{timeout: {}s, each_port: true}} if that does not matter",
            persistence.value
        );
        findings.error(
            &persistence.place,
            "persistence does not span the ports of this list: a client may get another server at each port",
            hint,
        );
    }
}

/// Two services of one name, which commands that name a service would both change.
pub(super) fn names(definitions: &Definitions, findings: &mut Findings) {
    let mut known: BTreeMap<&str, &Place> = BTreeMap::new();
    for service in &definitions.services {
        let Some(name) = &service.name else { continue };
        // A service that listens on several addresses is one, written once.
        match known.get(name.value.as_str()) {
            Some(first) if **first != service.place => findings.warning(
                &name.place,
                format!(
                    "{} is also the name of the service at {first}; commands for it act on both",
                    name.value
                ),
                "write another name",
            ),
            Some(_) => {}
            None => {
                known.insert(&name.value, &service.place);
            }
        }
    }
}
