//! `ipvsctl convert`: the definitions of an `ldirectord.cf` or a `keepalived.conf` as YAML, with a comment for each thing that
//! is not the same there. What [`saved`] takes is a table that ipvsadm has saved.

mod comments;
mod keepalived;
mod left_out;
mod names;
mod remarks;
mod saved;

use std::path::{Path, PathBuf};

use clap::Args;
use director_core::definitions::{Definitions, Host};

use comments::Comments;
use left_out::{left_out, on_change};

use super::error::CliError;
use super::list::Names;
use super::output::{Exit, Output};
use crate::loader::{
    Dialect, LoadContext, LoadError, Loaded, Remarks, emit, has_host_names, load_bytes, mails,
    read_bytes, with_host_names,
};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// An ldirectord.cf, a keepalived.conf, or what `ipvsadm -S -n` prints, or `-` for standard input. The content decides
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Prints the YAML. Exit status 2 when the file cannot be used.
pub(super) fn run(args: &ConvertArgs, output: &mut Output) -> Result<Exit, CliError> {
    match yaml_of(&args.file) {
        Ok(text) => {
            output.text(&text)?;
            Ok(Exit::Fine)
        }
        Err(error) => {
            output.findings(&error.report())?;
            Ok(Exit::Unusable)
        }
    }
}

fn yaml_of(file: &Path) -> Result<String, LoadError> {
    let bytes = read_bytes(file)?;
    if saved::is_saved_table(&bytes) {
        return saved::converted(file, &bytes, Names::of_system());
    }
    let dialect = match Dialect::of(file, &String::from_utf8_lossy(&bytes)) {
        Dialect::Keepalived => Dialect::Keepalived,
        Dialect::Yaml | Dialect::Ldirectord => Dialect::Ldirectord,
    };
    let loaded = load_bytes(file, &bytes, Some(dialect), &LoadContext::default())?;
    Ok(match dialect {
        Dialect::Keepalived => keepalived::converted(&loaded),
        Dialect::Yaml | Dialect::Ldirectord => converted(&loaded),
    })
}

fn converted(loaded: &Loaded) -> String {
    let mut text = format!(
        "# Converted from {} by ipvsctl convert.\n",
        loaded.report.file
    );
    let mut definitions = with_host_names(loaded);
    if has_host_names(&definitions) {
        text.push_str("# Host names: single: true uses one address of each, as ldirectord does.\n");
    }
    for range in take_ranges_of_names(&mut definitions) {
        text.push_str(&format!(
            "# Not converted: {range}; convert the file where the names have addresses\n"
        ));
    }
    for line in left_out(loaded) {
        text.push_str(&format!("# Not converted: {line}\n"));
    }
    for line in remarks::lines(loaded) {
        text.push_str(&format!("# {line}\n"));
    }
    take_what_was_lacking(&mut definitions);
    names::give(&mut definitions, loaded);
    let written = loaded.written.as_ref().map_or("", |written| written.text());
    let comments = Comments::of(written);
    text.push_str(&comments.head());
    let remarks = Remarks {
        reload_on_change: reloads(loaded),
        mails: mails(loaded),
        on_change: on_change(loaded),
        comments: &|place| comments.above(place.line),
    };
    text.push_str(&emit(&definitions, &remarks));
    text.push_str(&comments.tail());
    text
}

/// Takes out what the other program lacks, which is no decision of the operator.
fn take_what_was_lacking(definitions: &mut Definitions) {
    definitions.host.expire_nodest_conn = None;
    definitions.host.expire_quiescent_template = None;
    definitions.host.conn_reuse_mode = None;
    for service in &mut definitions.services {
        service.recovery.drain = None;
    }
}

/// Takes out ranges between host names without an address, which YAML does not have; says which.
fn take_ranges_of_names(definitions: &mut Definitions) -> Vec<String> {
    let mut taken = Vec::new();
    for service in &mut definitions.services {
        service.real_servers.retain(|server| {
            let Some(last) = &server.last else {
                return true;
            };
            let names = [&server.host.value, &last.value].map(|host| match host {
                Host::Name(name) => Some(name.clone()),
                _ => None,
            });
            let is_range = names.iter().all(Option::is_none);
            if !is_range {
                let [first, last] = names.map(Option::unwrap_or_default);
                taken.push(format!(
                    "line {}, real={first}->{last}",
                    server.host.place.line
                ));
            }
            is_range
        });
    }
    taken
}

/// Whether the file is read again when it has changed.
fn reloads(loaded: &Loaded) -> bool {
    let process = loaded.process.as_ref();
    let choice = process.and_then(|process| process.autoreload.as_ref());
    choice.is_some_and(|choice| choice.value)
}
