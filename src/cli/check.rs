//! `ipvsctl check`: says what is wrong with definitions files, all of it at once.

use std::path::PathBuf;

use clap::Args;
use director_core::diagnostic::Diagnostic;
use serde::Serialize;

use super::error::CliError;
use super::kernel_lacks;
use super::output::{Exit, Output, count};
use crate::ipvs::is_director;
use crate::loader::{LoadReport, Loaded, load};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Configuration file: YAML or ldirectord.cf. The extension (.yaml, .yml, .cf) decides, otherwise the content
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Exit with status 1 if there are warnings
    #[arg(long)]
    strict: bool,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// The findings of one file, for programs.
#[derive(Serialize)]
struct FileFindings<'a> {
    file: &'a str,
    errors: usize,
    warnings: usize,
    diagnostics: &'a [Diagnostic],
}

impl<'a> From<&'a LoadReport> for FileFindings<'a> {
    fn from(report: &'a LoadReport) -> Self {
        Self {
            file: &report.file,
            errors: report.errors(),
            warnings: report.warnings(),
            diagnostics: &report.diagnostics,
        }
    }
}

/// Checks every file, whatever the ones before it gave.
pub(super) fn run(args: &CheckArgs, output: &mut Output) -> Result<Exit, CliError> {
    let mut reports = Vec::new();
    for file in &args.files {
        let judged = load(file).map(|mut loaded| {
            // Elsewhere a file may be looked at that is meant for another kernel.
            if is_director() {
                kernel_lacks::warn(&mut loaded);
            }
            loaded
        });
        let report = match judged {
            Ok(loaded) if args.json => loaded.report,
            Ok(loaded) => {
                output.findings(&loaded.report)?;
                if loaded.definitions.isolated.is_empty() {
                    output.text(&summary(&loaded))?;
                }
                loaded.report
            }
            Err(error) => {
                let report = error.report();
                if !args.json {
                    output.findings(&report)?;
                }
                report
            }
        };
        reports.push(report);
    }
    if args.json {
        let findings: Vec<FileFindings<'_>> = reports.iter().map(FileFindings::from).collect();
        output.json(&findings)?;
    }
    let worst = |report: &LoadReport| match (report.errors(), report.warnings()) {
        (0, 0) => Exit::Fine,
        (0, _) if !args.strict => Exit::Fine,
        (0, _) => Exit::Found,
        _ => Exit::Unusable,
    };
    Ok(reports.iter().map(worst).max().unwrap_or(Exit::Fine))
}

fn summary(loaded: &Loaded) -> String {
    let services = loaded.model.services();
    let servers = services.iter().map(|s| s.real_servers.len()).sum();
    let fallbacks = services.iter().filter(|s| !s.fallback.is_empty()).count();
    format!(
        "{}: valid ({}): {}, {}, {}\n",
        loaded.report.file,
        loaded.dialect,
        count(services.len(), "virtual service"),
        count(servers, "real server"),
        count(fallbacks, "fallback"),
    )
}
