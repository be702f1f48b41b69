//! The file as a tree, read as keepalived reads it: the first word of a line decides; an unknown word is left out, but what
//! stands between its braces counts as if it stood outside, and its closing brace closes the block around it.

use director_core::diagnostic::{Place, nearest};

use crate::keywords::{Keyword, KeywordForm, ROOT, find, homes};
use crate::reader::Reader;
use crate::words::{LogicalLine, PlacedWord};

/// A keyword with what follows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// The keyword.
    pub(crate) name: String,
    /// The words behind it.
    pub(crate) values: Vec<PlacedWord>,
    /// The text of the line, for values with escapes.
    pub(crate) text: String,
    /// Where the line stands.
    pub(crate) place: Place,
    /// What stands in its block.
    pub(crate) entries: Vec<Entry>,
}

impl Entry {
    fn of(line: LogicalLine) -> Self {
        let mut words = line.words.into_iter();
        let name = words.next().map_or_else(String::new, |word| word.text);
        Self {
            name,
            values: words.collect(),
            text: line.text,
            place: line.place,
            entries: Vec::new(),
        }
    }

    /// The first value.
    pub(crate) fn value(&self) -> Option<&PlacedWord> {
        self.values.first()
    }
}

/// Reads everything.
pub(crate) fn read(reader: &mut Reader<'_>) -> Vec<Entry> {
    level(reader, ROOT, None)
}

/// The entries of a block, or of the file when there is no opening line.
fn level(
    reader: &mut Reader<'_>,
    keywords: &'static [Keyword],
    opening: Option<&Entry>,
) -> Vec<Entry> {
    let mut entries = Vec::new();
    let mut needs_brace = opening.is_some();
    while let Some(line) = reader.next() {
        if needs_brace {
            needs_brace = false;
            if line.is("{") {
                continue;
            }
            if let Some(opening) = opening {
                let message = format!("{} has no {{", opening.name);
                reader
                    .findings
                    .faulty(&opening.place, message, "write { at the end of this line");
            }
        } else if line.is("{") {
            reader
                .findings
                .faulty(&line.place, "this { opens no block", "remove it");
            continue;
        }
        if line.is("}") {
            if opening.is_some() {
                return entries;
            }
            reader
                .findings
                .faulty(&line.place, "this } closes no block", "remove it");
            continue;
        }
        entries.extend(entry(reader, keywords, opening, line));
    }
    if let Some(opening) = opening {
        let message = format!("the block of this {} is not closed", opening.name);
        reader
            .findings
            .faulty(&opening.place, message, "add } where it ends");
    }
    entries
}

fn entry(
    reader: &mut Reader<'_>,
    keywords: &'static [Keyword],
    opening: Option<&Entry>,
    line: LogicalLine,
) -> Option<Entry> {
    let name = line.words[0].text.as_str();
    let Some(keyword) = find(keywords, name) else {
        unknown(reader, keywords, opening, &line.words[0]);
        return None;
    };
    let mut entry = Entry::of(line);
    match keyword.form {
        KeywordForm::Value => {}
        KeywordForm::Block(inner) => entry.entries = level(reader, inner, Some(&entry)),
        KeywordForm::Lines => entry.entries = lines(reader, &entry),
        KeywordForm::NotOurs => skip(reader),
    }
    Some(entry)
}

fn unknown(
    reader: &mut Reader<'_>,
    keywords: &'static [Keyword],
    opening: Option<&Entry>,
    word: &PlacedWord,
) {
    let inside = opening.map_or_else(|| "the top level".to_owned(), |entry| entry.name.clone());
    let message = format!(
        "keepalived knows no {} in {inside} and ignores it",
        word.text
    );
    let homes = homes(&word.text);
    let plain = word.text.trim();
    let hint = match homes.as_slice() {
        [] if plain != word.text && find(keywords, plain).is_some() => {
            format!("write an ordinary space before {plain}; the blank there is another character")
        }
        [] => match nearest(&word.text, keywords.iter().map(|known| known.name)) {
            Some(meant) => format!("write {meant}, or remove the line"),
            None => "remove the line".to_owned(),
        },
        homes => format!("move it to {}, or remove the line", homes.join(" or ")),
    };
    reader.findings.faulty(&word.place, message, hint);
}

/// The lines of a block whose words are no keywords, with those of inner blocks.
fn lines(reader: &mut Reader<'_>, opening: &Entry) -> Vec<Entry> {
    let mut entries = Vec::<Entry>::new();
    match reader.next() {
        Some(line) if line.is("{") => {}
        Some(line) => {
            let message = format!("{} has no {{", opening.name);
            reader
                .findings
                .faulty(&opening.place, message, "write { at the end of this line");
            reader.give_back(line);
        }
        None => return entries,
    }
    let mut depth = 0_u32;
    while let Some(line) = reader.next() {
        if line.is("}") {
            if depth == 0 {
                return entries;
            }
            depth -= 1;
        } else if line.is("{") {
            depth += 1;
        } else {
            let entry = Entry::of(line);
            match entries.last_mut() {
                Some(last) if depth > 0 => last.entries.push(entry),
                _ => entries.push(entry),
            }
        }
    }
    let message = format!("the block of this {} is not closed", opening.name);
    reader
        .findings
        .faulty(&opening.place, message, "add } where it ends");
    entries
}

