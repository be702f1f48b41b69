//! What an expression with look-around or back-references is compiled to: states, and edges between them in the order in
//! which they are tried. A look-around is a region of its own, since what it finds depends on its place alone.

/// Number of a state.
pub(super) type StateId = usize;
/// No place in a text.
pub(super) const UNSET: usize = usize::MAX;

/// The states between a start and an end: the whole expression, or what a look-around or atomic group holds.
#[derive(Debug, Clone, Copy)]
pub(super) struct Region {
    pub(super) start: StateId,
    pub(super) end: StateId,
}

/// A look-around that is found at places which one run over the text gives.
#[derive(Debug, Clone, Copy)]
pub(super) struct Look {
    pub(super) region: Region,
    /// What it looks for ends at the place, rather than to begin there.
    pub(super) behind: bool,
}

/// A set of bytes.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct ByteSet([u64; 4]);

impl ByteSet {
    pub(super) fn insert(&mut self, first: u8, last: u8) {
        for byte in first..=last {
            self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
        }
    }

    pub(super) fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] & (1 << (byte & 63)) != 0
    }
}

/// A condition on a place in the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    TextStart,
    TextEnd,
    LineStart,
    LineEnd,
    WordEdge,
    NoWordEdge,
    WordStart,
    WordEnd,
}

impl Anchor {
    pub(super) fn holds(self, text: &[u8], at: usize) -> bool {
        let before = at.checked_sub(1).map(|before| text[before]);
        let after = text.get(at).copied();
        let is_word = |byte: Option<u8>| {
            byte.is_some_and(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        let (left, right) = (is_word(before), is_word(after));
        match self {
            Self::TextStart => before.is_none(),
            Self::TextEnd => after.is_none(),
            Self::LineStart => before.is_none_or(|byte| byte == b'\n'),
            Self::LineEnd => after.is_none_or(|byte| byte == b'\n'),
            Self::WordEdge => left != right,
            Self::NoWordEdge => left == right,
            Self::WordStart => !left && right,
            Self::WordEnd => left && !right,
        }
    }
}

/// How an edge leads on.
#[derive(Debug, Clone, Copy)]
pub(super) enum EdgeStep {
    Free,
    /// Over one byte.
    Byte(ByteSet),
    Anchor(Anchor),
    /// By what a look-around has found at this place: its number, and whether it must not be there.
    Look {
        look: usize,
        negative: bool,
    },
    /// The rest is for the backtracking search only. Keeps the place in a slot.
    Save(usize),
    /// Only farther than the place in a slot: a round of a loop that took nothing.
    Beyond(usize),
    /// Over what a group has captured.
    Captured {
        group: usize,
        any_case: bool,
    },
    /// Only if a group has captured something, or only if it has not.
    IfCaptured {
        group: usize,
        negative: bool,
    },
    /// Over the first way through a region.
    Atomic(Region),
    /// By whether there is a way through a region from here.
    Ahead {
        region: Region,
        negative: bool,
    },
}

#[derive(Debug, Clone, Copy)]
pub(super) struct Edge {
    pub(super) to: StateId,
    pub(super) step: EdgeStep,
}

/// Edges by the state at one end, with the state at the other end.
#[derive(Debug, Clone, Default)]
pub(super) struct Ways {
    /// Those that take no byte.
    pub(super) free: Vec<Vec<(StateId, EdgeStep)>>,
    /// Those over one byte.
    pub(super) over: Vec<Vec<(StateId, ByteSet)>>,
}

impl Ways {
    fn new(states: usize) -> Self {
        Self {
            free: vec![Vec::new(); states],
            over: vec![Vec::new(); states],
        }
    }

    fn add(&mut self, from: StateId, to: StateId, step: EdgeStep) {
        match step {
            EdgeStep::Byte(set) => self.over[from].push((to, set)),
            step => self.free[from].push((to, step)),
        }
    }
}

/// A compiled expression.
#[derive(Debug, Clone, Default)]
pub(super) struct PatternProgram {
    /// The edges of each state, the preferred one first.
    pub(super) edges: Vec<Vec<Edge>>,
    /// The same edges for runs: along them and against them.
    pub(super) along: Ways,
    pub(super) against: Ways,
    /// Look-arounds, each after those inside it.
    pub(super) looks: Vec<Look>,
    /// Places that a backtracking search keeps. Without any, no search needs to go back.
    pub(super) slots: usize,
    /// Whether it needs the backtracking search.
    pub(super) backtracks: bool,
}

impl PatternProgram {
    pub(super) fn state(&mut self) -> StateId {
        self.edges.push(Vec::new());
        self.edges.len() - 1
    }

    pub(super) fn edge(&mut self, from: StateId, to: StateId, step: EdgeStep) {
        self.edges[from].push(Edge { to, step });
    }

    /// Sorts the edges for runs, when all are there.
    pub(super) fn finish(&mut self) {
        self.along = Ways::new(self.edges.len());
        self.against = Ways::new(self.edges.len());
        for (from, edges) in self.edges.iter().enumerate() {
            for edge in edges {
                self.along.add(from, edge.to, edge.step);
                self.against.add(edge.to, from, edge.step);
            }
        }
    }
}
