//! Stages and what is left out after a refusal.

use director_core::model::{Endpoint, Family, Forwarding, Scheduling, ServiceId};
use director_core::plan::{Op, Plan, Step};
use director_core::table::ServerSettings;
use nix::errno::Errno;

use super::*;

fn service(mark: u32) -> ServiceId {
    ServiceId::Mark {
        family: Family::Ipv4,
        mark,
    }
}

fn endpoint(last: u8) -> Endpoint {
    Endpoint {
        address: [10, 0, 0, last].into(),
        port: 80,
    }
}

fn settings() -> ServerSettings {
    ServerSettings {
        forwarding: Forwarding::Masq,
        weight: 1,
        upper_threshold: 0,
        lower_threshold: 0,
    }
}

fn add(mark: u32, last: u8) -> Op {
    Op::AddServer {
        service: service(mark),
        server: endpoint(last),
        settings: settings(),
    }
}

fn remove(mark: u32, last: u8) -> Op {
    Op::DeleteServer {
        service: service(mark),
        server: endpoint(last),
        settings: settings(),
    }
}

fn plan(ops: Vec<Op>) -> Plan {
    let steps = ops
        .into_iter()
        .map(|op| Step {
            op,
            reason: String::new(),
        })
        .collect();
    Plan { steps }
}

#[test]
fn a_failed_add_keeps_the_server_that_was_to_be_replaced() {
    let plan = plan(vec![add(1, 2), add(2, 2), remove(1, 1), remove(2, 1)]);
    let mut batches = Vec::new();
    let applied = carry_out(&plan, |ops| {
        batches.push(ops.iter().map(|op| (*op).clone()).collect::<Vec<_>>());
        let first_add = matches!(ops.first(), Some(Op::AddServer { .. }));
        Ok(if first_add {
            vec![(0, RefusedOperation::silent(Errno::EINVAL))]
        } else {
            Vec::new()
        })
    });
    assert_eq!(
        batches,
        [vec![add(1, 2), add(2, 2)], vec![remove(2, 1)]],
        "one batch a stage, without the failed service in the second"
    );
    assert_eq!(applied.skipped, [remove(1, 1)]);
    assert_eq!(applied.failures.len(), 1);
    assert_eq!(applied.failures[0].op, add(1, 2));
    assert_eq!(applied.failures[0].errno, Errno::EINVAL as i32);
    assert!(!applied.is_complete());
}

#[test]
fn a_lost_answer_ends_the_plan() {
    let plan = plan(vec![
        Op::AddService {
            service: service(1),
            scheduling: Scheduling::plain("rr", Family::Ipv4),
        },
        add(1, 1),
    ]);
    let mut turns = 0;
    let applied = carry_out(&plan, |_| {
        turns += 1;
        Err(KernelError::AnswersLost)
    });
    assert_eq!(turns, 1);
    assert!(matches!(
        applied.interrupted,
        Some(KernelError::AnswersLost)
    ));
}

#[test]
fn an_empty_plan_asks_nothing() {
    let applied = carry_out(&Plan::default(), |_| Err(KernelError::AnswersLost));
    assert!(applied.is_complete());
}
