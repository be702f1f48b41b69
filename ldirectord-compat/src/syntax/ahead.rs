//! What follows each line, worked out from the end of the file so that no line is looked at twice.

use crate::directives::{self, Scope};
use crate::lines::{INDENT, Kind, Line, Statement};

/// What follows a line.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Ahead {
    /// The next line that is neither comment nor blank belongs to a service.
    pub(super) indented: bool,
    /// Before the next empty line or service stands a directive of a service without indentation.
    pub(super) unindented: bool,
}

/// The facts about each line.
pub(super) fn ahead(lines: &[Line<'_>]) -> Vec<Ahead> {
    let mut facts = vec![Ahead::default(); lines.len()];
    let mut next = Ahead::default();
    for (line, fact) in lines.iter().zip(facts.iter_mut()).rev() {
        *fact = next;
        match line.kind {
            Kind::Comment(_) | Kind::Blank(_) => {}
            Kind::Empty => next = Ahead::default(),
            Kind::Content(width, content) => {
                let scope = directives::by_name(Statement::global(content).key.text())
                    .map(|directive| directive.scope);
                let unindented = width < INDENT && scope == Some(Scope::Virtual);
                next = Ahead {
                    indented: width >= INDENT,
                    unindented: scope != Some(Scope::Opening) && (unindented || next.unindented),
                };
            }
        }
    }
    facts
}
