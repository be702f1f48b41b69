//! Any bytes at all: reading and judging them ends, without a panic, and a refusal always says why and where.

#![no_main]

use director_core::diagnostic::Diagnostic;
use director_core::model::validate::validate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let mut parsed = ldirectord_compat::parse("fuzz.cf", bytes, |_| false);
    let twice = ldirectord_compat::put_aside(
        &parsed.unfit,
        &mut parsed.definitions,
        &mut parsed.process,
        None,
    );
    assert_eq!(
        parsed.definitions.services.len(),
        parsed.process.services.len(),
        "settings of other services"
    );
    let (model, findings) = validate(&parsed.definitions);
    // What the reading refuses is missing in the definitions, and may be why the judging refuses the rest.
    let all = || parsed.diagnostics.iter().chain(&twice).chain(&findings);
    assert!(
        model.is_some() || all().any(Diagnostic::is_error),
        "a refusal without a reason"
    );
    assert!(
        model.is_none() || !findings.iter().any(Diagnostic::is_error),
        "a model in spite of a refusal"
    );
    assert!(all().all(|finding| !finding.message.is_empty()));
});
