//! Whole files: what each of `tests/golden/*/ldirectord.cf` comes to, in `meaning.txt`, and what is said about it, in
//! `findings.txt`. `UPDATE=1` writes them again, to be read in review.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use director_core::model::VirtualService;
use ldirectord_compat::directives::{DIRECTIVES, Scope, Support, Used};
use ldirectord_compat::{ProcessSettings, ServiceSettings};

use crate::judged::{SavedHealth, entries, judge};

fn findings(judged: &SavedHealth) -> String {
    let mut out = String::new();
    for finding in &judged.findings {
        let _ = writeln!(out, "{finding}");
    }
    out
}

fn meaning(judged: &SavedHealth) -> String {
    let Some(model) = &judged.model else {
        return "refused\n".to_owned();
    };
    let mut out = process(&judged.parsed.process);
    for (service, settings) in model.services().iter().zip(&judged.parsed.process.services) {
        let lines = entries(service);
        let timing = &service.checks[0].timing;
        let _ = writeln!(out, "{}", lines[0]);
        let _ = writeln!(
            out,
            "  every {:?}, rise {}, fall {}, on failure {:?}, on stop {:?}",
            timing.every, timing.rise, timing.fall, service.on_failure, service.on_stop
        );
        if let Some(between) = timing.connects_between {
            let (count, timeout) = (between.count, between.timeout);
            let _ = writeln!(
                out,
                "  {count} connects within {timeout:?} between two full probes"
            );
        }
        out.push_str(&service_settings(settings));
        for line in &lines[1..] {
            let _ = writeln!(out, "{line}");
        }
        out.push_str(&probes(service));
    }
    out
}

/// The probe of each server, unless it is that of the server before it but for the address.
fn probes(service: &VirtualService) -> String {
    let mut out = String::new();
    let mut last = String::new();
    for probe in service
        .real_servers
        .iter()
        .filter_map(|server| server.probes.first())
    {
        let kind = serde_json::to_string(&probe.kind).unwrap_or_default();
        let text = format!("  port {} within {:?}: {kind}", probe.port, probe.timeout);
        if text != last {
            let _ = writeln!(out, "{text}");
        }
        last = text;
    }
    out
}

fn process(process: &ProcessSettings) -> String {
    let mut out = String::new();
    show(&mut out, "log", process.log.as_ref().map(|log| &log.value));
    show(
        &mut out,
        "autoreload",
        process.autoreload.as_ref().map(|choice| choice.value),
    );
    show(
        &mut out,
        "callback",
        process.callback.as_ref().map(|text| &text.value),
    );
    for file in &process.execute {
        show(&mut out, "execute", Some(&file.value));
    }
    show(
        &mut out,
        "supervised",
        process.supervised.as_ref().map(|choice| choice.value),
    );
    show(
        &mut out,
        "fork",
        process.fork.as_ref().map(|choice| choice.value),
    );
    show(
        &mut out,
        "readd quiescent",
        process.readd_quiescent.as_ref().map(|choice| choice.value),
    );
    show(
        &mut out,
        "maintenance dir",
        process.maintenance_dir.as_ref().map(|text| &text.value),
    );
    show(
        &mut out,
        "mail from",
        process.mail_from.as_ref().map(|text| &text.value),
    );
    out
}

fn service_settings(settings: &ServiceSettings) -> String {
    let mut out = String::new();
    show(
        &mut out,
        "  name",
        settings.name.as_ref().map(|text| &text.value),
    );
    show(
        &mut out,
        "  comment",
        settings.comment.as_ref().map(|text| &text.value),
    );
    show(
        &mut out,
        "  monitor file",
        settings.monitor_file.as_ref().map(|text| &text.value),
    );
    show(
        &mut out,
        "  fallback command",
        settings.fallback_command.as_ref().map(|text| &text.value),
    );
    show(
        &mut out,
        "  mail to",
        settings.mail_to.as_ref().map(|text| &text.value),
    );
    show(
        &mut out,
        "  mail every",
        settings
            .mail_every_seconds
            .as_ref()
            .map(|seconds| seconds.value),
    );
    show(
        &mut out,
        "  mail phases",
        settings.mail_phases.as_ref().map(|phases| &phases.value),
    );
    show(
        &mut out,
        "  mail relay",
        settings.mail_relay.as_ref().map(|text| &text.value),
    );
    out
}

fn show(out: &mut String, name: &str, value: Option<impl std::fmt::Debug>) {
    if let Some(value) = value {
        let _ = writeln!(out, "{name}: {value:?}");
    }
}

#[test]
fn every_golden_file_means_what_it_did() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let update = std::env::var_os("UPDATE").is_some();
    let mut faults = Vec::new();
    let mut count = 0;
    for entry in fs::read_dir(folder).expect("the folder of golden files") {
        let case = entry.expect("an entry").path();
        let judged = judge(&fs::read(case.join("ldirectord.cf")).expect("a definitions file"));
        count += 1;
        for (name, actual) in [
            ("meaning.txt", meaning(&judged)),
            ("findings.txt", findings(&judged)),
        ] {
            let path = case.join(name);
            if update {
                fs::write(&path, &actual).expect("a writable golden file");
            }
            let expected = fs::read_to_string(&path).unwrap_or_default();
            if expected != actual {
                faults.push(format!(
                    "{}\n--- expected\n{expected}--- actual\n{actual}",
                    path.display()
                ));
            }
        }
    }
    assert!(count >= 14, "{count} cases");
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn what_the_daemon_cannot_do_yet_is_refused_by_name() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden");
    let text = fs::read(folder.join("every-directive/ldirectord.cf")).expect("the file");
    let parsed = judge(&text).parsed;
    for directive in DIRECTIVES
        .iter()
        .filter(|directive| directive.scope != Scope::Opening)
    {
        let used = parsed.used.iter().find(|used| used.key == directive.key);
        assert!(used.is_some(), "{} does not occur", directive.name);
    }
    let missing = |used: &&Used| used.support == Support::NotYet;
    let names: Vec<&str> = parsed
        .used
        .iter()
        .filter(missing)
        .map(|used| used.name.as_str())
        .collect();
    let refused = parsed.unsupported();
    assert_eq!(refused.len(), names.len());
    for name in names {
        let message = format!("{name} is not supported");
        assert!(
            refused
                .iter()
                .any(|finding| finding.is_error() && finding.message == message)
        );
    }
}
