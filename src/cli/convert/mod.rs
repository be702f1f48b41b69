//! `ipvsctl convert`: the definitions of an `ldirectord.cf` as YAML, with a comment for each thing that is not the same there.

mod comments;

use std::path::PathBuf;

use clap::Args;
use director_core::diagnostic::Diagnostic;

use comments::Comments;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::loader::{Dialect, Loaded, Remarks, emit, load_as, mails, mails_left_out};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct ConvertArgs {
    /// An ldirectord.cf, or `-` for standard input
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// Prints the YAML. Exit status 2 when the file cannot be used.
pub(super) fn run(args: &ConvertArgs, output: &mut Output) -> Result<Exit, CliError> {
    match load_as(&args.file, Some(Dialect::Ldirectord)) {
        Ok(loaded) => {
            output.text(&converted(&loaded))?;
            Ok(Exit::Fine)
        }
        Err(error) => {
            output.findings(&error.report())?;
            Ok(Exit::Unusable)
        }
    }
}

fn converted(loaded: &Loaded) -> String {
    let mut text = format!(
        "# Converted from {} by ipvsctl convert.\n",
        loaded.report.file
    );
    text.push_str("# Host names are replaced by their addresses.\n");
    for line in left_out(loaded) {
        text.push_str(&format!("# Not converted: {line}\n"));
    }
    for finding in &loaded.report.diagnostics {
        text.push_str(&format!(
            "# Line {}: {}\n",
            finding.place.line,
            remark(finding)
        ));
    }
    let mut definitions = loaded.definitions.clone();
    // What ldirectord lacks is no decision of whoever wrote the file.
    definitions.host.expire_nodest_conn = None;
    definitions.host.expire_quiescent_template = None;
    definitions.host.conn_reuse_mode = None;
    let written = loaded.written.as_ref().map_or("", |written| written.text());
    let comments = Comments::of(written);
    text.push_str(&comments.head());
    let remarks = Remarks {
        reload_on_change: reloads(loaded),
        mails: mails(loaded),
        comments: &|place| comments.above(place.line),
    };
    text.push_str(&emit(&definitions, &remarks));
    text.push_str(&comments.tail());
    text
}

fn remark(finding: &Diagnostic) -> String {
    let words = match &finding.hint {
        Some(hint) => format!("{} ({hint})", finding.message),
        None => finding.message.clone(),
    };
    words.replace('\n', " ")
}

/// Whether the file is read again when it has changed.
fn reloads(loaded: &Loaded) -> bool {
    let process = loaded.process.as_ref();
    let choice = process.and_then(|process| process.autoreload.as_ref());
    choice.is_some_and(|choice| choice.value)
}

/// What the file says about the process, for which definitions have no place.
fn left_out(loaded: &Loaded) -> Vec<String> {
    let Some(process) = &loaded.process else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut note = |written: bool, words: &str| {
        if written {
            lines.push(words.to_owned());
        }
    };
    note(
        process.log.is_some(),
        "logfile; ipvsd logs to standard error, for the journal",
    );
    note(process.callback.is_some(), "callback");
    note(
        !process.execute.is_empty(),
        "execute; include the other files in this configuration (include)",
    );
    note(process.maintenance_dir.is_some(), "maintenancedir");
    for words in mails_left_out(loaded) {
        note(true, words);
    }
    note(
        process
            .services
            .iter()
            .any(|service| service.monitor_file.is_some()),
        "monitorfile",
    );
    note(
        process
            .services
            .iter()
            .any(|service| service.fallback_command.is_some()),
        "fallbackcommand",
    );
    lines
}
