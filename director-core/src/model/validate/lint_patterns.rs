//! Lints about the expressions that answers are compared with.

use super::Findings;
use crate::definitions::{CheckDefinition, CheckKindDefinition, Placed, ServiceDefinition};
use crate::model::{Effort, Pattern};

/// An expression whose search goes back and forth has a limit of work, which a long answer may exceed.
pub(super) fn lint(written: &ServiceDefinition, findings: &mut Findings) {
    let checks = std::iter::once(&written.check).chain(&written.judging.further_checks);
    let own = written
        .real_servers
        .iter()
        .flat_map(|server| &server.checks);
    let checks = checks.chain(own);
    let of_servers = written.real_servers.iter();
    let of_servers = of_servers.filter_map(|server| server.receive.as_ref());
    for receive in checks.filter_map(of_check).chain(of_servers) {
        let pattern = Pattern::parse(&receive.value);
        if pattern.is_ok_and(|pattern| pattern.effort() == Effort::Backtracking) {
            findings.warning(
                &receive.place,
                format!(
                    "{:?} has a back-reference, an atomic group or a condition; an answer that takes too long to match \
                     with it counts as a failure",
                    receive.value
                ),
                "write it without these; look-ahead and look-behind are fine",
            );
        }
    }
}

fn of_check(check: &CheckDefinition) -> Option<&Placed<String>> {
    match &check.kind.as_ref()?.value {
        CheckKindDefinition::Http(http) => http.body.as_ref(),
        CheckKindDefinition::Protocol(check) => check.receive.as_ref(),
        _ => None,
    }
}
