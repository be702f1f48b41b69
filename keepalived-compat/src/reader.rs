//! Logical lines of a file and of all that it includes: comments taken out, conditions decided, parameters replaced,
//! sequences repeated, braces on lines of their own.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use director_core::diagnostic::Place;

use crate::findings::Findings;
use crate::parameters::{Parameters, Replaced, definition};
use crate::sequences::sequence;
use crate::text::{Fragment, content};
use crate::words::{LogicalLine, line, split_at_brace};

/// Lines that files, parameters and sequences may come to. keepalived has no limit, and reads some files for ever.
const MOST_LINES: usize = 1_000_000;
/// Times that the parameters of one line are replaced, since values may hold parameters.
const MOST_REPLACEMENTS: usize = 64;
/// Files that may be open at once, each included by the one before.
const DEEPEST_INCLUDE: usize = 32;

/// A file that an `include` names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IncludedFile {
    /// Its name, as messages show it and as further includes are relative to.
    pub name: String,
    /// What it holds, or why it cannot be read, in words.
    pub content: Result<Vec<u8>, String>,
}

/// Finds and reads the files of an `include`: given the pattern as written and the name of the file that it stands in, the
/// files in the order of their names.
pub type Include<'i> = &'i mut dyn FnMut(&str, &str) -> Vec<IncludedFile>;

/// A file that is being read.
struct OpenFile {
    index: usize,
    lines: VecDeque<String>,
    line: u32,
    /// The files that its include named after it.
    next: VecDeque<IncludedFile>,
}

/// What is read before the next line of a file, with the parameters that it sets.
struct PendingFragment {
    fragment: Fragment,
    set: Vec<(String, String)>,
}

/// A parameter whose value goes on in the next line.
struct OpenDefinition {
    name: String,
    value: Vec<String>,
}

/// Reads logical lines.
pub(crate) struct Reader<'r> {
    include: Include<'r>,
    /// What stands for this machine in conditions.
    id: &'r str,
    files: Vec<Arc<str>>,
    texts: BTreeMap<Arc<str>, Arc<str>>,
    open: Vec<OpenFile>,
    pending: VecDeque<PendingFragment>,
    returned: Option<LogicalLine>,
    parameters: Parameters,
    definition: Option<OpenDefinition>,
    lines: usize,
    pub(crate) findings: Findings,
}

impl<'r> Reader<'r> {
    pub(crate) fn new(name: &str, text: &str, id: &'r str, include: Include<'r>) -> Self {
        let mut reader = Self {
            include,
            id,
            files: Vec::new(),
            texts: BTreeMap::new(),
            open: Vec::new(),
            pending: VecDeque::new(),
            returned: None,
            parameters: Parameters::usual(),
            definition: None,
            lines: 0,
            findings: Findings::default(),
        };
        reader.open_file(name, text, VecDeque::new());
        reader
    }

    /// The included files that were read, by name.
    pub(crate) fn finish(self) -> (BTreeMap<Arc<str>, Arc<str>>, Findings) {
        (self.texts, self.findings)
    }

    /// Gives a line back, to be the next one.
    pub(crate) fn give_back(&mut self, line: LogicalLine) {
        self.returned = Some(line);
    }

    pub(crate) fn next(&mut self) -> Option<LogicalLine> {
        if let Some(line) = self.returned.take() {
            return Some(line);
        }
        loop {
            let fragment = self.fragment()?;
            let Some(fragment) = self.resolved(fragment) else {
                continue;
            };
            if let Some(pattern) = included(&fragment.text) {
                self.include(pattern.to_owned(), &self.place(&fragment));
                continue;
            }
            let (first, residue) = split_at_brace(fragment);
            if let Some(fragment) = residue {
                self.pending.push_front(PendingFragment {
                    fragment,
                    set: Vec::new(),
                });
            }
            let Some(line) = line(&first, &self.files) else {
                continue;
            };
            if line.has_open_quote {
                let message = "this quote is not closed, so the text after it is lost";
                self.findings
                    .faulty(&line.place, message, "add the closing \"");
            }
            return Some(line);
        }
    }

