//! A file of ldirectord and what `ipvsctl convert` makes of it are the same definitions: the same tables, the same probes.
//! Over every example, over every file of the dialect's golden cases and of the differential suite, and over files made
//! from the dialect's grammar.

#![cfg(test)]

#[path = "../ldirectord-compat/tests/dialect/grammar.rs"]
mod grammar;

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use director_core::desired::assumed;
use director_core::health::HealthState;
use director_core::model::{Model, VirtualService};
use ipvsd::loader::{Dialect, load_as};
use proptest::prelude::*;

fn files(directory: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(path.to_str().unwrap(), found);
        } else if path.extension().is_some_and(|ending| ending == "cf") {
            found.push(path);
        }
    }
}

/// Everything of a service but its name, which the dialect has not, and the host names of servers, which are replaced.
fn services(model: &Model) -> Vec<VirtualService> {
    let nameless = |service: &VirtualService| {
        let mut service = VirtualService {
            name: String::new(),
            ..service.clone()
        };
        for server in service.real_servers.iter_mut().chain(&mut service.fallback) {
            server.host = None;
        }
        service
    };
    model.services().iter().map(nameless).collect()
}

/// Compares a file with what becomes of it; false when it cannot be loaded in the first place.
fn means_the_same(source: &Path, directory: &Path) -> bool {
    // Files with faults, and those with names that this machine cannot resolve, convert to nothing.
    let Ok(before) = load_as(source, Some(Dialect::Ldirectord)) else {
        return false;
    };
    let output = Command::cargo_bin("ipvsctl")
        .unwrap()
        .arg("convert")
        .arg(source)
        .output()
        .unwrap();
    let target = directory.join("converted.yaml");
    fs::write(&target, &output.stdout).unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let after = load_as(&target, Some(Dialect::Yaml)).unwrap_or_else(|error| {
        let findings = &error.report().diagnostics;
        panic!("{}: {findings:#?}\n{text}", source.display())
    });
    let source = source.display();
    assert_eq!(
        services(&after.model),
        services(&before.model),
        "{source}\n{text}"
    );
    for health in [HealthState::Up, HealthState::Down] {
        let tables = [&after, &before].map(|loaded| assumed(&loaded.model, health));
        assert_eq!(tables[0], tables[1], "{source}, all {health}\n{text}");
    }
    true
}

#[test]
fn a_converted_file_means_the_same() {
    let mut sources = Vec::new();
    files("examples", &mut sources);
    let examples = sources.len();
    files("ldirectord-compat/tests/golden", &mut sources);
    files("tests/lab/differential/cases", &mut sources);
    let directory = tempfile::tempdir().unwrap();
    let same: Vec<bool> = sources
        .iter()
        .map(|source| means_the_same(source, directory.path()))
        .collect();
    assert!(same[..examples].iter().all(|same| *same), "{sources:?}");
    let compared = same.iter().filter(|same| **same).count();
    assert!(compared >= 130, "only {compared} files compared");
}

#[test]
fn what_seventy_services_share_is_written_once() {
    let service = |number: u32| {
        format!(
            "virtual=192.0.2.{number}:80\n    real=10.0.{number}.1:80 gate\n    real=10.0.{number}.2:80 gate 2\n    \
             fallback=127.0.0.1:80 gate\n    service=http\n    request=\"/health.html\"\n    receive=\"OK\"\n    \
             virtualhost=www.example.org\n    scheduler=wrr\n    persistent=600\n"
        )
    };
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("ldirectord.cf");
    let services: String = (1..=70).map(service).collect();
    let text = format!("quiescent=yes\ncheckinterval=10\n{services}");
    fs::write(&source, &text).unwrap();
    assert!(means_the_same(&source, directory.path()));
    let converted = fs::read_to_string(directory.path().join("converted.yaml")).unwrap();
    // Some 500 bytes a service where nothing is shared.
    let each = converted.len() / 70;
    assert!(each < 150, "{each} bytes a service\n{converted}");
}

proptest! {
    // Each case is a file of up to seven services and a run of the program.
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_file_that_is_written_well_means_the_same_when_it_is_converted(
        services in proptest::collection::vec(grammar::service(), 1..8)
    ) {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("ldirectord.cf");
        fs::write(&source, grammar::file(&services)).unwrap();
        prop_assert!(means_the_same(&source, directory.path()), "{}", grammar::file(&services));
    }
}
