//! The file as written: which line belongs to which service, with every fault of that kind reported and read on as if it
//! had been written right, so that one run finds all faults. What values mean is the business of [`crate::values`].

mod ahead;

use std::borrow::Cow;
use std::sync::Arc;

use crate::directives::{self, Directive, Key, RETIRED, Scope};
use crate::findings::Findings;
use crate::lines::INDENT;
use crate::lines::{Kind, Line, Statement};
use crate::quirks::Quirk;
use crate::slice::Slice;

use ahead::{Ahead, ahead};

/// A directive with what it was given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Written<'a> {
    pub(crate) directive: &'static Directive,
    pub(crate) statement: Statement<'a>,
    /// Whether it stands below a `virtual` line, where comments are cut off.
    pub(crate) in_block: bool,
}

/// A virtual service as written.
#[derive(Debug)]
pub(crate) struct Block<'a> {
    pub(crate) head: Written<'a>,
    pub(crate) lines: Vec<Written<'a>>,
}

/// The whole file.
#[derive(Debug, Default)]
pub(crate) struct File<'a> {
    pub(crate) globals: Vec<Written<'a>>,
    pub(crate) blocks: Vec<Block<'a>>,
    /// Directives that belong nowhere; their values are looked at, but mean nothing.
    pub(crate) strays: Vec<Written<'a>>,
}

/// Sorts the lines of a file into global directives and services.
pub(crate) fn read<'a>(lines: &[Line<'a>], findings: &mut Findings) -> File<'a> {
    let mut reader = Reader {
        ahead: ahead(lines),
        file: File::default(),
        open: false,
        adjacent: false,
        unindented: false,
        ended_by: None,
        findings,
    };
    for (index, line) in lines.iter().enumerate() {
        reader.line(index, line);
    }
    if let (Some(last), Some(block)) = (lines.last(), reader.file.blocks.last())
        && block.head.statement.key.line_number() == last.slice.line_number()
    {
        let place = block.head.statement.whole.place();
        let message = "the virtual service has no real servers, and the file ends with it";
        let hint = "ldirectord refuses this as a duplicate; write its real servers below it";
        reader
            .findings
            .quirk(Quirk::VirtualLast, &place, message, hint);
    }
    reader.file
}

struct Reader<'a, 'f> {
    ahead: Vec<Ahead>,
    file: File<'a>,
    /// Indented lines belong to the last service.
    open: bool,
    /// No empty line since the last service began.
    adjacent: bool,
    /// The last service has lines without indentation.
    unindented: bool,
    /// The line that ended the last service.
    ended_by: Option<(u32, &'static str)>,
    findings: &'f mut Findings,
}

impl<'a> Reader<'a, '_> {
    fn line(&mut self, index: usize, line: &Line<'a>) {
        let number = line.slice.line_number();
        match line.kind {
            Kind::Empty => {
                self.end(number, "the empty line");
                self.adjacent = false;
            }
            Kind::Blank(width) => self.blank(index, line, width),
            Kind::Comment(text) => self.comment(index, line, text),
            Kind::Content(_, content) if line.is_indented() => self.indented(content),
            Kind::Content(width, content) => self.outer(index, width, content),
        }
    }

    fn end(&mut self, number: u32, by: &'static str) {
        if self.open {
            self.ended_by = Some((number, by));
        }
        self.open = false;
    }

    fn blank(&mut self, index: usize, line: &Line<'a>, width: usize) {
        if !self.open {
            return;
        }
        let goes_on = self.ahead[index].indented;
        if goes_on || width > INDENT {
            let message = if goes_on {
                "this line has only spaces; the service continues below it"
            } else {
                "this line has only spaces"
            };
            let hint = "ldirectord refuses this; remove the line, or the spaces in it where the service ends";
            self.findings
                .quirk(Quirk::BlankLineInBlock, &line.slice.place(), message, hint);
        }
        if !goes_on {
            self.end(line.slice.line_number(), "the blank line");
            self.adjacent = false;
        }
    }

