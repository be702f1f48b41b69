//! `ipvsctl convert`: the definitions of an `ldirectord.cf` as YAML, with a comment for each thing that is not the same there.

use std::path::PathBuf;

use clap::Args;
use director_core::diagnostic::Diagnostic;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::loader::{Dialect, Loaded, emit, load_as};

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
    text.push_str("# Host names are replaced by their addresses; the defaults of ldirectord are written out.\n");
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
    text.push_str(&emit(&definitions));
    text
}

fn remark(finding: &Diagnostic) -> String {
    let words = match &finding.hint {
        Some(hint) => format!("{} ({hint})", finding.message),
        None => finding.message.clone(),
    };
    words.replace('\n', " ")
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
    let reloads = process
        .autoreload
        .as_ref()
        .is_some_and(|choice| choice.value);
    note(
        reloads,
        "autoreload=yes; set director.reload_on_change, or run ipvsctl reload after a change",
    );
    note(process.callback.is_some(), "callback");
    note(
        !process.execute.is_empty(),
        "execute; include the other files in this configuration (include)",
    );
    note(process.maintenance_dir.is_some(), "maintenancedir");
    note(
        process
            .services
            .iter()
            .any(|service| service.mail_to.is_some()),
        "emailalert and its settings; use notify",
    );
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
