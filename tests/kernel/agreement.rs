//! The kernel in memory and the real one give the same outcome and the same table, operation for operation.

use std::cell::RefCell;

use director_core::table::Table;
use ipvsd::ipvs::{Applied, Kernel, MemoryKernel};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::fixtures::{establish, kernel, plan_of, read};
use crate::tables;

fn runner(cases: u32) -> TestRunner {
    // A failure prints its shrunken case; the lab's root file system takes no files.
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
}

fn outcome(applied: &Applied) -> impl PartialEq + std::fmt::Debug + use<> {
    assert!(applied.interrupted.is_none(), "{applied:?}");
    (applied.failures.clone(), applied.skipped.clone())
}

#[test]
fn both_refuse_the_same_with_the_same_words() {
    let real = RefCell::new(kernel());
    let ops = prop::collection::vec(tables::doubtful_op(), 1..30);
    let result = runner(150).run(&ops, |ops| {
        let real = &mut *real.borrow_mut();
        establish(real, &Table::default());
        let mut memory = MemoryKernel::new();
        // One operation a plan, so that none is left out for another's failure, and then all in one.
        for op in &ops {
            let plan = plan_of([op.clone()]);
            let (theirs, ours) = (real.apply(&plan), memory.apply(&plan));
            prop_assert_eq!(outcome(&theirs), outcome(&ours), "{}", op);
        }
        prop_assert!(read(real).same_settings(memory.table()));
        let plan = plan_of(ops);
        let (theirs, ours) = (real.apply(&plan), memory.apply(&plan));
        prop_assert_eq!(outcome(&theirs), outcome(&ours));
        prop_assert!(read(real).same_settings(memory.table()));
        Ok(())
    });
    result.unwrap();
}

#[test]
fn one_table_becomes_another() {
    let real = RefCell::new(kernel());
    let result = runner(150).run(&(tables::table(), tables::table()), |(first, second)| {
        let real = &mut *real.borrow_mut();
        establish(real, &first);
        establish(real, &second);
        Ok(())
    });
    result.unwrap();
}
