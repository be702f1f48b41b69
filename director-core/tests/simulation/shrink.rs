//! Makes a failing list of deeds as short as it gets: halves, quarters, single deeds and their pauses are left out as long
//! as the rest still fails.

use std::time::Duration;

use crate::deeds::{Deed, Step};

/// The shortest list found for which `fails` still holds.
pub(crate) fn shrink(steps: Vec<Step>, fails: impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut steps = without_parts(steps, &fails);
    for place in 0..steps.len() {
        for simpler in simpler(&steps[place]) {
            let mut shorter = steps.clone();
            shorter[place] = simpler;
            if fails(&shorter) {
                steps = shorter;
            }
        }
    }
    without_parts(steps, &fails)
}

fn without_parts(mut steps: Vec<Step>, fails: &impl Fn(&[Step]) -> bool) -> Vec<Step> {
    let mut size = steps.len().div_ceil(2);
    while size > 0 {
        let mut place = 0;
        let before = steps.len();
        while place < steps.len() {
            let mut shorter = steps.clone();
            shorter.drain(place..(place + size).min(steps.len()));
            if fails(&shorter) {
                steps = shorter;
            } else {
                place += size;
            }
        }
        // Single deeds are tried again for as long as one of them could go.
        if size > 1 || steps.len() == before {
            size /= 2;
        }
    }
    steps
}

/// The same step with less in it, the simplest last.
fn simpler(step: &Step) -> Vec<Step> {
    let with = |deed: &Deed, then| Step {
        deed: deed.clone(),
        then,
    };
    let mut all = Vec::new();
    if let Deed::Reload(briefs) = &step.deed {
        for place in 0..briefs.len() {
            let mut fewer = briefs.clone();
            fewer.remove(place);
            all.push(with(&Deed::Reload(fewer), step.then));
        }
    }
    all.push(with(&Deed::Pause, step.then));
    all.push(with(&step.deed, Duration::ZERO));
    all
}

#[test]
fn only_what_is_needed_stays() {
    let step = |deed| Step {
        deed,
        then: Duration::from_secs(1),
    };
    let mut steps: Vec<Step> = vec![step(Deed::Pause); 40];
    steps[7] = step(Deed::Dies("10.0.0.1"));
    steps[31] = step(Deed::Restart);
    let needed = |steps: &[Step]| {
        let dies = steps
            .iter()
            .position(|step| matches!(step.deed, Deed::Dies(_)));
        let restarts = steps
            .iter()
            .position(|step| matches!(step.deed, Deed::Restart));
        dies.is_some_and(|dies| restarts.is_some_and(|restarts| dies < restarts))
    };
    let shrunk = shrink(steps, needed);
    assert_eq!(shrunk.len(), 2, "{shrunk:?}");
    assert!(shrunk.iter().all(|step| step.then.is_zero()));
}
