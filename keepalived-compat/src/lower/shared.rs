//! The checks of real servers, and those that most of them have.

use director_core::definitions::{CheckDefinition, Placed};
use director_core::diagnostic::Place;

use super::check::{Check, FileDefaults, Kind};
use super::checker_list::{CheckerList, CheckerScope};
use super::checkers::checks;
use super::server::ServerBlock;
use super::timing::{CheckTimes, Timing};
use super::virtual_server::VirtualServer;
use crate::findings::Findings;

/// The checks of a real server.
pub(super) fn checks_of(
    real: &ServerBlock<'_>,
    server: &VirtualServer<'_>,
    ports: &Ports,
    of_file: &FileDefaults,
    findings: &mut Findings,
) -> CheckerList {
    let timing: Timing = real.timing.within(&server.timing);
    let virtual_host = real.virtual_host.as_ref().or(server.virtual_host.as_ref());
    // Of several ports each service has its own, unless one of them is none.
    let usual_port = ports
        .all
        .first()
        .copied()
        .filter(|_| !ports.all.contains(&0));
    let around = CheckerScope {
        timing: &timing,
        virtual_host,
        address: real.address.value,
        port: real.port.as_ref().map(|port| port.value).or(usual_port),
        port_is_known: real.port.is_some() || usual_port.is_some(),
        writes_port: ports.all.contains(&0) && !ports.is_nat,
        of_file,
    };
    let mut checks = checks(&around, &real.checkers, findings);
    if checks.list.is_empty() {
        // keepalived takes a server without a checker for up.
        let check = Check {
            kind: Kind::None,
            times: CheckTimes::NONE,
            port: None,
            source: None,
        };
        checks.list.push((check, real.place.clone()));
    }
    checks
}

/// What the services of a virtual server listen on, as far as checks need it.
pub(super) struct Ports {
    pub(super) all: Vec<u16>,
    pub(super) is_nat: bool,
}

/// The checks that most servers have, which become those of the service; where several are as many, those that probe, and the
/// first of them.
pub(super) fn shared(all: &[CheckerList]) -> CheckerList {
    let count = |checks: &CheckerList| {
        let same = all.iter().filter(|other| is_same(other, checks));
        let is_probed = checks
            .list
            .iter()
            .any(|(check, _)| check.kind != Kind::None);
        (same.count(), is_probed)
    };
    let Some(best) = all.iter().map(count).max() else {
        return CheckerList::default();
    };
    let found = all.iter().find(|checks| count(checks) == best);
    found.cloned().unwrap_or_default()
}

/// Whether two servers have the same checks, wherever they are written.
pub(super) fn is_same(one: &CheckerList, other: &CheckerList) -> bool {
    let (one, other) = (one.list.iter(), other.list.iter());
    one.map(|(check, _)| check)
        .eq(other.map(|(check, _)| check))
}

/// Reports a server whose weights come from elsewhere than those of the others.
pub(super) fn report_other_weights(
    real: &ServerBlock<'_>,
    own: &CheckerList,
    shared: &CheckerList,
    findings: &mut Findings,
) {
    if own.weight_from != shared.weight_from {
        let message = format!(
            "misc_dynamic of {} differs from that of the other servers; ipvsd has one weight_from for a service",
            real.address.value
        );
        let hint = "give all servers of the virtual_server the same program";
        findings.differs(&real.place, message, hint);
    }
}

/// The checks as definitions, with names where there are several.
pub(super) fn definitions(checks: &CheckerList, place: &Place) -> Vec<CheckDefinition> {
    let mut seen: Vec<Check> = Vec::new();
    for (check, _) in &checks.list {
        // The same question twice has the same answer.
        if !seen.contains(check) {
            seen.push(check.clone());
        }
    }
    let is_one = seen.len() == 1;
    let named = seen
        .iter()
        .zip(1_u32..)
        .map(|(check, number)| CheckDefinition {
            name: (!is_one)
                .then(|| Placed::new(format!("{}-{number}", check.kind.word()), place.clone())),
            ..check.definition(place)
        });
    named.collect()
}
