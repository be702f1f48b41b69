//! Regular expressions that answers are compared with: bytes, in the syntax of Perl, in which twenty years of health checks
//! are written. Leaves to the engines what a match is.

mod backtrack;
mod budget;
mod classes;
mod compile;
mod perl;
mod program;
mod scan;
#[cfg(test)]
mod tests;

use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Serialize, Serializer};

use self::budget::Budget;
pub use self::budget::Unfinished;
use self::program::{PatternProgram, Region};

/// A regular expression over bytes, compared by its text. As in Perl, `$` stands at the end and before a last line end too.
#[derive(Clone)]
pub struct Pattern {
    text: String,
    engine: Engine,
}

/// How a search is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effort {
    /// One fast run over the text.
    Plain,
    /// Several runs over the text, for look-around.
    Runs,
    /// By trying one way after the other, for back-references, atomic groups and conditions. A long text may be too much.
    Backtracking,
}

#[derive(Clone)]
enum Engine {
    Linear(regex::bytes::Regex),
    Compiled(Arc<CompiledPattern>),
}

/// An expression that `regex` does not understand.
struct CompiledPattern {
    program: PatternProgram,
    region: Region,
    /// A text that each match has in it.
    literal: Option<regex::bytes::Regex>,
}

/// Why a regular expression is not one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PatternError(String);

impl fmt::Display for PatternError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for PatternError {}

impl Pattern {
    /// Compiles a regular expression.
    ///
    /// # Errors
    /// When it is none; the message is that of the parser that knows more syntax.
    pub fn parse(text: &str) -> Result<Self, PatternError> {
        // Answers are bytes and need not be UTF-8: a dot stands for any byte, as in Perl. An expression that speaks of
        // characters, like `\p{L}`, is compiled for those.
        let meant = perl::in_rust(text);
        let bytewise = regex::bytes::RegexBuilder::new(&meant)
            .unicode(false)
            .build();
        let engine = match bytewise.or_else(|_| regex::bytes::Regex::new(&meant)) {
            Ok(linear) => Engine::Linear(linear),
            Err(_) => Engine::Compiled(Arc::new(
                CompiledPattern::parse(&meant).map_err(PatternError)?,
            )),
        };
        Ok(Self {
            text: text.to_owned(),
            engine,
        })
    }

    /// How a search is done.
    #[must_use]
    pub fn effort(&self) -> Effort {
        match &self.engine {
            Engine::Linear(_) => Effort::Plain,
            Engine::Compiled(own) if own.program.backtracks => Effort::Backtracking,
            Engine::Compiled(_) => Effort::Runs,
        }
    }

    /// Whether the expression is found anywhere in `haystack`. Looks now and then whether the search is `interrupted`.
    ///
    /// # Errors
    /// When it is interrupted, or when it would take too much work.
    pub fn search(
        &self,
        haystack: &[u8],
        interrupted: &dyn Fn() -> bool,
    ) -> Result<bool, Unfinished> {
        self.search_within(haystack, &mut Budget::new(budget::STEPS, interrupted))
    }

    fn search_within(&self, haystack: &[u8], budget: &mut Budget<'_>) -> Result<bool, Unfinished> {
        if self.finds(haystack, budget)? {
            return Ok(true);
        }
        let without_line_end = haystack
            .strip_suffix(b"\n")
            .filter(|_| self.text.contains(['$', 'Z']));
        without_line_end.map_or(Ok(false), |line| self.finds(line, budget))
    }

    /// Whether the expression is found anywhere in `haystack`, for short texts. A search that takes too much work proves
    /// nothing, so it counts as no match.
    #[must_use]
    pub fn is_match(&self, haystack: &[u8]) -> bool {
        self.search(haystack, &|| false).unwrap_or(false)
    }

    fn finds(&self, haystack: &[u8], budget: &mut Budget<'_>) -> Result<bool, Unfinished> {
        match &self.engine {
            Engine::Linear(regex) => Ok(regex.is_match(haystack)),
            Engine::Compiled(own) => own.finds(haystack, budget),
        }
    }

    /// The expression as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

impl CompiledPattern {
    fn parse(text: &str) -> Result<Self, String> {
        let compiled = compile::compile(text)?;
        let literal = compiled.literal.and_then(|literal| {
            let literal = regex::escape(&literal);
            regex::bytes::Regex::new(&literal).ok()
        });
        Ok(Self {
            program: compiled.program,
            region: compiled.region,
            literal,
        })
    }

    fn finds(&self, haystack: &[u8], budget: &mut Budget<'_>) -> Result<bool, Unfinished> {
        if let Some(literal) = &self.literal
            && !literal.is_match(haystack)
        {
            return Ok(false);
        }
        if self.program.backtracks {
            return backtrack::is_found(&self.program, self.region, haystack, budget);
        }
        scan::is_found(&self.program, self.region, haystack, budget)
    }
}

impl PartialEq for Pattern {
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Pattern {}

impl Hash for Pattern {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.text.hash(state);
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.text, f)
    }
}

impl Serialize for Pattern {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.text)
    }
}
