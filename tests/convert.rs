//! A file of ldirectord and what `ipvsctl convert` makes of it are the same definitions: the same tables, the same probes.
//! Over every example, over every file of the dialect's golden cases and of the differential suite, and over files made
//! from the dialect's grammar.

#![cfg(test)]

#[path = "../ldirectord-compat/tests/dialect/grammar.rs"]
mod grammar;
#[path = "convert/sites.rs"]
mod sites;

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use assert_cmd::Command;
use director_core::desired::assumed;
use director_core::health::HealthState;
use director_core::model::{Model, VirtualService};
use ipvsd::loader::{Dialect, load_as};
use proptest::prelude::*;

fn files(directory: &str, wanted: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join(directory)).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(path.to_str().unwrap(), wanted, found);
        } else if path.extension().is_some_and(|ending| ending == wanted) {
            found.push(path);
        }
    }
}

/// Everything of a service but its name, which few services have in the dialect, and the times and ports of checks that send
/// nothing.
fn services(model: &Model) -> Vec<VirtualService> {
    let plain = |service: &VirtualService| {
        let mut service = VirtualService {
            name: String::new(),
            ..service.clone()
        };
        let is_asked = service
            .real_servers
            .iter()
            .any(|server| service.asks(server));
        // A converted service lets what leaves it finish its connections, which ldirectord does not.
        service.recovery.leaving = None;
        if !is_asked {
            service.checks.clear();
            for server in &mut service.real_servers {
                for probe in &mut server.probes {
                    probe.port = 0;
                    probe.timeout = Duration::ZERO;
                }
            }
        }
        service
    };
    model.services().iter().map(plain).collect()
}

/// Compares a file with what becomes of it; false when it cannot be loaded in the first place.
fn means_the_same(source: &Path, dialect: Dialect, directory: &Path) -> bool {
    // Files with faults, and those with names that this machine cannot resolve, convert to nothing.
    let Ok(before) = load_as(source, Some(dialect)) else {
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
    files("examples", "cf", &mut sources);
    let examples = sources.len();
    files("ldirectord-compat/tests/golden", "cf", &mut sources);
    files("tests/lab/differential/cases", "cf", &mut sources);
    let directory = tempfile::tempdir().unwrap();
    let same: Vec<bool> = sources
        .iter()
        .map(|source| means_the_same(source, Dialect::Ldirectord, directory.path()))
        .collect();
    assert!(same[..examples].iter().all(|same| *same), "{sources:?}");
    let compared = same.iter().filter(|same| **same).count();
    assert!(compared >= 130, "only {compared} files compared");
}

#[test]
fn a_converted_keepalived_conf_means_the_same() {
    let mut sources = Vec::new();
    files("tests/lab/keepalived/cases", "conf", &mut sources);
    // What others include is no file of its own.
    let is_part = |path: &PathBuf| path.to_str().unwrap().contains(".d/");
    sources.retain(|path| !is_part(path));
    let directory = tempfile::tempdir().unwrap();
    for source in &sources {
        let same = means_the_same(source, Dialect::Keepalived, directory.path());
        // Some are for a machine of another name, or have no service that keepalived could use.
        let is_elsewhere = source.to_str().unwrap().contains("-condition");
        let table = fs::read_to_string(source.with_extension("ipvsadm")).unwrap();
        let has_table = !table.is_empty() || source.with_extension("differs").exists();
        let is_for_here = has_table && !is_elsewhere;
        assert_eq!(same, is_for_here, "{source:?}");
    }
    assert!(sources.len() >= 99);
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
    assert!(means_the_same(
        &source,
        Dialect::Ldirectord,
        directory.path()
    ));
    let converted = fs::read_to_string(directory.path().join("converted.yaml")).unwrap();
    // Some 500 bytes a service where nothing is shared.
    let each = converted.len() / 70;
    assert!(each < 105, "{each} bytes a service\n{converted}");
}

#[test]
fn host_names_are_carried_over() {
    let directory = tempfile::tempdir().unwrap();
    let source = directory.path().join("ldirectord.cf");
    let text = "virtual=localhost:80\n\treal=localhost:8080 masq 2\n\treal=127.0.0.2:80 masq\n\
                \tfallback=localhost:81 masq\n\tchecktype=connect\n";
    fs::write(&source, text).unwrap();
    assert!(means_the_same(
        &source,
        Dialect::Ldirectord,
        directory.path()
    ));
    let converted = fs::read_to_string(directory.path().join("converted.yaml")).unwrap();
    for part in [
        "listen: tcp://localhost:80\n",
        "fallback: localhost:81\n",
        "real_servers: [{address: localhost:8080, single: true, weight: 2}, 127.0.0.2]\n",
    ] {
        assert!(converted.contains(part), "{part}\n{converted}");
    }
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
        prop_assert!(means_the_same(&source, Dialect::Ldirectord, directory.path()), "{}", grammar::file(&services));
    }

    #[test]
    fn a_site_of_ten_services_and_more_is_not_much_longer_when_it_is_converted(site in sites::site()) {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("ldirectord.cf");
        fs::write(&source, &site).unwrap();
        prop_assert!(means_the_same(&source, Dialect::Ldirectord, directory.path()), "{}", site);
        let converted = fs::read_to_string(directory.path().join("converted.yaml")).unwrap();
        let (before, after) = (site.len(), converted.len());
        prop_assert!(after * 10 <= before * 15, "{} of {} bytes\n{}\n{}", after, before, site, converted);
    }
}