    /// The next piece of text that is not empty.
    fn fragment(&mut self) -> Option<Fragment> {
        loop {
            self.lines += 1;
            if self.lines > MOST_LINES {
                self.too_many_lines();
                return None;
            }
            if let Some(pending) = self.pending.pop_front() {
                for (name, value) in pending.set {
                    self.parameters.set(&name, vec![value]);
                }
                return Some(pending.fragment);
            }
            let file = self.open.last_mut()?;
            let Some(raw) = file.lines.pop_front() else {
                self.next_file();
                continue;
            };
            file.line += 1;
            let content = content(&raw);
            let fragment = Fragment {
                file: file.index,
                line: file.line,
                column: u32::try_from(content.skipped + 1).unwrap_or(1),
                is_exact: !content.is_changed,
                text: content.text,
            };
            if self.continues_definition(&fragment.text, content.continues) {
                continue;
            }
            if let Some((name, value)) = definition(&fragment.text).filter(|_| content.continues) {
                let value = value.trim_end_matches([' ', '\t']);
                let lines = (!value.is_empty()).then(|| value.to_owned());
                self.definition = Some(OpenDefinition {
                    name: name.to_owned(),
                    value: lines.into_iter().collect(),
                });
                continue;
            }
            if !fragment.text.is_empty() {
                return Some(fragment);
            }
        }
    }

    fn too_many_lines(&mut self) {
        let whole = Place::whole_file(&self.files[0]);
        let message =
            format!("with its includes and sequences this file has more than {MOST_LINES} lines");
        self.findings
            .error(&whole, message, "shorten its sequences");
        self.open.clear();
        self.pending.clear();
    }

    /// Takes the line as part of a parameter's value, if one is open.
    fn continues_definition(&mut self, text: &str, continues: bool) -> bool {
        let Some(open) = &mut self.definition else {
            return false;
        };
        if !text.is_empty() {
            open.value.push(text.to_owned());
        }
        if !continues && let Some(done) = self.definition.take() {
            self.parameters.set(&done.name, done.value);
        }
        true
    }

    /// A line as it is when conditions are decided and parameters replaced; none when nothing is left of it.
    fn resolved(&mut self, mut fragment: Fragment) -> Option<Fragment> {
        for _ in 0..MOST_REPLACEMENTS {
            if fragment.text.starts_with('@') {
                fragment = self.condition(fragment)?;
            }
            if let Some((name, value)) = definition(&fragment.text) {
                self.parameters.set(name, vec![value.to_owned()]);
                return None;
            }
            if fragment.text.starts_with('~') {
                self.sequence(&fragment);
                return None;
            }
            match self.parameters.replace(&fragment.text) {
                Replaced::Unchanged => {
                    self.report_left(&fragment);
                    return Some(fragment);
                }
                Replaced::TooLong => {
                    let place = self.place(&fragment);
                    let message = "this line is too long when its parameters are replaced";
                    self.findings
                        .faulty(&place, message, "look for a parameter that holds itself");
                    return None;
                }
                Replaced::Lines(text, following) => {
                    let later = following.into_iter().rev().map(|text| Fragment {
                        text,
                        is_exact: false,
                        ..fragment.clone()
                    });
                    for fragment in later {
                        self.pending.push_front(PendingFragment {
                            fragment,
                            set: Vec::new(),
                        });
                    }
                    fragment = Fragment {
                        text: content(&text).text,
                        is_exact: false,
                        ..fragment
                    };
                    if fragment.text.is_empty() {
                        return None;
                    }
                }
            }
        }
        let place = self.place(&fragment);
        let message = "a parameter of this line holds itself";
        self.findings
            .faulty(&place, message, "remove the parameter from its own value");
        None
    }

    /// Reports a parameter that is not replaced although it is known.
    fn report_left(&mut self, fragment: &Fragment) {
        if let Some(name) = self.parameters.left(&fragment.text) {
            let message =
                format!("keepalived does not replace ${name} here, because of what follows it");
            let hint = format!("write ${{{name}}}; a value of several lines has to end its line");
            let place = self.place(fragment);
            self.findings.faulty(&place, message, hint);
        }
    }

