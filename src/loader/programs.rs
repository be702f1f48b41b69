//! Whether the programs of checks are on this machine. Only a check of the file for this machine says so: a program may still be
//! installed, and then the check recovers by itself.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use director_core::definitions::{CheckDefinition, CheckKindDefinition, Definitions};
use director_core::diagnostic::Diagnostic;

/// A warning for each program of a check that cannot be run here.
#[must_use]
pub fn missing_programs(definitions: &Definitions) -> Vec<Diagnostic> {
    let services = definitions.services.iter();
    let checks = services.flat_map(|service| {
        let pool = service.recovery.fallback_pool.as_ref();
        std::iter::once(&service.check)
            .chain(&service.judging.further_checks)
            .chain(pool.map(|pool| &pool.check))
            .chain(
                service
                    .real_servers
                    .iter()
                    .flat_map(|server| &server.checks),
            )
    });
    checks.filter_map(missing).collect()
}

fn missing(check: &CheckDefinition) -> Option<Diagnostic> {
    let kind = check.kind.as_ref()?;
    let CheckKindDefinition::Command(command) = &kind.value else {
        return None;
    };
    let program = command
        .argv
        .first()
        .filter(|path| path.value.starts_with('/'))?;
    let fault = match fs::metadata(Path::new(&program.value)) {
        Err(_) => "does not exist",
        Ok(about) if about.is_dir() => "is a directory",
        Ok(about) if about.permissions().mode() & 0o111 == 0 => "is not executable",
        Ok(_) => return None,
    };
    let message = format!(
        "the program {} of this check {fault} on this machine",
        program.value
    );
    let hint = "install it, or correct the path; until then each probe is a local error, which changes no health";
    Some(Diagnostic::warning(&program.place, message).hint(hint))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::loader::yaml;

    #[test]
    fn a_program_that_is_not_there_is_reported_once_for_its_check() {
        let text = "services: [{listen: tcp://192.0.2.1:80, forwarding: dr, real_servers: [10.0.0.1], \
                    checks: [tcp, {command: [/nonexistent/probe]}, {command: [/bin/sh]}, {command: [/etc/passwd]}]}]";
        let read = yaml::read(text, &Arc::from("t.yaml"));
        let found = missing_programs(&read.definitions.unwrap());
        let messages: Vec<&str> = found.iter().map(|found| found.message.as_str()).collect();
        let message = |program: &str, fault: &str| {
            format!("the program {program} of this check {fault} on this machine")
        };
        let expected = [
            message("/nonexistent/probe", "does not exist"),
            message("/etc/passwd", "is not executable"),
        ];
        assert_eq!(messages, expected);
    }
}
