//! The checks of real servers, and what they have in common: ipvsd checks all servers of a service alike.

use director_core::definitions::{CheckDefinition, Placed};
use director_core::diagnostic::Place;

use super::check::{Check, Http, Kind, TlsIdentityFiles};
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
    identity: &TlsIdentityFiles,
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
        writes_port: ports.has_marks && !ports.is_nat,
        identity,
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
    pub(super) has_marks: bool,
    pub(super) is_nat: bool,
}

/// The checks that most servers have; where several are as many, those that probe, and the first of them. Where a server has no
/// port to probe, no other check suits it.
pub(super) fn shared(all: &[CheckerList]) -> CheckerList {
    let count = |checks: &CheckerList| {
        let same = all
            .iter()
            .filter(|other| OwnAnswer::of(other, checks).is_some());
        let is_probed = checks
            .list
            .iter()
            .any(|(check, _)| check.kind != Kind::None);
        (checks.lacks_port, same.count(), is_probed)
    };
    let Some(best) = all.iter().map(count).max() else {
        return CheckerList::default();
    };
    let found = all.iter().find(|checks| count(checks) == best);
    found.cloned().unwrap_or_default()
}

/// What a server is asked and has to answer in place of what the service says.
#[derive(Debug, Default)]
pub(super) struct OwnAnswer {
    pub(super) request: Option<String>,
    pub(super) receive: Option<String>,
}

impl OwnAnswer {
    /// The differences between the checks of a server and those of its service; none when it has others.
    pub(super) fn of(own: &CheckerList, shared: &CheckerList) -> Option<Self> {
        if own.weight_from != shared.weight_from || own.list.len() != shared.list.len() {
            return None;
        }
        if own
            .list
            .iter()
            .zip(&shared.list)
            .all(|((own, _), (shared, _))| own == shared)
        {
            return Some(Self::default());
        }
        // A request of a server is that of all its checks.
        let ([(own, _)], [(shared, _)]) = (own.list.as_slice(), shared.list.as_slice()) else {
            return None;
        };
        let mut answer = Self::default();
        let kind = match (&own.kind, &shared.kind) {
            (Kind::Http(own), Kind::Http(shared)) => {
                if own.body != shared.body {
                    answer.receive = Some(own.body.clone()?);
                }
                answer.request = (own.path != shared.path).then(|| own.path.clone());
                Kind::Http(Http {
                    path: shared.path.clone(),
                    body: shared.body.clone(),
                    ..own.clone()
                })
            }
            (Kind::Dns { request }, Kind::Dns { .. }) => {
                answer.request = Some(request.clone());
                shared.kind.clone()
            }
            _ => return None,
        };
        (Check {
            kind,
            ..own.clone()
        } == *shared)
            .then_some(answer)
    }
}

/// Reports a server whose checks become those of the others.
pub(super) fn report_other_checks(real: &ServerBlock<'_>, findings: &mut Findings) {
    let message = format!(
        "the checks of {} differ from those of the other servers; ipvsd checks all servers of a service alike",
        real.address.value
    );
    let hint = "give all servers of the virtual_server the same checks";
    findings.differs(&real.place, message, hint);
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
