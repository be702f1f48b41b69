//! Each promise of SECURITY.md names the tests that hold it.

use std::fs;
use std::path::Path;

#[test]
fn security_promises_name_tests_that_exist() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = fs::read_to_string(root.join("SECURITY.md")).unwrap();
    let rows = page.lines().filter(|line| line.starts_with('|'));
    let names = rows.flat_map(|row| row.split('`').skip(1).step_by(2));
    let tests: Vec<&str> = names.filter(|name| name.contains('/')).collect();
    assert!(tests.len() > 5, "{tests:?}");
    for test in tests {
        let scenario = root.join(format!("tests/lab/scenarios/{test}.sh"));
        assert!(root.join(test).exists() || scenario.exists(), "{test}");
    }
}
