//! What follows the address of a real server: forwarding method, weight, request and answer, thresholds. Each part is
//! searched behind the one before it; what lies between is passed over with a warning, what is left over is a fault.

use director_core::definitions::{ForwardingDefinition, Placed};

use super::{method, other_method};
use crate::quirks::Quirk;
use crate::slice::{Slice, is_blank};
use crate::values::ValueReader;
use crate::values::text::in_expression;

/// The settings of a real server.
pub(super) struct Rest {
    pub(super) forwarding: Placed<ForwardingDefinition>,
    pub(super) weight: Option<Placed<i64>>,
    pub(super) request: Option<Placed<String>>,
    pub(super) receive: Option<Placed<String>>,
    pub(super) lower: Option<Placed<i64>>,
    pub(super) upper: Option<Placed<i64>>,
}

const ORDER: &str = "after the forwarding method write WEIGHT, \"REQUEST\", \"RECEIVE\", l:N and u:N, in this order";

pub(super) fn read(reader: &mut ValueReader<'_, '_, '_>, after: Slice<'_>) -> Option<Rest> {
    let (skipped, rest) = after.split_run(|c| !is_word(c));
    let (word, rest) = rest.split_run(is_word);
    let Some(forwarding) = method(word.text()) else {
        let message = match word.text() {
            "" => "the real server has no forwarding method".to_owned(),
            other => format!("{other:?} is not a forwarding method"),
        };
        let hint = match other_method(word.text()) {
            Some(method) => format!("write {method}"),
            None => "write gate, masq or ipip after the address, in lower case".to_owned(),
        };
        reader.error(word, message, hint);
        return None;
    };
    passed_over(reader, skipped, "the forwarding method");
    let mut parts = Rest {
        forwarding: Placed::new(forwarding, word.place()),
        weight: None,
        request: None,
        receive: None,
        lower: None,
        upper: None,
    };
    let rest = weight(reader, rest, &mut parts);
    let rest = pair(reader, rest, &mut parts);
    let (rest, lower) = threshold(reader, rest, "l:");
    let (rest, upper) = threshold(reader, rest, "u:");
    parts.lower = lower;
    parts.upper = upper;
    left_over(reader, rest, &parts)?;
    Some(parts)
}

fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '_'
}

/// Says that text has no effect because a part was found behind it.
fn passed_over(reader: &mut ValueReader<'_, '_, '_>, text: Slice<'_>, found: &str) {
    let text = text.trim();
    if !text.is_empty() {
        let message = format!(
            "{} is skipped to reach {found} and has no effect",
            text.text()
        );
        reader
            .findings
            .quirk(Quirk::SkippedText, &text.place(), message, ORDER);
    }
}

/// The first number behind a blank, unless it stands inside quotes.
fn weight<'s>(
    reader: &mut ValueReader<'_, '_, '_>,
    rest: Slice<'s>,
    parts: &mut Rest,
) -> Slice<'s> {
    let mut quoted = false;
    let mut number_in_quotes = None;
    let mut before = ' ';
    let mut found = None;
    let text = rest.text();
    for (at, c) in text.char_indices() {
        if c == '"' {
            quoted = !quoted;
        } else if is_blank(before) && at > 0 {
            let starts = c.is_ascii_digit();
            if starts && !quoted {
                found = Some(at);
                break;
            }
            if starts && number_in_quotes.is_none() {
                number_in_quotes = Some(rest.from(at));
            }
        }
        before = c;
    }
    let Some(at) = found else {
        if let Some(number) = number_in_quotes {
            let number = number.split_run(|c| c.is_ascii_digit()).0;
            let message =
                "this request has a number after a space, and the real server has no weight";
            let hint =
                "ldirectord takes the number for the weight and refuses the line; write the weight";
            reader
                .findings
                .quirk(Quirk::RequestWithNumber, &number.place(), message, hint);
        }
        return rest;
    };
    passed_over(reader, rest.first(at), "the weight");
    let (digits, after) = rest.from(at).split_run(|c| c.is_ascii_digit());
    // Longer numbers are as much out of range as the largest one.
    let weight = digits.text().parse().unwrap_or(i64::MAX);
    parts.weight = Some(Placed::new(weight, digits.place()));
    after
}

