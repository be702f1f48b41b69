//! Any bytes at all: reading and judging a `keepalived.conf` ends, without a panic, and a refusal always says why and where.

#![no_main]

use director_core::diagnostic::Diagnostic;
use director_core::model::validate::validate;
use keepalived_compat::IncludedFile;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    // Some includes find a file, and some find none.
    let mut include = |pattern: &str, _: &str| {
        let file = IncludedFile {
            name: "included.conf".to_owned(),
            content: Ok(b"real_server 10.0.0.9 80 {\n weight 2\n}\n".to_vec()),
        };
        if pattern.len() % 2 == 0 { vec![file] } else { Vec::new() }
    };
    let parsed = keepalived_compat::parse("fuzz.conf", bytes, "id", &mut include);
    let (model, findings) = validate(&parsed.definitions);
    let all = || parsed.diagnostics.iter().chain(&findings);
    assert!(
        model.is_some() || all().any(Diagnostic::is_error),
        "a refusal without a reason"
    );
    assert!(
        model.is_none() || !findings.iter().any(Diagnostic::is_error),
        "a model in spite of a refusal"
    );
});
