//! Compiles an expression that the linear engine does not understand: one with look-around, back-references, atomic groups or
//! conditions. `fancy-regex` reads it; `classes` compiles its characters.
//!
//! The engine of `fancy-regex` is not used. Each of its steps may look at the whole answer, it cannot be interrupted, and
//! a look-ahead is tried again at each place: 100 kB took 20 s.

use std::collections::BTreeSet;

use fancy_regex::{Assertion, Expr, LookAround};

use super::program::{Anchor, EdgeStep, Look, PatternProgram, Region, StateId};

/// States that an expression may have; `regex` has a limit of about this size too.
const MOST_STATES: usize = 100_000;

/// An expression as it is searched for.
pub(super) struct Compiled {
    pub(super) program: PatternProgram,
    pub(super) region: Region,
    /// A text that each match has in it.
    pub(super) literal: Option<String>,
}

/// Compiles an expression. Answers are bytes, so it is compiled for bytes if it can be, and else for characters.
pub(super) fn compile(text: &str) -> Result<Compiled, String> {
    let tree = Expr::parse_tree(text).map_err(|error| error.to_string())?;
    compiled(&tree.expr, false).or_else(|_| compiled(&tree.expr, true))
}

fn compiled(expr: &Expr, unicode: bool) -> Result<Compiled, String> {
    let mut groups = Groups::default();
    groups.look_at(expr);
    let backtracks = !is_regular(expr);
    let mut compiler = Compiler {
        program: PatternProgram {
            slots: 2 * (groups.count + 1),
            backtracks,
            ..PatternProgram::default()
        },
        unicode,
        referenced: groups.referenced,
        group: 0,
    };
    if let Some(unknown) = compiler
        .referenced
        .iter()
        .find(|group| **group > groups.count)
    {
        return Err(format!("there is no group {unknown}"));
    }
    let region = compiler.region(expr)?;
    compiler.program.finish();
    Ok(Compiled {
        program: compiler.program,
        region,
        literal: literal(expr),
    })
}

/// The longest text that each match has in it, as far as it is easy to see.
fn literal(expr: &Expr) -> Option<String> {
    let Expr::Concat(parts) = expr else {
        return None;
    };
    let mut runs = vec![String::new()];
    for part in parts {
        match (part, runs.last_mut()) {
            (Expr::Literal { val, casei: false }, Some(run)) => run.push_str(val),
            _ => runs.push(String::new()),
        }
    }
    let longest = runs.into_iter().max_by_key(String::len)?;
    (!longest.is_empty()).then_some(longest)
}

/// The groups of an expression.
#[derive(Default)]
struct Groups {
    count: usize,
    /// Those that something refers to.
    referenced: BTreeSet<usize>,
}

impl Groups {
    fn look_at(&mut self, expr: &Expr) {
        match expr {
            Expr::Group(_) => self.count += 1,
            Expr::Backref { group, .. } | Expr::BackrefExistsCondition(group) => {
                self.referenced.insert(*group);
            }
            _ => {}
        }
        for part in parts(expr) {
            self.look_at(part);
        }
    }
}

/// The expressions inside one, in their order.
fn parts(expr: &Expr) -> Vec<&Expr> {
    match expr {
        Expr::Concat(parts) | Expr::Alt(parts) => parts.iter().collect(),
        Expr::Group(part)
        | Expr::LookAround(part, _)
        | Expr::AtomicGroup(part)
        | Expr::Repeat { child: part, .. } => vec![part],
        Expr::Conditional {
            condition,
            true_branch,
            false_branch,
        } => vec![condition, true_branch, false_branch],
        _ => Vec::new(),
    }
}

/// Whether what it finds at a place depends on the text alone, and not on the way there.
fn is_regular(expr: &Expr) -> bool {
    let own = !matches!(
        expr,
        Expr::Backref { .. }
            | Expr::BackrefExistsCondition(_)
            | Expr::AtomicGroup(_)
            | Expr::Conditional { .. }
    );
    own && parts(expr).into_iter().all(is_regular)
}

