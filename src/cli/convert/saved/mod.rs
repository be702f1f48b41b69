//! A table that `ipvsadm -S` has saved, as YAML. The table says nothing about checks, so nothing is checked: each service has a
//! check that suits its port as a comment.

mod comments;
mod definitions;
mod faults;
mod lines;
mod script;
mod suggest;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use director_core::definitions::Definitions;
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::ServiceId;
use director_core::model::validate::validate;

use super::super::list::Names;
use super::super::restore::{SavedService, SavedTable, saved_lines};
use crate::loader::{LoadError, LoadReport, Remarks, STANDARD_INPUT, emit_unchecked};
use comments::comments;
use lines::{RuleLines, as_u32};
use script::IpvsadmScript;

/// Whether this is a saved table: its first line that is no comment is a command of ipvsadm.
pub(super) fn is_saved_table(bytes: &[u8]) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let mut words = text.trim_start_matches('\u{feff}').lines().map(first_word);
    let first = words.find(|word| !word.is_empty() && !word.starts_with('#'));
    first.is_some_and(|word| is_ipvsadm(word) || is_option(word))
}

fn first_word(line: &str) -> &str {
    line.split_whitespace().next().unwrap_or_default()
}

fn is_ipvsadm(word: &str) -> bool {
    word.rsplit('/').next() == Some("ipvsadm")
}

/// `-A` and `--add-service`, but neither the `---` of YAML nor the `-` of its lists.
fn is_option(word: &str) -> bool {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-'));
    name.is_some_and(|name| name.starts_with(|sign: char| sign.is_ascii_alphabetic()))
}

/// The table as YAML.
///
/// # Errors
/// When a line cannot be read, or when a service or server is none that ipvsd takes; all such lines are named.
pub(super) fn converted(file: &Path, bytes: &[u8], names: Names) -> Result<String, LoadError> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let source = RuleLines {
        file: Arc::from(file.to_string_lossy()),
        lines: text.lines().collect(),
    };
    let script = IpvsadmScript::of(&source);
    let (table, faults) = saved_lines(&script.rules, names);
    let services = in_the_order_of_the_file(&table);
    let mut definitions = definitions::of(&services, &source);
    definitions.host = script.host;
    let mut found = faults::diagnostics(&source, &faults);
    let (_, unfit) = validate(&definitions);
    found.extend(unfit.into_iter().filter(Diagnostic::is_error));
    if found.is_empty() {
        return Ok(yaml(&source, &services, &definitions));
    }
    found.sort_by(|left, right| left.place.cmp(&right.place));
    Err(LoadError::Invalid(report(&source.file, text, found)))
}

fn yaml(
    source: &RuleLines<'_>,
    services: &[(&ServiceId, &SavedService)],
    definitions: &Definitions,
) -> String {
    let by_line: BTreeMap<u32, (&ServiceId, &SavedService)> = services
        .iter()
        .map(|(id, service)| (as_u32(service.line), (*id, *service)))
        .collect();
    let comments = comments(&source.lines, &owners(services));
    let above = |place: &Place| {
        let mut lines = comments.above(place.line);
        let service = by_line.get(&place.line);
        lines.extend(service.and_then(|(_, service)| weight_zero(service)));
        lines
    };
    let inside = |place: &Place| match by_line.get(&place.line) {
        Some((id, service)) => suggest::lines(id, service),
        None => Vec::new(),
    };
    let remarks = Remarks {
        reload_on_change: false,
        mails: None,
        on_change: None,
        comments: &above,
    };
    [
        head(&source.file),
        comments.head(),
        emit_unchecked(definitions, &remarks, &inside),
        comments.tail(),
    ]
    .concat()
}

fn head(name: &str) -> String {
    let source = match name {
        STANDARD_INPUT => "standard input",
        file => file,
    };
    format!(
        "# Converted from {source} by ipvsctl convert.\n\
         # Nothing is checked: every server counts as up, as in the table. A check that suits each service stands in it as a comment.\n\
         # Remove the \"# \" before a check to turn it on. Try it with ipvsctl probe first.\n"
    )
}

fn in_the_order_of_the_file(table: &SavedTable) -> Vec<(&ServiceId, &SavedService)> {
    let mut services: Vec<_> = table
        .services
        .iter()
        // Helpers of a probe that ran when the table was saved.
        .filter(|(id, service)| !director_core::model::is_probe_service(id, &service.scheduling))
        .collect();
    services.sort_by_key(|(_, service)| service.line);
    services
}

/// The line of the service that each line is about.
fn owners(services: &[(&ServiceId, &SavedService)]) -> BTreeMap<usize, usize> {
    let lines = services.iter().flat_map(|(_, service)| {
        let servers = service.servers.values().map(|server| server.line);
        servers
            .chain([service.line])
            .map(|line| (line, service.line))
    });
    lines.collect()
}

fn weight_zero(service: &SavedService) -> Option<String> {
    let zero = service.servers.iter();
    let zero = zero.filter(|(_, server)| server.weight == 0);
    let zero: Vec<String> = zero.map(|(endpoint, _)| endpoint.to_string()).collect();
    (!zero.is_empty()).then(|| {
        format!(
            "# Weight 0 in the table, probably drained by hand: {}. It gets no new connections until you give it a weight.",
            zero.join(", ")
        )
    })
}

fn report(file: &Arc<str>, text: &str, diagnostics: Vec<Diagnostic>) -> LoadReport {
    LoadReport {
        file: Arc::clone(file),
        text: Arc::from(text),
        watched: BTreeMap::new(),
        secret_files: Arc::default(),
        included: BTreeMap::new(),
        diagnostics,
    }
}
