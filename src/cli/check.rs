//! `ipvsctl check`: says what is wrong with definitions files, all of it at once.

use std::path::PathBuf;

use clap::Args;
use director_core::definitions::Placed;
use director_core::diagnostic::Diagnostic;
use serde::Serialize;

use super::error::CliError;
use super::kernel_lacks;
use super::output::{Exit, Output, count};
use crate::ipvs::is_director;
use crate::loader::{LoadReport, Loaded, STANDARD_INPUT, exposure, load, missing_programs};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct CheckArgs {
    /// Configuration file, or `-` for standard input: YAML, ldirectord.cf or keepalived.conf. The extension (.yaml, .yml, .cf)
    /// decides, otherwise the content
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// Also fail for what does not keep the daemon from starting: status 1 for warnings, 2 for isolated errors
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
    let mut worst = Exit::Fine;
    for file in &args.files {
        let judged = load(file).map(|mut loaded| {
            // Elsewhere a file may be looked at that is meant for another kernel.
            if is_director() {
                kernel_lacks::warn(&mut loaded);
            }
            let is_for_here = args.strict || is_director();
            if is_for_here && file.as_os_str() != STANDARD_INPUT {
                let missing = missing_programs(&loaded.definitions);
                loaded.report.diagnostics.extend(missing);
            }
            if args.strict {
                loaded.report.diagnostics.extend(exposure(&loaded));
            }
            loaded
        });
        worst = worst.max(exit(judged.as_ref().ok(), args.strict));
        let report = match judged {
            Ok(loaded) if args.json => loaded.report,
            Ok(loaded) => {
                output.findings(&loaded.report)?;
                output.text(&summary(&loaded))?;
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
    Ok(worst)
}

/// Whether a daemon would start with the file; with `--strict`, whether anything is wrong with it. The unit runs this check, so
/// what is isolated must not fail it, nor what heals by itself.
fn exit(loaded: Option<&Loaded>, strict: bool) -> Exit {
    let Some(report) = loaded.map(|loaded| &loaded.report) else {
        return Exit::Unusable;
    };
    match (report.errors(), report.warnings()) {
        _ if !strict => Exit::Fine,
        (0, 0) => Exit::Fine,
        (0, _) => Exit::Found,
        _ => Exit::Unusable,
    }
}

/// The keywords of blocks, each once.
fn keywords(blocks: &[Placed<String>]) -> Vec<&str> {
    let mut keywords: Vec<&str> = Vec::new();
    for block in blocks {
        if !keywords.contains(&block.value.as_str()) {
            keywords.push(&block.value);
        }
    }
    keywords
}

fn summary(loaded: &Loaded) -> String {
    let services = loaded.model.services();
    let servers = services.iter().map(|s| s.real_servers.len()).sum();
    let fallbacks = services.iter().filter(|s| !s.fallback.is_empty()).count();
    let broken = loaded.definitions.isolated.len();
    let valid = match broken {
        0 => "valid".to_owned(),
        _ => format!("usable, {} isolated", count(broken, "broken block")),
    };
    let kept = match keywords(&loaded.not_ours).as_slice() {
        [] => String::new(),
        [one] => format!("; {one} stays with keepalived"),
        several => format!("; {} stay with keepalived", several.join(", ")),
    };
    format!(
        "{}: {valid} ({}): {}, {}, {}{kept}\n",
        loaded.report.file,
        loaded.dialect,
        count(services.len(), "virtual service"),
        count(servers, "real server"),
        count(fallbacks, "fallback"),
    )
}