pub(super) struct Compiler {
    pub(super) program: PatternProgram,
    pub(super) unicode: bool,
    referenced: BTreeSet<usize>,
    /// The last group that has begun.
    group: usize,
}

impl Compiler {
    fn region(&mut self, expr: &Expr) -> Result<Region, String> {
        let start = self.program.state();
        let end = self.expr(expr, start)?;
        Ok(Region { start, end })
    }

    /// Adds a state behind an edge.
    pub(super) fn then(&mut self, from: StateId, step: EdgeStep) -> StateId {
        let to = self.program.state();
        self.program.edge(from, to, step);
        to
    }

    /// Compiles an expression from a state on; gives the state behind it.
    fn expr(&mut self, expr: &Expr, from: StateId) -> Result<StateId, String> {
        if self.program.edges.len() > MOST_STATES {
            return Err("it is too large".to_owned());
        }
        match expr {
            Expr::Empty | Expr::KeepOut => Ok(from),
            Expr::Any { newline: true } => self.text("(?s:.)", from),
            Expr::Any { newline: false } => self.text(".", from),
            Expr::Assertion(assertion) => Ok(self.then(from, EdgeStep::Anchor(anchor(assertion)))),
            // In the first search in a text it stands at the start.
            Expr::ContinueFromPreviousMatchEnd => {
                Ok(self.then(from, EdgeStep::Anchor(Anchor::TextStart)))
            }
            Expr::Literal { val, casei: false } => Ok(self.bytes(val.as_bytes(), from)),
            Expr::Literal { val, casei: true } => {
                self.text(&format!("(?i:{})", regex_syntax::escape(val)), from)
            }
            Expr::Delegate { inner, casei, .. } if *casei => {
                self.text(&format!("(?i:{inner})"), from)
            }
            Expr::Delegate { inner, .. } => self.text(inner, from),
            Expr::Concat(parts) => parts
                .iter()
                .try_fold(from, |from, part| self.expr(part, from)),
            Expr::Alt(parts) => {
                let end = self.program.state();
                for part in parts {
                    let start = self.then(from, EdgeStep::Free);
                    let last = self.expr(part, start)?;
                    self.program.edge(last, end, EdgeStep::Free);
                }
                Ok(end)
            }
            Expr::Group(part) => self.group(part, from),
            Expr::LookAround(part, kind) => self.look(part, *kind, from),
            Expr::AtomicGroup(part) => {
                let region = self.region(part)?;
                Ok(self.then(from, EdgeStep::Atomic(region)))
            }
            Expr::Repeat {
                child,
                lo,
                hi,
                greedy,
            } => self.repeat(child, *lo, *hi, *greedy, from),
            Expr::Backref { group, casei } => Ok(self.then(
                from,
                EdgeStep::Captured {
                    group: *group,
                    any_case: *casei,
                },
            )),
            Expr::BackrefExistsCondition(group) => Ok(self.then(from, if_captured(*group, false))),
            Expr::Conditional {
                condition,
                true_branch,
                false_branch,
            } => self.conditional(condition, true_branch, false_branch, from),
            _ => Err("calls of a group are not supported".to_owned()),
        }
    }

    fn group(&mut self, part: &Expr, from: StateId) -> Result<StateId, String> {
        self.group += 1;
        let group = self.group;
        if !self.referenced.contains(&group) {
            return self.expr(part, from);
        }
        let start = self.then(from, EdgeStep::Save(2 * group));
        let end = self.expr(part, start)?;
        Ok(self.then(end, EdgeStep::Save(2 * group + 1)))
    }

    fn look(&mut self, part: &Expr, kind: LookAround, from: StateId) -> Result<StateId, String> {
        let (behind, negative) = match kind {
            LookAround::LookAhead => (false, false),
            LookAround::LookAheadNeg => (false, true),
            LookAround::LookBehind => (true, false),
            LookAround::LookBehindNeg => (true, true),
        };
        let captures = self.captures(part);
        let region = self.region(part)?;
        if is_regular(part) && !captures {
            let look = self.program.looks.len();
            self.program.looks.push(Look { region, behind });
            return Ok(self.then(from, EdgeStep::Look { look, negative }));
        }
        if behind {
            return Err("look-behind with a group or a back-reference is not supported".to_owned());
        }
        Ok(self.then(from, EdgeStep::Ahead { region, negative }))
    }

