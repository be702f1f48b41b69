//! Text becomes a tree of values with places. It uses the event parser below serde-saphyr and not its deserializer,
//! which stops at the first fault: a tree can be read on past a fault, so that all of them are reported in one run.
//! Refused here: syntax errors, keys written twice, tags, several documents, and aliases that multiply without bound.

use std::collections::HashMap;
use std::sync::Arc;

use director_core::diagnostic::{Diagnostic, Place};
use serde_saphyr::granit_parser::{Event, Parser, ScalarStyle, Span};

use super::merge_keys::{self, Merges};
use super::node::{Content, Entry, Node, Scalar};
use super::slips;
use super::syntax::{other_format, syntax_error};
use crate::loader::findings::KEPT;

/// Most values that anchors and aliases may copy: a bound against files that multiply themselves.
const COPIED_VALUES_LIMIT: usize = 100_000;
/// Most bytes of text that they may copy.
const COPIED_BYTES_LIMIT: usize = 16 << 20;
/// Most values of a file. Ten thousand services with ten servers each take two thirds of it.
const VALUES_LIMIT: usize = 1_000_000;
/// Bytes of the longest single value. Each service that a default applies to has a copy of it.
const VALUE_LIMIT: usize = 64 << 10;

/// The tree of the only document, when the syntax allows one, and what was found wrong on the way.
pub(super) fn parse(text: &str, file: &Arc<str>) -> (Option<Node>, Vec<Diagnostic>) {
    parse_within(text, file, VALUES_LIMIT)
}

fn parse_within(
    text: &str,
    file: &Arc<str>,
    values_limit: usize,
) -> (Option<Node>, Vec<Diagnostic>) {
    let mut builder = Builder {
        file,
        open: Vec::new(),
        root: None,
        anchors: HashMap::new(),
        holders: HashMap::new(),
        merges: Merges::default(),
        copied: 0,
        copied_bytes: 0,
        values_left: values_limit,
        documents: 0,
        findings: Vec::new(),
    };
    for next in Parser::new_from_str(text) {
        let step = match next {
            Ok((event, span)) => builder.event(event, span),
            Err(error) => Err(syntax_error(&error, text, file)),
        };
        if let Err(fatal) = step {
            // One fault makes many that follow from it.
            let format = other_format(text, file);
            builder.findings.push(format.unwrap_or(fatal));
            return (None, builder.findings);
        }
    }
    if let Some(root) = &builder.root
        && !matches!(root.content, Content::Mapping(_))
        && let Some(format) = other_format(text, file)
    {
        return (None, vec![format]);
    }
    if let Some(root) = &mut builder.root {
        builder.findings.extend(builder.merges.drop_holders(root));
    }
    (builder.root, builder.findings)
}

struct Builder<'a> {
    file: &'a Arc<str>,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: HashMap<usize, Node>,
    /// The key of the file that each anchor is below.
    holders: HashMap<usize, String>,
    merges: Merges,
    copied: usize,
    copied_bytes: usize,
    values_left: usize,
    documents: usize,
    findings: Vec<Diagnostic>,
}

/// A collection whose end has not come yet.
struct Open {
    place: Place,
    start_line: usize,
    anchor: usize,
    content: OpenContent,
}

enum OpenContent {
    List(Vec<Node>),
    Mapping(OpenMapping),
}

/// A mapping so far, with the line of each key in it and the key whose value has not come yet.
#[derive(Default)]
struct OpenMapping {
    entries: Vec<Entry>,
    lines: HashMap<String, u32>,
    key: Option<(String, Place)>,
}

