//! The table of other balancers names scenarios and examples that exist.

use super::{read, root};

#[test]
fn scenarios_of_other_balancers_exist() {
    let page = read(&root().join("docs/founding-scenarios.md"));
    let quoted = page.split('`').skip(1).step_by(2);
    let mut named = 0;
    for name in quoted {
        let place = match name.split_once('/') {
            Some(("examples", _)) => root().join(name),
            Some((folder, scenario)) if !folder.is_empty() && !name.contains(' ') => root()
                .join("tests/lab/scenarios")
                .join(folder)
                .join(format!("{scenario}.sh")),
            _ => continue,
        };
        assert!(place.exists(), "{name}");
        named += 1;
    }
    assert!(named > 30, "only {named} names");
}
