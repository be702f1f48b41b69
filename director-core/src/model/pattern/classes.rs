//! Compiles what stands for characters in an expression: texts, and classes of characters as `regex-syntax` reads them.

use regex_syntax::ParserBuilder;
use regex_syntax::hir::{Class, Hir, HirKind, Look};
use regex_syntax::utf8::Utf8Sequences;

use super::compile::Compiler;
use super::program::{Anchor, ByteSet, EdgeStep, StateId};

impl Compiler {
    pub(super) fn bytes(&mut self, bytes: &[u8], from: StateId) -> StateId {
        bytes
            .iter()
            .fold(from, |from, byte| self.range(*byte, *byte, from))
    }

    fn range(&mut self, first: u8, last: u8, from: StateId) -> StateId {
        let mut set = ByteSet::default();
        set.insert(first, last);
        self.then(from, EdgeStep::Byte(set))
    }

    /// Compiles what `regex` understands.
    pub(super) fn text(&mut self, text: &str, from: StateId) -> Result<StateId, String> {
        let mut parser = ParserBuilder::new()
            .unicode(self.unicode)
            .utf8(false)
            .build();
        let hir = parser.parse(text).map_err(|error| error.to_string())?;
        self.hir(&hir, from)
    }

    fn hir(&mut self, hir: &Hir, from: StateId) -> Result<StateId, String> {
        match hir.kind() {
            HirKind::Empty => Ok(from),
            HirKind::Literal(literal) => Ok(self.bytes(&literal.0, from)),
            HirKind::Class(class) => Ok(self.class(class, from)),
            HirKind::Look(look) => Ok(self.then(from, EdgeStep::Anchor(anchor(*look)?))),
            HirKind::Capture(capture) => self.hir(&capture.sub, from),
            HirKind::Concat(parts) => parts
                .iter()
                .try_fold(from, |from, part| self.hir(part, from)),
            HirKind::Alternation(parts) => {
                let end = self.program.state();
                for part in parts {
                    let last = self.hir(part, from)?;
                    self.program.edge(last, end, EdgeStep::Free);
                }
                Ok(end)
            }
            HirKind::Repetition(_) => {
                Err("this repetition of a character class is not supported".to_owned())
            }
        }
    }

    fn class(&mut self, class: &Class, from: StateId) -> StateId {
        let end = self.program.state();
        match class {
            Class::Bytes(class) => {
                let mut set = ByteSet::default();
                for range in class.ranges() {
                    set.insert(range.start(), range.end());
                }
                self.program.edge(from, end, EdgeStep::Byte(set));
            }
            Class::Unicode(class) => {
                for range in class.ranges() {
                    for sequence in Utf8Sequences::new(range.start(), range.end()) {
                        let bytes = sequence.as_slice().iter();
                        let last = bytes
                            .fold(from, |from, range| self.range(range.start, range.end, from));
                        self.program.edge(last, end, EdgeStep::Free);
                    }
                }
            }
        }
        end
    }
}

fn anchor(look: Look) -> Result<Anchor, String> {
    match look {
        Look::Start => Ok(Anchor::TextStart),
        Look::End => Ok(Anchor::TextEnd),
        Look::StartLF => Ok(Anchor::LineStart),
        Look::EndLF => Ok(Anchor::LineEnd),
        Look::WordAscii | Look::WordUnicode => Ok(Anchor::WordEdge),
        Look::WordAsciiNegate | Look::WordUnicodeNegate => Ok(Anchor::NoWordEdge),
        Look::WordStartAscii | Look::WordStartUnicode => Ok(Anchor::WordStart),
        Look::WordEndAscii | Look::WordEndUnicode => Ok(Anchor::WordEnd),
        other => Err(format!("{other:?} is not supported")),
    }
}