impl OpenMapping {
    /// Adds an entry, or gives the finding that its key is there already.
    fn add(&mut self, key: String, place: Place, value: Node) -> Option<Diagnostic> {
        if let Some(line) = self.lines.get(&key) {
            let message = format!("key {key:?} is set twice; the first is in line {line}");
            return Some(Diagnostic::error(&place, message).hint("keep one of the two"));
        }
        self.lines.insert(key.clone(), place.line);
        self.entries.push(Entry { key, place, value });
        None
    }
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Result<(), Diagnostic> {
        let place = self.place(&span);
        if self.findings.len() >= KEPT {
            let message = format!("more than {KEPT} findings; the rest of the file is not read");
            return Err(Diagnostic::error(&place, message)
                .hint("fix the first ones, and check the file again"));
        }
        match event {
            Event::DocumentStart(..) => {
                self.documents += 1;
                if self.documents > 1 {
                    let message = "a second YAML document starts here";
                    return Err(Diagnostic::error(&place, message)
                        .hint("write one document, without another ---"));
                }
            }
            Event::Scalar(text, style, anchor, tag) => {
                if tag.is_some() {
                    self.refuse_tag(&place);
                }
                if text.len() > VALUE_LIMIT {
                    let message = format!(
                        "this value has {} bytes; the limit is {VALUE_LIMIT}",
                        text.len()
                    );
                    return Err(Diagnostic::error(&place, message).hint("write a shorter value"));
                }
                let plain = style == ScalarStyle::Plain;
                if plain {
                    self.lookalike(&text, &place);
                }
                let content = if plain && matches!(&*text, "" | "~" | "null" | "Null" | "NULL") {
                    Content::Nothing
                } else {
                    Content::Scalar(Scalar::new(text.into_owned(), &place, plain))
                };
                self.add(Node { place, content }, anchor)?;
            }
            Event::SequenceStart(_, anchor, tag) => {
                self.begin(
                    place,
                    &span,
                    anchor,
                    tag.is_some(),
                    OpenContent::List(Vec::new()),
                );
            }
            Event::MappingStart(_, anchor, tag) => {
                let content = OpenContent::Mapping(OpenMapping::default());
                self.begin(place, &span, anchor, tag.is_some(), content);
            }
            Event::SequenceEnd | Event::MappingEnd => self.end(&span)?,
            Event::Alias(anchor) => self.alias(anchor, place)?,
            _ => {}
        }
        Ok(())
    }

    /// Reports a sign in a plain value that looks like another one.
    fn lookalike(&mut self, text: &str, place: &Place) {
        let Some(mut finding) = slips::lookalike_in(text, 1..=1, self.file) else {
            return;
        };
        finding.place.line = place.line;
        finding.place.column += place.column - 1;
        self.findings.push(finding);
    }

    fn refuse_tag(&mut self, place: &Place) {
        self.findings.push(
            Diagnostic::error(place, "YAML tags are not supported")
                .hint("remove the word with the !, or put the value in quotes"),
        );
    }

    fn begin(&mut self, place: Place, span: &Span, anchor: usize, tag: bool, content: OpenContent) {
        if tag {
            self.refuse_tag(&place);
        }
        self.open.push(Open {
            place,
            start_line: span.start.line(),
            anchor,
            content,
        });
    }

    fn end(&mut self, span: &Span) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else {
            return Ok(());
        };
        let mut place = open.place;
        // A collection in brackets on one line is marked as a whole, any other by the first thing in it.
        let in_brackets = place.length > 0;
        if in_brackets && span.end.line() == open.start_line {
            let end = u32::try_from(span.end.col() + 1).unwrap_or(u32::MAX);
            place.length = end.saturating_sub(place.column).max(1);
        }
        let content = match open.content {
            OpenContent::List(items) => {
                if let Some(first) = items.first().filter(|_| !in_brackets) {
                    place = first.place.clone();
                }
                Content::List(items)
            }
            OpenContent::Mapping(OpenMapping { mut entries, .. }) => {
                let depth = self.open.len();
                self.findings
                    .extend(self.merges.resolve(&mut entries, depth));
                if let Some(first) = entries.first().filter(|_| !in_brackets) {
                    place = first.place.clone();
                }
                Content::Mapping(entries)
            }
        };
        place.length = place.length.max(1);
        self.add(Node { place, content }, open.anchor)
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Diagnostic> {
        let Some(meant) = self.anchors.get(&anchor).cloned() else {
            return Err(Diagnostic::error(
                &place,
                "this alias is inside the value that it refers to",
            )
            .hint("write out the values"));
        };
        self.copied(&meant)?;
        if let Some(holder) = self.holders.get(&anchor) {
            self.merges.uses(holder, self.merged_into());
        }
        let open = self.open.last_mut().map(|open| &mut open.content);
        if let (Some(OpenContent::List(items)), Content::List(inner)) = (open, &meant.content) {
            items.extend(inner.iter().cloned());
            let message = "this alias is a list inside a list";
            self.findings.push(Diagnostic::error(&place, message).hint(
                "write the servers under groups: {web: [10.0.0.11:80]}, and {group: web} here",
            ));
            return Ok(());
        }
        self.add(meant, 0)
    }

