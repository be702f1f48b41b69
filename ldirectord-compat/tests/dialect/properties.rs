//! What holds for every file: reading ends without a panic, findings point into the file, what was written well comes back
//! as it was meant, and neither comments nor the kind of blanks and line ends change a meaning.

use std::fmt::Write as _;

use director_core::diagnostic::Diagnostic;
use ldirectord_compat::directives::DIRECTIVES;
use proptest::prelude::*;
use proptest::sample::select;

use crate::grammar::{Service, dotted, file, mask, service};
use crate::judged::judge;

/// The table that such a service comes to, worked out without the parser.
fn meant(service: &Service, number: usize) -> Vec<String> {
    let letter = if service.udp { 'u' } else { 't' };
    let mut first = format!(
        "-{letter} 192.0.2.{number}:{} -s {}",
        service.port, service.scheduler
    );
    if let Some((seconds, length)) = service.persistent {
        let _ = write!(first, " -p {seconds}");
        if let Some(length) = length {
            let _ = write!(first, " -M {}", mask(length));
        }
    }
    let mut lines = vec![first];
    for real in &service.reals {
        let port = if real.method.0 == "masq" {
            real.port
        } else {
            service.port
        };
        let endpoint = format!("  -r {}:{port} ", dotted(real.host));
        if lines.iter().any(|line| line.starts_with(&endpoint)) {
            continue;
        }
        let mut line = format!(
            "{endpoint}{} -w {}",
            real.method.1,
            real.weight.unwrap_or(1)
        );
        if let Some((lower, upper)) = real.thresholds {
            let _ = write!(line, " -x {upper} -y {lower}");
        }
        lines.push(line);
    }
    if let Some(port) = service.fallback {
        lines.push(format!("  fallback 127.0.0.1:{port} -m -w 1"));
    }
    lines
}

/// Lines made of what such files are made of, in no sensible order.
fn rubble() -> impl Strategy<Value = String> {
    let names: Vec<&str> = DIRECTIVES.iter().map(|directive| directive.name).collect();
    let pieces = [
        "    ",
        "\t",
        " ",
        "#",
        "=",
        "\"",
        ",",
        ":",
        "->",
        "[",
        "]",
        "-",
        "yes",
        "no",
        "0",
        "80",
        "70000",
        "10.0.0.1",
        "::1",
        "[::1]",
        "gate",
        "masq",
        "l:1",
        "u:2",
        "\r",
        "\u{a0}",
        "ü",
        "_",
        "%",
        "(",
        "tcp",
        "http",
        "virtual=10.0.0.1:80\n",
        "    real=",
        "10.0.1.1:80 gate",
        "\n",
        "\n",
        "\n    ",
    ];
    let piece = prop_oneof![
        select(names).prop_map(str::to_owned),
        select(pieces.to_vec()).prop_map(str::to_owned)
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

/// The first finding that points to no place of the file.
fn astray(text: &str, findings: &[Diagnostic]) -> Option<Diagnostic> {
    let lines: Vec<usize> = text.split('\n').map(|line| line.chars().count()).collect();
    let inside = |finding: &&Diagnostic| {
        let place = &finding.place;
        if place.line == 0 {
            return true;
        }
        let Some(length) = lines.get(place.line as usize - 1) else {
            return false;
        };
        // An empty place stands behind the last character.
        place.column >= 1 && (place.column + place.length) as usize <= length + 2
    };
    findings.iter().find(|finding| !inside(finding)).cloned()
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        let _ = judge(&bytes);
    }

    #[test]
    fn any_lines_are_read_and_findings_point_into_them(text in rubble()) {
        let judged = judge(text.as_bytes());
        prop_assert_eq!(astray(&text, &judged.findings), None);
    }

    #[test]
    fn what_is_written_well_comes_back_as_it_was_meant(
        services in proptest::collection::vec(service(), 0..4)
    ) {
        let judged = judge(file(&services).as_bytes());
        let errors: Vec<&Diagnostic> = judged.findings.iter().filter(|finding| finding.is_error()).collect();
        prop_assert_eq!(errors, Vec::<&Diagnostic>::new());
        let meant: Vec<String> =
            services.iter().enumerate().flat_map(|(number, service)| meant(service, number + 1)).collect();
        prop_assert_eq!(judged.table(), meant);
        let model = judged.model.as_ref().expect("a model");
        for (service, made) in services.iter().zip(model.services()) {
            prop_assert_eq!(u32::from(service.failures.unwrap_or(1)), made.checks[0].timing.fall);
        }
    }

    #[test]
    fn blanks_comments_and_line_ends_change_no_meaning(
        services in proptest::collection::vec(service(), 1..3),
        comment in "[ -~]{0,20}",
    ) {
        let plain = file(&services);
        let services = |text: &str| judge(text.as_bytes()).model.map(|model| model.services().to_vec());
        let expected = services(&plain);
        let tabs = plain.replace("    ", "\t");
        let spaced = plain.replace('=', " \t=  ");
        let remarks = plain.replace("\n    ", &format!(" # {comment}\n#{comment}\n        "));
        let windows = plain.replace('\n', "\r\n");
        let unended = plain.trim_end().to_owned();
        prop_assert_eq!(&services(&tabs), &expected);
        prop_assert_eq!(&services(&remarks), &expected);
        prop_assert_eq!(&services(&windows), &expected);
        prop_assert_eq!(&services(&unended), &expected);
        if !plain.contains('"') {
            prop_assert_eq!(&services(&spaced), &expected);
        }
    }
}

#[test]
fn a_large_file_takes_no_longer_than_its_size() {
    let mut text = String::from("virtual=192.0.2.1:80\n");
    for number in 0..20_000u32 {
        let _ = writeln!(
            text,
            "    real=10.{}.{}.{}:80 gate",
            number >> 16,
            (number >> 8) & 255,
            number & 255
        );
        text.push_str("      \n");
    }
    let parsed = ldirectord_compat::parse("a.cf", text.as_bytes(), |_| false);
    assert_eq!(parsed.definitions.services[0].real_servers.len(), 20_000);
    // 500 warnings about blank lines, and one line about the rest.
    assert_eq!(parsed.diagnostics.len(), 501);
    assert!(parsed.diagnostics.iter().all(|finding| !finding.is_error()));
}