/// `"REQUEST", "RECEIVE"` from the first quote to the last one, with a comma or a blank between the two.
fn pair<'s>(reader: &mut ValueReader<'_, '_, '_>, rest: Slice<'s>, parts: &mut Rest) -> Slice<'s> {
    let text = rest.text();
    let (Some(open), Some(close)) = (text.find('"'), text.rfind('"')) else {
        return rest;
    };
    let separator = separator(&text[open..close], is_plain_separator)
        .or_else(|| separator(&text[open..close], is_spaced_separator));
    let Some((end, start)) = separator else {
        return rest;
    };
    let between = rest.part(open + end + 1, open + start);
    if !is_plain_separator(between.text()) {
        let message = "there is a space before the comma";
        let hint = "ldirectord refuses this; write \"REQUEST\", \"RECEIVE\"";
        reader
            .findings
            .quirk(Quirk::RequestSpacing, &between.place(), message, hint);
    }
    passed_over(reader, rest.first(open), "the request");
    let request = rest.part(open + 1, open + end);
    let receive = rest.part(open + start + 1, close);
    warn_of_request(reader, request);
    if request.text().contains('"') || receive.text().contains('"') {
        let message = format!(
            "the request is {} and the answer {}",
            request.text(),
            receive.text()
        );
        let hint = "there is no way to escape a quote, and none is needed";
        reader.findings.quirk(
            Quirk::InnerQuotes,
            &rest.part(open, close + 1).place(),
            message,
            hint,
        );
    }
    parts.request = Some(Placed::new(request.expanded(), request.place()));
    parts.receive = Some(Placed::new(
        in_expression(&receive.expanded()),
        receive.place(),
    ));
    rest.from(close + 1)
}

/// The last pair of quotes with a separator between them: where the first string ends and the second begins.
fn separator(text: &str, fits: impl Fn(&str) -> bool) -> Option<(usize, usize)> {
    let mut start = None;
    for (at, _) in text
        .match_indices('"')
        .collect::<Vec<_>>()
        .into_iter()
        .rev()
    {
        if let Some(start) = start
            && at > 0
            && fits(&text[at + 1..start])
        {
            return Some((at, start));
        }
        start = Some(at);
    }
    None
}

fn is_plain_separator(text: &str) -> bool {
    text.starts_with([',', ' ', '\t']) && text[1..].chars().all(is_blank)
}

fn is_spaced_separator(text: &str) -> bool {
    text.trim_matches([' ', '\t']) == ","
}

fn warn_of_request(reader: &mut ValueReader<'_, '_, '_>, request: Slice<'_>) {
    if request.text().starts_with('/') {
        let message = "this request and the answer after it apply to this real server";
        let hint = "ldirectord sends the request of the service, and compares no answer, when this request starts \
                    with a slash";
        reader
            .findings
            .quirk(Quirk::RequestWithSlash, &request.place(), message, hint);
    }
}

/// The first `l:N` or `u:N` behind a blank.
fn threshold<'s>(
    reader: &mut ValueReader<'_, '_, '_>,
    rest: Slice<'s>,
    name: &str,
) -> (Slice<'s>, Option<Placed<i64>>) {
    let text = rest.text();
    for (at, _) in text.match_indices(name) {
        if !text[..at].ends_with(is_blank) {
            continue;
        }
        let (digits, after) = rest.from(at + name.len()).split_run(|c| c.is_ascii_digit());
        // Longer numbers are as much out of range as the largest one.
        if !digits.is_empty() {
            passed_over(reader, rest.first(at), &format!("{name}N"));
            let limit = digits.text().parse().unwrap_or(i64::MAX);
            return (
                after,
                Some(Placed::new(
                    limit,
                    rest.from(at).until_end_of(&digits).place(),
                )),
            );
        }
    }
    (rest, None)
}

fn left_over(reader: &mut ValueReader<'_, '_, '_>, rest: Slice<'_>, parts: &Rest) -> Option<()> {
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(());
    }
    if parts
        .request
        .as_ref()
        .is_some_and(|request| request.value.starts_with('/'))
    {
        let message = format!("{} is ignored", rest.text());
        reader
            .findings
            .quirk(Quirk::TextAfterRequest, &rest.place(), message, ORDER);
        return Some(());
    }
    let quotes = rest.text().matches('"').count();
    let cut = reader
        .written
        .statement
        .comment
        .is_some_and(|comment| comment.text().contains('"'));
    let negative = |text: &str| {
        text.strip_prefix('-')
            .is_some_and(|number| number.parse::<u64>().is_ok())
    };
    let (message, hint) = match quotes {
        0 if negative(rest.text()) => (
            format!("the weight {} is below 0", rest.text()),
            "write a whole number, 0 or more",
        ),
        0 => (format!("{} is not allowed here", rest.text()), ORDER),
        2 => (
            "a request needs an expected answer after it".to_owned(),
            "write both: \"REQUEST\", \"RECEIVE\"",
        ),
        _ if cut => (
            "a closing quote is missing".to_owned(),
            "everything from # on is a comment, even inside quotes",
        ),
        _ => (
            "the quotes contain no request and answer".to_owned(),
            "write \"REQUEST\", \"RECEIVE\"",
        ),
    };
    reader.error(rest, message, hint);
    None
}