/// Skips a block, if one begins here.
fn skip(reader: &mut Reader<'_>) {
    let mut depth = 0_u32;
    while let Some(line) = reader.next() {
        if line.is("{") {
            depth += 1;
        } else if depth == 0 {
            reader.give_back(line);
            return;
        } else if line.is("}") {
            depth -= 1;
            if depth == 0 {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> (String, Vec<String>) {
        let mut none = |_: &str, _: &str| Vec::new();
        let mut reader = Reader::new("a.conf", text, "lb1", &mut none);
        let entries = read(&mut reader);
        let (_, findings) = reader.finish();
        let findings = findings
            .into_list()
            .iter()
            .map(ToString::to_string)
            .collect();
        (shown(&entries), findings)
    }

    fn shown(entries: &[Entry]) -> String {
        let one = |entry: &Entry| {
            let mut words = vec![entry.name.clone()];
            words.extend(entry.values.iter().map(|word| word.text.clone()));
            let words = words.join(" ");
            match entry.entries.is_empty() {
                true => words,
                false => format!("{words} ({})", shown(&entry.entries)),
            }
        };
        entries.iter().map(one).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn braces_may_stand_anywhere() {
        let expected = "virtual_server 192.0.2.1 80 (lb_algo rr; real_server 10.0.0.1 80 (weight 2; TCP_CHECK (connect_port 8080)))";
        for text in [
            "virtual_server 192.0.2.1 80 {\n lb_algo rr\n real_server 10.0.0.1 80 {\n weight 2\n TCP_CHECK {\n connect_port 8080\n }\n }\n}\n",
            "virtual_server 192.0.2.1 80\n{\nlb_algo rr\nreal_server 10.0.0.1 80\n{ weight 2\nTCP_CHECK { connect_port 8080 } } }",
        ] {
            assert_eq!(tree(text), (expected.to_owned(), Vec::new()));
        }
    }

    #[test]
    fn the_block_of_an_unknown_word_counts_as_if_it_had_no_braces() {
        let (shown, findings) = tree(
            "virtual_server 192.0.2.1 80 {\n nat_mask 255.0.0.0\n foo {\n  lb_algo rr\n }\n real_server 10.0.0.1 80 {\n }\n}\n",
        );
        // The brace of foo closes the virtual server, and the real server stands outside.
        assert_eq!(shown, "virtual_server 192.0.2.1 80 (lb_algo rr)");
        assert_eq!(
            findings,
            [
                "a.conf:2:2: warning: keepalived knows no nat_mask in virtual_server and ignores it (remove the line)",
                "a.conf:3:2: warning: keepalived knows no foo in virtual_server and ignores it (remove the line)",
                "a.conf:3:6: warning: this { opens no block (remove it)",
                "a.conf:6:2: warning: keepalived knows no real_server in the top level and ignores it (move it to virtual_server, or remove the line)",
                "a.conf:6:26: warning: this { opens no block (remove it)",
                "a.conf:7:2: warning: this } closes no block (remove it)",
                "a.conf:8:1: warning: this } closes no block (remove it)",
            ]
        );
    }

    #[test]
    fn what_is_not_ours_is_skipped_with_its_block() {
        let (shown, findings) = tree(
            "vrrp_instance VI_1 {\n virtual_ipaddress {\n  192.0.2.1\n }\n}\nnet_namespace blue\nvirtual_server_group web {\n 192.0.2.1 80\n}\n",
        );
        assert_eq!(
            shown,
            "vrrp_instance VI_1; net_namespace blue; virtual_server_group web (192.0.2.1 80)"
        );
        assert_eq!(findings, Vec::<String>::new());
    }

    #[test]
    fn parameters_sequences_and_conditions_make_lines() {
        let (shown, findings) = tree(
            "$NET=10.0.0\n$RS= \\\n real_server ${NET}.$I 80 { \\\n weight 1 \\\n }\n@lb1 $ALGO=rr\n@lb2 $ALGO=wlc\n\
             virtual_server 192.0.2.1 80 {\n lb_algo $ALGO\n ~SEQ(I, 1, 1, 2) $RS\n}\n",
        );
        assert_eq!(
            shown,
            "virtual_server 192.0.2.1 80 (lb_algo rr; real_server 10.0.0.1 80 (weight 1); real_server 10.0.0.2 80 (weight 1))"
        );
        assert_eq!(findings, Vec::<String>::new());
    }

    #[test]
    fn a_blank_of_another_kind_is_a_part_of_a_word() {
        let (shown, findings) = tree("virtual_server 192.0.2.1 80 {\n\u{3000}lb_algo rr\n}\n");
        assert_eq!(shown, "virtual_server 192.0.2.1 80");
        assert!(
            findings[0].contains("write an ordinary space before lb_algo"),
            "{findings:?}"
        );
    }

    #[test]
    fn a_parameter_that_holds_itself_ends() {
        let (_, findings) = tree("$A=x$A\nlb_algo $A\n");
        assert_eq!(findings.len(), 1, "{findings:?}");
    }
}
