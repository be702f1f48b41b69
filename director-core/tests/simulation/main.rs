//! Seeded simulation: random definitions (drains, slow starts, tiers, minima, several checks), deaths, returns, reloads,
//! overrides, other people's changes, frozen health, restarts, kills, a slow disk and a kernel that refuses every
//! tenth operation. After every step the invariants hold; a failure prints the seed and the shortest list
//! of deeds that still leads to it.
//!
//! `SEEDS=10000` plays more of them, `SEED=17` one; `make simulate` is the first of these.

#![cfg(test)]

mod deeds;
mod definitions;
mod dice;
mod invariants;
mod manual;
mod shrink;
mod stage;
#[path = "../world/mod.rs"]
mod world;

use std::fmt::Debug;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};

use deeds::Step;
use world::Brief;

/// Seeds that `make test` plays.
const SEEDS: u64 = 500;

/// After how many decisions one is compared with what would be decided about all services: that takes much longer than the decision,
/// and 500 seeds have a million of them.
fn compares_every() -> usize {
    match setting("SEEDS") {
        Some(_) => 1,
        None => 11,
    }
}

#[test]
fn the_invariants_hold_for_every_seed() {
    match setting("SEED") {
        Some(seed) => simulate(seed, 1),
        None => {
            let every = compares_every();
            (0..setting("SEEDS").unwrap_or(SEEDS)).for_each(|seed| simulate(seed, every));
        }
    }
}

/// Seeds that once found what the director left out of a decision, each of them compared with one about all services.
#[test]
fn seeds_that_found_a_fault_find_it_no_more() {
    [22, 294, 1620]
        .into_iter()
        .for_each(|seed| simulate(seed, 1));
}

fn simulate(seed: u64, compares_every: usize) {
    let (first, steps) = deeds::of_seed(seed);
    let failure = |first: &[Brief], steps: &[Step]| failure(first, steps, compares_every);
    let Some(words) = failure(&first, &steps) else {
        return;
    };
    let same = |other: String| kind(&other) == kind(&words);
    // What the attempts to shorten the list say is of no interest; the last one speaks again.
    let hook = take_hook();
    set_hook(Box::new(|_| {}));
    let steps = shrink::shrink(steps, |steps| failure(&first, steps).is_some_and(same));
    let words = failure(&first, &steps).unwrap_or_default();
    set_hook(hook);
    let first: String = first.iter().map(line).collect();
    let list: String = steps.iter().map(line).collect();
    panic!("SEED={seed} fails: {words}\nbegins with\n{first}{list}");
}

/// What is wrong, whoever it is wrong with: a list that is made shorter must not come to stand for another failure.
fn kind(words: &str) -> Vec<&str> {
    let first = words.lines().next().unwrap_or_default();
    let names = |word: &&str| word.contains(|letter: char| letter.is_ascii_digit());
    first.split(' ').filter(|word| !names(word)).collect()
}

/// In one line, without the places of settings that stand in no file.
fn line(thing: &impl Debug) -> String {
    let text = format!("  {thing:?}\n");
    let place = format!("place: {:?}", world::place());
    text.replace(&format!(", {place}"), "")
        .replace(&format!("{place}, "), "")
}

/// What goes wrong when this list is played, with one decision for each answer and with one for all of a moment; nothing when all is
/// well.
fn failure(first: &[Brief], steps: &[Step], compares_every: usize) -> Option<String> {
    let play = |together| failure_with(first, steps, together, compares_every);
    play(false).or_else(|| play(true))
}

fn failure_with(
    first: &[Brief],
    steps: &[Step],
    together: bool,
    compares_every: usize,
) -> Option<String> {
    let played = catch_unwind(AssertUnwindSafe(|| {
        stage::play(first, steps, together, compares_every)
    }));
    let panic = played.err()?;
    let text = panic.downcast_ref::<String>().cloned();
    let word = || panic.downcast_ref::<&str>().map(|word| (*word).to_owned());
    Some(text.or_else(word).unwrap_or_else(|| "a panic".to_owned()))
}

fn setting(name: &str) -> Option<u64> {
    option_env_at_run_time(name)?.parse().ok()
}

/// The test's own knobs; the core itself never looks at the environment.
#[expect(clippy::disallowed_methods, reason = "a test's knobs, not the core's")]
fn option_env_at_run_time(name: &str) -> Option<String> {
    std::env::var(name).ok()
}