    fn comment(&mut self, index: usize, line: &Line<'a>, text: Slice<'a>) {
        let Some(block) = self.file.blocks.last().filter(|_| self.open) else {
            return;
        };
        if self.ahead[index].indented && Statement::is_virtual(text) {
            let message = format!(
                "this virtual line is a comment, so the lines below it belong to {}",
                block.head.statement.value.trim_end().text()
            );
            let hint = "comment those lines out too, or put an empty line between";
            self.findings
                .quirk(Quirk::CommentedVirtual, &line.slice.place(), message, hint);
        }
    }

    fn indented(&mut self, content: Slice<'a>) {
        if self.open {
            return self.inner(Statement::in_block(content));
        }
        let place = content.trim_end().place();
        if self.file.blocks.is_empty() {
            let message = "this line is indented, but no virtual service above it";
            let hint =
                "global directives start in column 1; those of a service follow its virtual line";
            self.findings.error(&place, message, hint);
            return self.place_outside(Statement::global(content));
        }
        let message = match self.ended_by {
            Some((number, by)) => format!(
                "this line is indented, but {by} {number} has ended the virtual service above it"
            ),
            None => "this line is indented, but belongs to no virtual service".to_owned(),
        };
        let hint = "move it up to the lines of its service; only comments may stand between them";
        self.findings.error(&place, message, hint);
        // The rest is read as if it belonged there, so that one misplaced line gives one message.
        self.open = true;
        self.inner(Statement::in_block(content));
    }

    /// A line below `virtual`.
    fn inner(&mut self, statement: Statement<'a>) {
        let Some(directive) = self.known(&statement, true) else {
            return;
        };
        match directive.scope {
            Scope::Virtual | Scope::Both => self.push_to_block(directive, statement),
            Scope::Opening => {
                let message = format!("{} has to start in column 1", directive.name);
                let hint = "remove the spaces before it";
                self.findings.error(&statement.key.place(), message, hint);
                self.open_block(directive, statement);
            }
            Scope::Global => {
                let message = format!(
                    "{} is for the whole file and not for one service",
                    directive.name
                );
                let hint = "write it in column 1, above the services";
                self.findings.error(&statement.key.place(), message, hint);
                self.file.strays.push(Written {
                    directive,
                    statement,
                    in_block: true,
                });
            }
        }
    }

    /// A line with less indentation than a service's lines have.
    fn outer(&mut self, index: usize, width: usize, content: Slice<'a>) {
        let number = content.line_number();
        let statement = Statement::global(content);
        let Some(directive) = self.known(&statement, self.adjacent) else {
            return;
        };
        let in_service = match directive.scope {
            Scope::Virtual => true,
            Scope::Both => self.adjacent && (self.unindented || (width > 0 && self.open)),
            Scope::Global | Scope::Opening => false,
        };
        if in_service {
            return self.lacks_indentation(width, directive, content);
        }
        if width > 0 {
            let message = format!("{} has to start in column 1", directive.name);
            let hint = "remove the spaces before it";
            self.findings.error(&statement.key.place(), message, hint);
        }
        if directive.scope == Scope::Opening {
            self.open_block(directive, statement);
            self.unindented = self.ahead[index].unindented;
            return;
        }
        if width == 0 {
            self.warn_of_scope(directive, &statement);
        }
        self.end(number, "the global directive in line");
        self.file.globals.push(Written {
            directive,
            statement,
            in_block: false,
        });
    }

    fn warn_of_scope(&mut self, directive: &Directive, statement: &Statement<'a>) {
        if directive.scope == Scope::Both && self.open {
            let message = format!(
                "{} starts in column 1, so it applies to the whole file and not to the service above",
                directive.name
            );
            let hint =
                "put an empty line before it, or indent it by four spaces if it is for the service";
            self.findings.quirk(
                Quirk::GlobalBelowService,
                &statement.whole.place(),
                message,
                hint,
            );
        }
    }

