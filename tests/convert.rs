//! A file of ldirectord and what `ipvsctl convert` makes of it are the same definitions: the same tables, the same probes.
//! Over every example, and over every file that the dialect's own golden cases hold.

#![cfg(test)]

use std::fs;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use director_core::model::{Model, VirtualService};
use ipvsd::loader::{Dialect, load_as};

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

/// Everything of a service but its name, which the dialect has not.
fn services(model: &Model) -> Vec<VirtualService> {
    let nameless = |service: &VirtualService| VirtualService {
        name: String::new(),
        ..service.clone()
    };
    model.services().iter().map(nameless).collect()
}

#[test]
fn a_converted_file_means_the_same() {
    let mut sources = Vec::new();
    files("examples", &mut sources);
    files("ldirectord-compat/tests/golden", &mut sources);
    let directory = tempfile::tempdir().unwrap();
    let mut compared = 0;
    for source in sources {
        // Files with faults, and those with names that this machine cannot resolve, convert to nothing.
        let Ok(before) = load_as(&source, Some(Dialect::Ldirectord)) else {
            continue;
        };
        let output = Command::cargo_bin("ipvsctl")
            .unwrap()
            .arg("convert")
            .arg(&source)
            .output()
            .unwrap();
        let target = directory.path().join("converted.yaml");
        fs::write(&target, &output.stdout).unwrap();
        let text = String::from_utf8_lossy(&output.stdout);
        let after = load_as(&target, Some(Dialect::Yaml)).unwrap_or_else(|error| {
            panic!(
                "{}: {:#?}\n{text}",
                source.display(),
                error.report().diagnostics
            )
        });
        assert_eq!(
            services(&after.model),
            services(&before.model),
            "{}\n{text}",
            source.display()
        );
        compared += 1;
    }
    assert!(compared >= 8, "only {compared} files compared");
}
