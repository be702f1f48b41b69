//! `ipvsctl schema`: the format of YAML definitions, for editors and for people.

use clap::Args;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::loader::{page, schema};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Print the reference page in Markdown instead of the JSON Schema
    #[arg(long)]
    markdown: bool,
}

/// Prints the schema.
pub(super) fn run(args: &SchemaArgs, output: &mut Output) -> Result<Exit, CliError> {
    if args.markdown {
        output.text(&page())?;
    } else {
        output.json(&schema())?;
    }
    Ok(Exit::Fine)
}