    /// `@ID LINE` and `@^ID LINE`: the rest of the line, where it counts on this machine.
    fn condition(&self, fragment: Fragment) -> Option<Fragment> {
        let text = &fragment.text[1..];
        let (reversed, text) = text
            .strip_prefix('^')
            .map_or((false, text), |text| (true, text));
        let (id, rest) = text.split_once([' ', '\t'])?;
        ((id == self.id) != reversed).then(|| {
            let rest = rest.trim_start_matches([' ', '\t']);
            let skipped = fragment.text.chars().count() - rest.chars().count();
            Fragment {
                text: rest.to_owned(),
                column: fragment.column + u32::try_from(skipped).unwrap_or(0),
                ..fragment
            }
        })
    }

    fn sequence(&mut self, fragment: &Fragment) {
        let Some(sequence) = sequence(&fragment.text) else {
            let place = self.place(fragment);
            let message = "this sequence cannot be read";
            let hint =
                "write ~SEQ(VARIABLE, FIRST, STEP, LAST) TEXT or ~LST(VARIABLE, VALUE, VALUE) TEXT";
            self.findings.faulty(&place, message, hint);
            return;
        };
        for set in sequence.rounds.into_iter().rev() {
            let fragment = Fragment {
                text: sequence.text.to_owned(),
                is_exact: false,
                ..fragment.clone()
            };
            self.pending.push_front(PendingFragment { fragment, set });
        }
    }

    fn include(&mut self, pattern: String, place: &Place) {
        let including = self.open.last().map_or(0, |file| file.index);
        let including = Arc::clone(&self.files[including]);
        let mut found: VecDeque<IncludedFile> = (self.include)(&pattern, &including).into();
        if found.is_empty() {
            let message = format!("no file has the name {pattern}");
            self.findings
                .faulty(place, message, "correct the name, or remove the line");
        }
        found.retain(|file| {
            let is_open = self
                .open
                .iter()
                .any(|open| *self.files[open.index] == *file.name);
            let fault = match &file.content {
                Err(fault) => fault.clone(),
                Ok(_) if is_open => "it includes itself".to_owned(),
                Ok(_) if self.open.len() >= DEEPEST_INCLUDE => {
                    "too many files include each other".to_owned()
                }
                Ok(_) => return true,
            };
            let message = format!("{} cannot be included: {fault}", file.name);
            self.findings
                .error(place, message, "fix the file, or remove the line");
            false
        });
        self.open_first(found);
    }

    /// Opens the first of these files; the others follow when it has ended.
    fn open_first(&mut self, mut files: VecDeque<IncludedFile>) {
        if let Some(IncludedFile {
            name,
            content: Ok(bytes),
        }) = files.pop_front()
        {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            self.open_file(&name, &text, files);
            let shown: Arc<str> = Arc::from(name);
            self.texts.insert(shown, Arc::from(text));
        }
    }

    fn open_file(&mut self, name: &str, text: &str, next: VecDeque<IncludedFile>) {
        let known = self.files.iter().position(|known| **known == *name);
        let index = known.unwrap_or_else(|| {
            self.files.push(Arc::from(name));
            self.files.len() - 1
        });
        self.open.push(OpenFile {
            index,
            lines: text.lines().map(str::to_owned).collect(),
            line: 0,
            next,
        });
    }

    fn next_file(&mut self) {
        if let Some(ended) = self.open.pop() {
            self.open_first(ended.next);
        }
    }

    fn place(&self, fragment: &Fragment) -> Place {
        let length = u32::try_from(fragment.text.chars().count()).unwrap_or(u32::MAX);
        Place::new(
            &self.files[fragment.file],
            fragment.line,
            fragment.column,
            length,
        )
    }
}

/// The pattern of an `include` line. The letters after it say what counts as an error, which is the same here for all.
pub(crate) fn included(text: &str) -> Option<&str> {
    let rest = text.strip_prefix("include")?;
    let rest = rest.strip_prefix(['r', 'm', 'w', 'b', 'a']).unwrap_or(rest);
    let pattern = rest
        .strip_prefix([' ', '\t'])?
        .trim_start_matches([' ', '\t']);
    (!pattern.is_empty()).then_some(pattern)
}
