//! Searches with back-references, atomic groups and conditions, by trying one way after the other. Each byte that is looked
//! at counts as a step of the budget, so that no answer keeps the search busy for long.

use super::budget::{Budget, Unfinished};
use super::program::{Edge, EdgeStep, PatternProgram, Region, StateId, UNSET};
use super::scan::{Places, places};

/// Choices and places that one search keeps at most, about 30 MB.
const MOST_KEPT: usize = 1 << 20;

/// Whether a way through the region begins anywhere in the text.
pub(super) fn is_found(
    program: &PatternProgram,
    region: Region,
    text: &[u8],
    budget: &mut Budget<'_>,
) -> Result<bool, Unfinished> {
    let places = places(program, text, budget)?;
    let mut search = Search {
        program,
        text,
        places: &places,
        slots: vec![UNSET; program.slots],
        kept: Vec::new(),
    };
    for at in 0..=text.len() {
        if search.way(region, at, budget)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

/// What is undone, or tried next, when a way leads nowhere.
enum Undo {
    Slot {
        slot: usize,
        was: usize,
    },
    /// The next edge of a state.
    Choice {
        state: StateId,
        edge: usize,
        at: usize,
    },
}

struct Search<'a> {
    program: &'a PatternProgram,
    text: &'a [u8],
    places: &'a [Places],
    slots: Vec<usize>,
    kept: Vec<Undo>,
}

impl Search<'_> {
    /// The end of the first way through a region that begins at this place. What it captured stays, and its choices are
    /// forgotten.
    fn way(
        &mut self,
        region: Region,
        at: usize,
        budget: &mut Budget<'_>,
    ) -> Result<Option<usize>, Unfinished> {
        let base = self.kept.len();
        let mut next = Some((region.start, 0, at));
        while let Some((state, number, at)) = next {
            if state == region.end {
                self.forget_choices(base);
                return Ok(Some(at));
            }
            let edges = &self.program.edges[state];
            if number + 1 < edges.len() {
                let edge = number + 1;
                self.keep(Undo::Choice { state, edge, at })?;
            }
            budget.spend(1)?;
            let taken = match edges.get(number) {
                Some(edge) => self.take(*edge, at, budget)?.map(|then| (edge.to, 0, then)),
                None => None,
            };
            next = taken.or_else(|| self.go_back(base));
        }
        Ok(None)
    }

    fn keep(&mut self, kept: Undo) -> Result<(), Unfinished> {
        if self.kept.len() == MOST_KEPT {
            return Err(Unfinished::TooMuchWork);
        }
        self.kept.push(kept);
        Ok(())
    }

    /// Undoes up to the last choice, and makes the next one.
    fn go_back(&mut self, base: usize) -> Option<(StateId, usize, usize)> {
        while self.kept.len() > base {
            match self.kept.pop()? {
                Undo::Slot { slot, was } => self.slots[slot] = was,
                Undo::Choice { state, edge, at } => return Some((state, edge, at)),
            }
        }
        None
    }

    fn undo(&mut self, base: usize) {
        while self.go_back(base).is_some() {}
    }

    fn forget_choices(&mut self, base: usize) {
        let slots = self.kept.split_off(base);
        let slots = slots
            .into_iter()
            .filter(|kept| matches!(kept, Undo::Slot { .. }));
        self.kept.extend(slots);
    }

    /// The place behind an edge, if it can be taken.
    fn take(
        &mut self,
        edge: Edge,
        at: usize,
        budget: &mut Budget<'_>,
    ) -> Result<Option<usize>, Unfinished> {
        let passes = match edge.step {
            EdgeStep::Free => true,
            EdgeStep::Byte(set) => {
                let byte = self.text.get(at).filter(|byte| set.contains(**byte));
                return Ok(byte.map(|_| at + 1));
            }
            EdgeStep::Anchor(anchor) => anchor.holds(self.text, at),
            EdgeStep::Look { look, negative } => self.places[look].contains(at) != negative,
            EdgeStep::Save(slot) => {
                let was = self.slots[slot];
                self.keep(Undo::Slot { slot, was })?;
                self.slots[slot] = at;
                true
            }
            EdgeStep::Beyond(slot) => self.slots[slot] != at,
            EdgeStep::Captured { group, any_case } => {
                return self.over_captured(group, any_case, at, budget);
            }
            EdgeStep::IfCaptured { group, negative } => self.captured(group).is_some() != negative,
            EdgeStep::Atomic(region) => return self.way(region, at, budget),
            EdgeStep::Ahead { region, negative } => {
                let base = self.kept.len();
                let found = self.way(region, at, budget)?.is_some();
                if negative {
                    self.undo(base);
                }
                found != negative
            }
        };
        Ok(passes.then_some(at))
    }

    fn captured(&self, group: usize) -> Option<(usize, usize)> {
        let (start, end) = (self.slots[2 * group], self.slots[2 * group + 1]);
        (start != UNSET && end != UNSET).then_some((start, end))
    }

    fn over_captured(
        &self,
        group: usize,
        any_case: bool,
        at: usize,
        budget: &mut Budget<'_>,
    ) -> Result<Option<usize>, Unfinished> {
        let Some((start, end)) = self.captured(group) else {
            return Ok(None);
        };
        let wanted = self.text.get(start..end).unwrap_or_default();
        budget.spend(wanted.len())?;
        let then = at + wanted.len();
        let same = self.text.get(at..then).is_some_and(|found| match any_case {
            true => found.eq_ignore_ascii_case(wanted),
            false => found == wanted,
        });
        Ok(same.then_some(then))
    }
}