    /// The depth of the mapping that the next value is merged into, alone or as one of a list.
    fn merged_into(&self) -> Option<usize> {
        let mut open = self.open.iter().enumerate().rev();
        let (depth, mapping) = open.find_map(|(depth, open)| match &open.content {
            OpenContent::Mapping(mapping) => Some((depth, mapping)),
            OpenContent::List(_) => None,
        })?;
        let (key, _) = mapping.key.as_ref()?;
        (key == merge_keys::KEY).then_some(depth)
    }

    /// The key of the file that is being read.
    fn holder(&self) -> Option<String> {
        match &self.open.first()?.content {
            OpenContent::Mapping(mapping) => mapping.key.as_ref().map(|(key, _)| key.clone()),
            OpenContent::List(_) => None,
        }
    }

    /// Puts a finished value where it belongs.
    fn add(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        let Some(left) = self.values_left.checked_sub(1) else {
            let message = format!("this file has more than {VALUES_LIMIT} values");
            return Err(Diagnostic::error(&node.place, message).hint("split it, and use include"));
        };
        self.values_left = left;
        if anchor != 0 {
            self.copied(&node)?;
            self.anchors.insert(anchor, node.clone());
            if let Some(holder) = self.holder() {
                self.holders.insert(anchor, holder);
            }
        }
        let Some(open) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        match &mut open.content {
            OpenContent::List(items) => items.push(node),
            OpenContent::Mapping(mapping) => match mapping.key.take() {
                None => mapping.key = Some(key_of(node)?),
                Some((key, place)) => self.findings.extend(mapping.add(key, place, node)),
            },
        }
        Ok(())
    }

    /// Counts what a copy of a value adds.
    fn copied(&mut self, node: &Node) -> Result<(), Diagnostic> {
        self.copied += node.size();
        self.copied_bytes += node.bytes();
        if self.copied <= COPIED_VALUES_LIMIT && self.copied_bytes <= COPIED_BYTES_LIMIT {
            return Ok(());
        }
        let message = format!(
            "aliases copy more than {COPIED_VALUES_LIMIT} values or {} MiB of this file",
            COPIED_BYTES_LIMIT >> 20
        );
        Err(Diagnostic::error(&node.place, message).hint("write out the values"))
    }

    /// The place of a span, cut at the end of its first line.
    fn place(&self, span: &Span) -> Place {
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        let length = if span.start.line() == span.end.line() {
            span.end.index().saturating_sub(span.start.index())
        } else {
            1
        };
        Place::new(
            self.file,
            number(span.start.line()),
            number(span.start.col() + 1),
            number(length),
        )
    }
}

fn key_of(node: Node) -> Result<(String, Place), Diagnostic> {
    match node.content {
        Content::Scalar(scalar) => Ok((scalar.text, node.place)),
        Content::Nothing => {
            Err(Diagnostic::error(&node.place, "a key is missing")
                .hint("write a key before the colon"))
        }
        Content::List(items) => {
            // As in `[2001:db8::1]:80`.
            let is_address = matches!(items.as_slice(), [Node { content: Content::Scalar(scalar), .. }] if scalar.text.contains(':'));
            let hint = match is_address {
                true => "put a value that begins with a bracket in quotes: \"[2001:db8::1]:80\"",
                false => "write it as key: value",
            };
            Err(Diagnostic::error(&node.place, "a key must be a single value").hint(hint))
        }
        Content::Mapping(_) => Err(
            Diagnostic::error(&node.place, "a key must be a single value")
                .hint("write it as key: value"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_has_a_limited_number_of_values() {
        let parse = |limit| parse_within("a: [1, 2]\n", &Arc::from("a.yaml"), limit);
        // Two items, their list, the key, and the mapping.
        assert_eq!(parse(5).1, Vec::new());
        let (root, findings) = parse(4);
        assert!(root.is_none() && findings[0].message.contains("1000000 values"));
    }
}
