//! `ipvsctl generate`: what packages need and the program knows, written into a directory when a package is built.

mod completions;
mod file;
mod man;

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Args, Command, ValueEnum};

use super::error::CliError;
use super::output::{Exit, Output};
use crate::loader::man_page;
use file::GeneratedFile;

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct GenerateArgs {
    /// What to generate
    kind: GeneratedKind,
    /// Directory to write the files into; it is created if it is missing
    #[arg(value_name = "DIR")]
    directory: PathBuf,
}

/// What can be generated.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum GeneratedKind {
    /// Manual pages
    Man,
    /// Completions for bash, zsh and fish
    Completions,
}

/// Writes the files. `ipvsctl` is the command that is described; the daemon's is known here.
pub(super) fn run(
    args: &GenerateArgs,
    ipvsctl: Command,
    output: &mut Output,
) -> Result<Exit, CliError> {
    let daemon = super::daemon::command();
    let files = match args.kind {
        GeneratedKind::Man => {
            let mut pages = man::pages(ipvsctl, daemon);
            pages.push(GeneratedFile {
                path: "ipvsd.yaml.5".to_owned(),
                text: man_page(&man::date(), &man::source()),
            });
            pages
        }
        GeneratedKind::Completions => completions::scripts(daemon)?,
    };
    for file in &files {
        let path = args.directory.join(&file.path);
        write(&path, &file.text).map_err(|source| CliError::NotGenerated { file: path, source })?;
    }
    output.text(&format!(
        "{} files in {}\n",
        files.len(),
        args.directory.display()
    ))?;
    Ok(Exit::Fine)
}

fn write(path: &Path, text: &str) -> std::io::Result<()> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    fs::write(path, text)
}
