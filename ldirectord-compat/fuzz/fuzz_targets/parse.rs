//! Any bytes at all: reading and judging them ends, without a panic, and a refusal always says why and where.

#![no_main]

use director_core::model::validate::validate;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let parsed = ldirectord_compat::parse("fuzz.cf", bytes);
    let (model, findings) = validate(&parsed.definitions);
    let refused = findings.iter().any(director_core::diagnostic::Diagnostic::is_error);
    assert_eq!(model.is_none(), refused, "a refusal without a reason");
    for finding in parsed.diagnostics.iter().chain(&findings) {
        assert!(!finding.message.is_empty());
    }
});
