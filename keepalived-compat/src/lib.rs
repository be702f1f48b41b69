//! The LVS half of `keepalived.conf` (keepalived 2.2 to 2.4): text in, definitions and findings out. Knows neither the daemon
//! nor the kernel, opens no file and resolves no name. VRRP and the other halves stay with keepalived.
//!
//! Data flow: [`text`] takes comments out, [`reader`] makes logical lines of a file and its includes, [`tree`] sorts them into
//! blocks by the table of [`keywords`], and [`lower`] turns the blocks into [`Definitions`].
//!
//! The source of what keepalived does is its parser (`lib/parser.c`, `keepalived/check/*.c`) and what it was seen to do.

mod findings;
mod keywords;
mod lower;
mod parameters;
mod reader;
mod sequences;
mod text;
mod tree;
mod words;

use std::collections::BTreeMap;
use std::sync::Arc;

use director_core::definitions::{Definitions, Placed};
use director_core::diagnostic::Diagnostic;

pub use reader::{Include, IncludedFile};

/// What a file comes to. It may be used when no diagnostic is an error; the definitions still have to be validated.
#[derive(Debug, Clone, PartialEq)]
pub struct ParsedKeepalived {
    /// Services, real servers, checks, and the mails that keepalived sends about real servers.
    pub definitions: Definitions,
    /// The blocks that stay with keepalived, by their keywords.
    pub not_ours: Vec<Placed<String>>,
    /// The included files that were read, by name.
    pub included: BTreeMap<Arc<str>, Arc<str>>,
    /// All findings, in the order of the files: faults that keepalived lives with, and what has no place in ipvsd.
    pub diagnostics: Vec<Diagnostic>,
}

/// Whether a text is a `keepalived.conf`: one of its lines begins with a keyword of the top level, without the colon of YAML and
/// the equals sign of `ldirectord.cf`, or all lines include other files.
#[must_use]
pub fn recognises(text: &str) -> bool {
    let meaning = |line: &&str| !line.is_empty() && !line.starts_with(['#', '!']);
    let mut lines = text.lines().map(str::trim).filter(meaning).peekable();
    let includes = lines.peek().is_some() && lines.all(|line| reader::included(line).is_some());
    includes
        || text.lines().any(|line| {
            let line = line.trim_start();
            let end = line.find([' ', '\t', '{']).unwrap_or(line.len());
            let is_keyword = keywords::find(keywords::ROOT, &line[..end]).is_some();
            is_keyword && !line[end..].trim_start().starts_with([':', '='])
        })
}

/// Reads the content of a `keepalived.conf`. `id` is what lines that begin with `@` are for: the name of this host up to the
/// first dot.
#[must_use]
pub fn parse(file_name: &str, bytes: &[u8], id: &str, include: Include<'_>) -> ParsedKeepalived {
    let text = String::from_utf8_lossy(bytes);
    let mut reader = reader::Reader::new(file_name, &text, id, include);
    let entries = tree::read(&mut reader);
    let (included, mut findings) = reader.finish();
    let not_ours = entries.iter().filter(|entry| {
        keywords::find(keywords::ROOT, &entry.name)
            .is_some_and(|keyword| keyword.form == keywords::KeywordForm::NotOurs)
    });
    let not_ours = not_ours.map(|entry| Placed::new(entry.name.clone(), entry.place.clone()));
    let not_ours = not_ours.collect();
    let definitions = lower::lower(&Arc::from(file_name), &entries, &mut findings);
    ParsedKeepalived {
        definitions,
        not_ours,
        included,
        diagnostics: findings.into_list(),
    }
}
