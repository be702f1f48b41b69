//! `on_error: isolate`: a service that is broken disables itself only. It stays as it was when it was last good, where that
//! is known, and is left out otherwise; all others are as they are written.

use std::collections::BTreeSet;
use std::sync::Arc;

use director_core::definitions::{
    Definitions, Host, IsolatedBlock, ListenDefinition, PortDefinition, ServiceDefinition,
};
use director_core::diagnostic::{Diagnostic, Place};
use director_core::model::validate::validate;
use director_core::model::{Model, Protocol};

use super::yaml::Block;

/// What is known in addition to the configuration as it is written.
pub(super) struct IsolationContext<'a> {
    /// The services as they stand in the files.
    pub(super) blocks: &'a [Block],
    /// Included files of which nothing could be read.
    pub(super) broken_files: &'a BTreeSet<Arc<str>>,
    /// All findings about the configuration.
    pub(super) findings: &'a [Diagnostic],
    /// Those of them that came up while the files were read.
    pub(super) of_reading: &'a [Diagnostic],
    /// The text of each file.
    pub(super) texts: Vec<(&'a Arc<str>, &'a str)>,
    /// The configuration in force, names resolved.
    pub(super) former: Option<&'a Definitions>,
}

struct IsolationAttempt<'a> {
    around: &'a IsolationContext<'a>,
    /// What is wrong with each block.
    faults: Vec<Vec<Diagnostic>>,
}

/// A model of everything that is good, what was put in place of the rest, and what to say about it; none when not even
/// that makes one.
pub(super) fn isolate(
    definitions: &Definitions,
    around: &IsolationContext<'_>,
) -> Option<(Model, Definitions, Vec<Diagnostic>)> {
    let faults: Vec<Vec<Diagnostic>> = around
        .blocks
        .iter()
        .map(|block| faults(definitions, block, around))
        .collect();
    if !around.is_within_blocks(definitions, &faults) {
        return None;
    }
    let mut good: Vec<bool> = faults.iter().map(Vec::is_empty).collect();
    let around = &IsolationAttempt { around, faults };
    // What is left may still be at odds with itself: two services at one address.
    let mut attempt = assemble(definitions, around, &good);
    for _ in 0..=good.len() {
        let (model, findings) = validate(&attempt);
        if let Some(model) = model {
            let remarks = attempt.isolated.iter().map(remark).collect();
            return Some((model, attempt, remarks));
        }
        let mut dropped = false;
        for (block, good) in around.around.blocks.iter().zip(&mut good) {
            let mut errors = findings.iter().filter(|finding| finding.is_error());
            if *good && errors.any(|finding| around.around.is_in(block, &finding.place)) {
                *good = false;
                dropped = true;
            }
        }
        if !dropped {
            return None;
        }
        attempt = assemble(definitions, around, &good);
    }
    None
}

impl IsolationContext<'_> {
    /// Whether a place is between the beginning of a block and that of the next, or the next key of the file.
    fn is_in(&self, block: &Block, place: &Place) -> bool {
        let at = |place: &Place| (place.line, place.column);
        let start = at(&block.place);
        if place.file != block.place.file || at(place) < start {
            return false;
        }
        let others = self.blocks.iter().map(|other| &other.place);
        let next_block = others
            .filter(|other| other.file == block.place.file && at(other) > start)
            .map(at)
            .min();
        let text = self.texts.iter().find(|(file, _)| **file == place.file);
        let lines = text.map_or("", |(_, text)| *text).lines();
        let is_key = |line: &str| line.starts_with(|c: char| c.is_alphanumeric() || c == '"');
        let next_key = (1..)
            .zip(lines)
            .find(|(number, line)| *number > start.0 && is_key(line));
        next_block.is_none_or(|next| at(place) < next)
            && next_key.is_none_or(|(number, _)| place.line < number)
    }

    /// Whether each error belongs to a service or to a file of which nothing could be read. What applies to all services
    /// would be lost with another one.
    fn is_within_blocks(&self, definitions: &Definitions, faults: &[Vec<Diagnostic>]) -> bool {
        let (_, of_all) = validate(&definitions.without_services());
        let is_of_block = |finding: &Diagnostic| {
            // What cannot be included is reported where it is included.
            let mut broken = self.broken_files.iter();
            broken.any(|file| finding.place.file == *file || finding.message.starts_with(&**file))
                || faults.iter().any(|faults| faults.contains(finding))
                || self
                    .blocks
                    .iter()
                    .any(|block| self.is_in(block, &finding.place))
        };
        // Two services that do not fit together are taken apart later.
        let mut errors = self.findings.iter().filter(|finding| finding.is_error());
        !of_all.iter().any(Diagnostic::is_error) && errors.all(is_of_block)
    }
}