    /// Whether something refers to a group inside this part, which is compiled next.
    fn captures(&self, part: &Expr) -> bool {
        let mut groups = Groups::default();
        groups.look_at(part);
        let inside = self.group + 1..=self.group + groups.count;
        self.referenced.range(inside).next().is_some()
    }

    fn repeat(
        &mut self,
        child: &Expr,
        least: usize,
        most: usize,
        greedy: bool,
        from: StateId,
    ) -> Result<StateId, String> {
        if least > most {
            return Err(format!("it repeats {least} to {most} times"));
        }
        let group = self.group;
        let mut at = from;
        for _ in 0..least {
            self.group = group;
            at = self.expr(child, at)?;
        }
        if most == usize::MAX {
            return self.rounds(child, group, greedy, at);
        }
        let end = self.program.state();
        for _ in least..most {
            self.group = group;
            let before = at;
            let start = self.program.state();
            self.choice(before, start, end, greedy);
            at = self.expr(child, start)?;
        }
        self.program.edge(at, end, EdgeStep::Free);
        Ok(end)
    }

    /// Any number of rounds. A search that goes back must not go round without a byte.
    fn rounds(
        &mut self,
        child: &Expr,
        group: usize,
        greedy: bool,
        from: StateId,
    ) -> Result<StateId, String> {
        let head = self.then(from, EdgeStep::Free);
        let end = self.program.state();
        let slot = self.program.slots;
        self.program.slots += 1;
        let entry = self.program.state();
        self.choice(head, entry, end, greedy);
        let start = match self.program.backtracks {
            true => self.then(entry, EdgeStep::Save(slot)),
            false => entry,
        };
        self.group = group;
        let last = self.expr(child, start)?;
        let back = match self.program.backtracks {
            true => EdgeStep::Beyond(slot),
            false => EdgeStep::Free,
        };
        self.program.edge(last, head, back);
        Ok(end)
    }

    fn choice(&mut self, from: StateId, into: StateId, past: StateId, greedy: bool) {
        let order = if greedy { [into, past] } else { [past, into] };
        for to in order {
            self.program.edge(from, to, EdgeStep::Free);
        }
    }

    fn conditional(
        &mut self,
        condition: &Expr,
        yes: &Expr,
        no: &Expr,
        from: StateId,
    ) -> Result<StateId, String> {
        let (met, unmet) = match condition {
            Expr::BackrefExistsCondition(group) => {
                (if_captured(*group, false), if_captured(*group, true))
            }
            condition => {
                let region = self.region(condition)?;
                let negative = true;
                (
                    EdgeStep::Atomic(region),
                    EdgeStep::Ahead { region, negative },
                )
            }
        };
        let end = self.program.state();
        for (step, branch) in [(met, yes), (unmet, no)] {
            let start = self.then(from, step);
            let last = self.expr(branch, start)?;
            self.program.edge(last, end, EdgeStep::Free);
        }
        Ok(end)
    }
}

fn if_captured(group: usize, negative: bool) -> EdgeStep {
    EdgeStep::IfCaptured { group, negative }
}

fn anchor(assertion: &Assertion) -> Anchor {
    match assertion {
        Assertion::StartText => Anchor::TextStart,
        Assertion::EndText => Anchor::TextEnd,
        Assertion::StartLine { .. } => Anchor::LineStart,
        Assertion::EndLine { .. } => Anchor::LineEnd,
        Assertion::LeftWordBoundary => Anchor::WordStart,
        Assertion::RightWordBoundary => Anchor::WordEnd,
        Assertion::WordBoundary => Anchor::WordEdge,
        Assertion::NotWordBoundary => Anchor::NoWordEdge,
    }
}