    fn lacks_indentation(
        &mut self,
        width: usize,
        directive: &'static Directive,
        content: Slice<'a>,
    ) {
        let statement = Statement::in_block(content);
        let place = statement.key.place();
        if self.adjacent {
            let message = match width {
                0 => format!(
                    "{} belongs to the virtual service above, but this line lacks its four spaces or tab",
                    directive.name
                ),
                _ => format!(
                    "{} belongs to the virtual service above, but this line has {width} of its four spaces",
                    directive.name
                ),
            };
            self.findings
                .error(&place, message, "start the line with four spaces or a tab");
            self.push_to_block(directive, statement);
        } else {
            let message = format!(
                "{} belongs to a virtual service, and none is above it",
                directive.name
            );
            let hint = "write it below a virtual line, indented by four spaces or a tab";
            self.findings.error(&place, message, hint);
            self.file.strays.push(Written {
                directive,
                statement,
                in_block: true,
            });
        }
    }

    /// An indented line outside any service, looked at for what it would be in column 1.
    fn place_outside(&mut self, statement: Statement<'a>) {
        if let Some(directive) = self.known(&statement, false) {
            self.file.strays.push(Written {
                directive,
                statement,
                in_block: false,
            });
        }
    }

    fn open_block(&mut self, directive: &'static Directive, statement: Statement<'a>) {
        let head = Written {
            directive,
            statement,
            in_block: false,
        };
        self.file.blocks.push(Block {
            head,
            lines: Vec::new(),
        });
        self.open = true;
        self.adjacent = true;
        self.unindented = false;
    }

    fn push_to_block(&mut self, directive: &'static Directive, statement: Statement<'a>) {
        let written = Written {
            directive,
            statement,
            in_block: true,
        };
        match self.file.blocks.last_mut() {
            Some(block) => block.lines.push(written),
            None => self.file.strays.push(written),
        }
    }

    /// The directive of a statement; when there is none, the reason is reported.
    fn known(&mut self, statement: &Statement<'a>, in_service: bool) -> Option<&'static Directive> {
        let name = statement.key.text();
        let place = statement.key.place();
        let directive = directives::by_name(name);
        if let Some(directive) = directive {
            let (value, _) = statement.value.split_run(|c| c != '#');
            let bare = directive.key == Key::Supervised && value.is_empty();
            if statement.assigned || bare {
                return Some(directive);
            }
            let message = format!("{name} lacks its equals sign");
            self.findings.error(
                &place,
                message,
                format!("write {name}={}", directive.value.form()),
            );
            return (directive.scope == Scope::Opening).then_some(directive);
        }
        if let Some((_, successors)) = RETIRED.iter().find(|(retired, _)| *retired == name) {
            let message = format!("{name} is no longer supported");
            self.findings
                .error(&place, message, format!("write {successors}"));
            return None;
        }
        if name.is_empty() {
            let message = "this line is not a directive";
            let hint = "write NAME=VALUE, or start the line with # to make it a comment";
            self.findings.error(&statement.whole.place(), message, hint);
            return None;
        }
        let similar = directives::similar(name);
        let hint = match similar {
            Some(similar) => format!("did you mean {}?", similar.name),
            None if in_service => {
                "see ldirectord --help for the directives of a virtual service".to_owned()
            }
            None => "see ldirectord --help for the global directives".to_owned(),
        };
        self.findings
            .error(&place, format!("unknown directive {name:?}"), hint);
        // What was meant to open a service opens one, or each line below it would be reported as well.
        similar.filter(|similar| similar.scope == Scope::Opening)
    }
}

/// The lines of a file with their numbers.
pub(crate) fn number<'a>(file: &'a Arc<str>, texts: &'a [Cow<'a, str>]) -> Vec<Line<'a>> {
    texts
        .iter()
        .zip(1u32..)
        .map(|(text, number)| Line::of(Slice::line(file, number, text)))
        .collect()
}
