//! After a boot the kernel's table is empty. What was known of the servers counts where they cannot be checked, and nowhere else.

mod kill;
mod pool;
mod world;

use director_core::definitions::{
    CheckDefinition, JudgingDefinition, PortDefinition, RecoveryDefinition,
};
use director_core::model::InitialHealth;
use director_core::table::Table;
use kill::{kept, killed};
use pool::{ONE, TWO, dies, pair, returns, running, seconds, weights};
use world::{Brief, World, address, placed};

const SORRY: &str = "10.0.0.98";
/// Where the page of each server is checked.
const ELSEWHERE: &str = "10.0.0.77";

fn with_fallback() -> Brief {
    Brief {
        fallback: Some(SORRY),
        ..pair(RecoveryDefinition::default())
    }
}

fn local_errors(world: &mut World, servers: &[&str]) {
    let servers = servers.iter().map(|server| address(server));
    world.not_asked.extend(servers);
}

/// The machine boots: the next director knows what was saved, and the kernel has no service.
fn booted(mut world: World, brief: &Brief) -> World {
    world.kernel = Table::default();
    let mut next = killed(world, seconds(60), std::slice::from_ref(brief));
    next.run(seconds(5));
    next
}

#[test]
fn servers_that_were_up_serve_when_they_cannot_be_checked_after_a_boot() {
    for brief in [pair(RecoveryDefinition::default()), with_fallback()] {
        let mut world = kept(std::slice::from_ref(&brief));
        local_errors(&mut world, &[ONE, TWO]);
        let world = booted(world, &brief);
        assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
        let notices: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
        let told = "assumed down -> up: up before the start, and cannot be checked: local error: too many open files";
        assert!(
            notices.iter().any(|notice| notice.contains(told)),
            "{notices:#?}"
        );
        // It is remembered through the next boot as well, and a failure counts as always.
        let mut world = booted(world, &brief);
        assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
        world.not_asked.clear();
        dies(&mut world, &[ONE]);
        assert_eq!(weights(&world, [ONE, TWO]), [None, Some(1)]);
        returns(&mut world, &[ONE]);
        assert_eq!(weights(&world, [ONE, TWO]), [Some(3), Some(1)]);
    }
}

#[test]
fn only_what_was_up_and_cannot_be_checked_is_recalled() {
    let brief = with_fallback();
    let mut world = kept(std::slice::from_ref(&brief));
    dies(&mut world, &[ONE]);
    // One was down, and the other refuses connections now.
    local_errors(&mut world, &[ONE]);
    world.closed.insert((address(TWO), 80));
    let world = booted(world, &brief);
    assert_eq!(weights(&world, [ONE, TWO, SORRY]), [None, None, Some(1)]);
}

#[test]
fn nothing_is_recalled_without_a_state_file_or_where_servers_begin_down() {
    let begin_down = Brief {
        evaluate: |judging| judging.initial_health = Some(placed(InitialHealth::Down)),
        ..with_fallback()
    };
    let cases = [
        (running(with_fallback()), with_fallback()),
        (kept(std::slice::from_ref(&begin_down)), begin_down),
    ];
    for (mut world, brief) in cases {
        local_errors(&mut world, &[ONE, TWO]);
        let world = booted(world, &brief);
        assert_eq!(weights(&world, [ONE, TWO, SORRY]), [None, None, Some(1)]);
    }
}

fn page_elsewhere(judging: &mut JudgingDefinition) {
    judging.further_checks.push(CheckDefinition {
        name: Some(placed("page".to_owned())),
        port: Some(placed(PortDefinition::Number(8080))),
        address: Some(placed(address(ELSEWHERE))),
        every: Some(placed(seconds(1))),
        ..CheckDefinition::default()
    });
}

#[test]
fn each_check_that_cannot_be_made_counts_as_before_the_boot() {
    let brief = Brief {
        evaluate: page_elsewhere,
        ..pair(RecoveryDefinition::default())
    };
    let mut world = kept(std::slice::from_ref(&brief));
    local_errors(&mut world, &[ELSEWHERE]);
    world.closed.insert((address(TWO), 80));
    let world = booted(world, &brief);
    assert_eq!(weights(&world, [ONE, TWO]), [Some(3), None]);
}
