//! Searches with look-around in linear time. One run over the text gives all places where a look-around holds, the inner
//! ones first. The search itself is then one more run, in which a look-around costs one bit. Each run follows all ways
//! through the expression at once, so a byte costs no more than the expression has states.

use super::budget::{Budget, Unfinished};
use super::program::{EdgeStep, Look, PatternProgram, Region, StateId, Ways};

/// The places where a look-around holds.
pub(super) struct Places(Vec<u64>);

impl Places {
    fn new(length: usize) -> Self {
        Self(vec![0; length / 64 + 1])
    }

    fn insert(&mut self, at: usize) {
        self.0[at / 64] |= 1 << (at % 64);
    }

    pub(super) fn contains(&self, at: usize) -> bool {
        self.0[at / 64] & (1 << (at % 64)) != 0
    }
}

/// The places of all look-arounds of a program.
pub(super) fn places(
    program: &PatternProgram,
    text: &[u8],
    budget: &mut Budget<'_>,
) -> Result<Vec<Places>, Unfinished> {
    let mut found = Vec::with_capacity(program.looks.len());
    for Look { region, behind } in &program.looks {
        let mut places = Places::new(text.len());
        let mut scan = Scan::new(program, text, &found, *behind);
        scan.run(*region, budget, |at| {
            places.insert(at);
            true
        })?;
        found.push(places);
    }
    Ok(found)
}

/// Whether a way through the region begins anywhere in the text.
pub(super) fn is_found(
    program: &PatternProgram,
    region: Region,
    text: &[u8],
    budget: &mut Budget<'_>,
) -> Result<bool, Unfinished> {
    let places = places(program, text, budget)?;
    let mut found = false;
    Scan::new(program, text, &places, true).run(region, budget, |_| {
        found = true;
        false
    })?;
    Ok(found)
}

/// States in the order in which they came.
#[derive(Default)]
struct States {
    listed: Vec<StateId>,
    is_listed: Vec<bool>,
}

impl States {
    fn new(most: usize) -> Self {
        Self {
            listed: Vec::new(),
            is_listed: vec![false; most],
        }
    }

    fn insert(&mut self, state: StateId) -> bool {
        let is_new = !self.is_listed[state];
        if is_new {
            self.is_listed[state] = true;
            self.listed.push(state);
        }
        is_new
    }

    fn clear(&mut self) {
        for state in self.listed.drain(..) {
            self.is_listed[state] = false;
        }
    }
}

/// A run over the text, from its start along the edges, or from its end against them.
struct Scan<'a> {
    ways: &'a Ways,
    text: &'a [u8],
    places: &'a [Places],
    forward: bool,
    current: States,
    next: States,
    pending: Vec<StateId>,
}

impl<'a> Scan<'a> {
    fn new(
        program: &'a PatternProgram,
        text: &'a [u8],
        places: &'a [Places],
        forward: bool,
    ) -> Self {
        let most = program.edges.len();
        Self {
            ways: match forward {
                true => &program.along,
                false => &program.against,
            },
            text,
            places,
            forward,
            current: States::new(most),
            next: States::new(most),
            pending: Vec::new(),
        }
    }

    /// Begins a way at every place, and reports each place where one comes to the other end of the region, until `reached`
    /// wants no more.
    fn run(
        &mut self,
        region: Region,
        budget: &mut Budget<'_>,
        mut reached: impl FnMut(usize) -> bool,
    ) -> Result<(), Unfinished> {
        let (source, target) = match self.forward {
            true => (region.start, region.end),
            false => (region.end, region.start),
        };
        let length = self.text.len();
        for count in 0..=length {
            let at = if self.forward { count } else { length - count };
            let entered = self.enter(source, at);
            budget.spend(1 + entered)?;
            if self.current.is_listed[target] && !reached(at) {
                return Ok(());
            }
            if count < length {
                let followed = self.follow(at);
                budget.spend(followed)?;
            }
        }
        Ok(())
    }

    /// Adds a state and all that are reached from it without a byte. Gives the number of edges looked at.
    fn enter(&mut self, state: StateId, at: usize) -> usize {
        if !self.current.insert(state) {
            return 0;
        }
        let mut looked = 0;
        self.pending.push(state);
        while let Some(state) = self.pending.pop() {
            for (other, step) in &self.ways.free[state] {
                looked += 1;
                if self.passes(step, at) && self.current.insert(*other) {
                    self.pending.push(*other);
                }
            }
        }
        looked
    }

    fn passes(&self, step: &EdgeStep, at: usize) -> bool {
        match *step {
            EdgeStep::Free | EdgeStep::Save(_) | EdgeStep::Beyond(_) => true,
            EdgeStep::Anchor(anchor) => anchor.holds(self.text, at),
            EdgeStep::Look { look, negative } => self.places[look].contains(at) != negative,
            // The others are in no region that is searched like this.
            _ => false,
        }
    }

    /// Goes over the byte beside this place.
    fn follow(&mut self, at: usize) -> usize {
        let (byte, then) = match self.forward {
            true => (self.text[at], at + 1),
            false => (self.text[at - 1], at - 1),
        };
        let mut looked = self.current.listed.len();
        for &state in &self.current.listed {
            looked += self.ways.over[state].len();
            for (other, set) in &self.ways.over[state] {
                if set.contains(byte) {
                    self.next.insert(*other);
                }
            }
        }
        self.current.clear();
        if self.next.listed.is_empty() {
            return looked;
        }
        let mut entering = std::mem::take(&mut self.next);
        for &state in &entering.listed {
            looked += self.enter(state, then);
        }
        entering.clear();
        self.next = entering;
        looked
    }
}