/// What keeps a block from making services even when nothing else is around it.
fn faults(
    definitions: &Definitions,
    block: &Block,
    around: &IsolationContext<'_>,
) -> Vec<Diagnostic> {
    let services = &definitions.services[block.services.clone()];
    let alone = Definitions {
        services: services.to_vec(),
        ..definitions.without_services()
    };
    let (_, judged) = validate(&alone);
    let unresolved = services
        .iter()
        .flat_map(places_of_hosts)
        .flat_map(|place| around.findings.iter().filter(move |f| f.place == *place));
    // A key that is there twice is found before the blocks are read.
    let inside = around.of_reading.iter();
    let inside = inside.filter(|finding| around.is_in(block, &finding.place));
    let all = block
        .findings
        .iter()
        .chain(&judged)
        .chain(unresolved)
        .chain(inside);
    let mut faults: Vec<Diagnostic> = Vec::new();
    for fault in all.filter(|finding| finding.is_error()) {
        if !faults.contains(fault) {
            faults.push(fault.clone());
        }
    }
    faults
}

fn places_of_hosts(service: &ServiceDefinition) -> impl Iterator<Item = &Place> {
    let servers = service.real_servers.iter().chain(&service.fallback);
    std::iter::once(&service.listen.place).chain(servers.map(|server| &server.host.place))
}

/// The good blocks, and the former services that stand for the broken ones.
fn assemble(
    definitions: &Definitions,
    attempt: &IsolationAttempt<'_>,
    good: &[bool],
) -> Definitions {
    let around = attempt.around;
    let mut whole = definitions.without_services();
    for (block, good) in around.blocks.iter().zip(good) {
        if *good {
            let services = &definitions.services[block.services.clone()];
            whole.services.extend_from_slice(services);
        }
    }
    let mut claimed: Vec<ListenDefinition> = whole
        .services
        .iter()
        .map(|service| service.listen.value.clone())
        .collect();
    let nothing = Vec::new();
    let former = around.former.map_or(&nothing, |former| &former.services);
    let mut keep = |wanted: &dyn Fn(&ServiceDefinition) -> bool, whole: &mut Definitions| {
        let mut kept = 0;
        for service in former {
            if wanted(service) && !claimed.contains(&service.listen.value) {
                claimed.push(service.listen.value.clone());
                whole.services.push(service.clone());
                kept += 1;
            }
        }
        kept
    };
    let blocks = around.blocks.iter().zip(&attempt.faults).zip(good);
    for ((block, faults), _) in blocks.filter(|(_, good)| !**good) {
        let written = &definitions.services[block.services.clone()];
        let is_meant = |service: &ServiceDefinition| {
            let same_name = block.name.is_some() && block.name.as_deref() == name(service);
            same_name
                || written.iter().any(|written| {
                    is_usable(&written.listen.value) && written.listen.value == service.listen.value
                })
        };
        let kept = keep(&is_meant, &mut whole);
        let nameless = block.name.is_none()
            && !written
                .iter()
                .any(|written| is_usable(&written.listen.value));
        // Nobody can tell which service this was, so none of its file may go.
        let of_file =
            |service: &ServiceDefinition| nameless && service.place.file == block.place.file;
        let kept = kept + keep(&of_file, &mut whole);
        if kept == 0 {
            whole.left_out.extend(listens(written));
        }
        // Forms that come from before a restart lack their secrets, which the broken block may have all the same.
        let first = whole.services.len() - kept;
        for service in &mut whole.services[first..] {
            written
                .iter()
                .for_each(|written| service.know_secrets_of(written));
        }
        whole.isolated.push(IsolatedBlock {
            name: block.shown.clone(),
            place: block.place.clone(),
            kept,
            faults: faults.clone(),
        });
    }
    for file in around.broken_files {
        let kept = keep(&|service| service.place.file == *file, &mut whole);
        if kept == 0 {
            whole.left_out.extend(listens(&[]));
        }
        let place = Place::whole_file(file);
        let faults = around
            .findings
            .iter()
            .filter(|finding| finding.place.file == *file);
        whole.isolated.push(IsolatedBlock {
            name: format!("the file {file}"),
            place,
            kept,
            faults: faults.cloned().collect(),
        });
    }
    whole
}

/// What services listen on that are left out; something unknown where nothing of them could be read.
fn listens(written: &[ServiceDefinition]) -> Vec<ListenDefinition> {
    if written.is_empty() {
        return vec![ListenDefinition::Address {
            protocol: Protocol::Tcp,
            host: Host::Unusable,
            port: PortDefinition::Unusable,
            family: None,
        }];
    }
    let listens = written.iter().map(|service| service.listen.value.clone());
    listens.collect()
}

fn name(service: &ServiceDefinition) -> Option<&str> {
    service.name.as_ref().map(|name| name.value.as_str())
}

fn is_usable(listen: &ListenDefinition) -> bool {
    !matches!(
        listen,
        ListenDefinition::Address {
            host: Host::Unusable | Host::Name(_),
            ..
        } | ListenDefinition::Address {
            port: PortDefinition::Unusable,
            ..
        }
    )
}

/// What became of a block.
pub(super) fn remark(block: &IsolatedBlock) -> Diagnostic {
    let fate = match block.kept {
        0 => "not managed until it is fixed; what the kernel has of it stays, unchecked".to_owned(),
        1 => "kept as it was when it was last valid".to_owned(),
        kept => format!("kept as it was when it was last valid ({kept} virtual services)"),
    };
    Diagnostic::warning(
        &block.place,
        format!("{} has errors and is {fate}", block.name),
    )
    .hint("fix the errors reported for it")
}

#[cfg(test)]
#[path = "isolate_tests.rs"]
mod tests;
