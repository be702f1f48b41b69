//! `ipvsctl schema`: the format of YAML definitions, for editors and for people, and that of events.

use clap::Args;

use super::error::CliError;
use super::output::{Exit, Output};
use crate::api::event_schema;
use crate::loader::{page, schema};

/// The arguments as typed.
#[derive(Debug, Args)]
pub(super) struct SchemaArgs {
    /// Print the reference page in Markdown instead of the JSON Schema
    #[arg(long)]
    markdown: bool,
    /// Print the JSON Schema of events instead of that of the configuration
    #[arg(long, conflicts_with = "markdown")]
    events: bool,
}

/// Prints the schema.
pub(super) fn run(args: &SchemaArgs, output: &mut Output) -> Result<Exit, CliError> {
    if args.events {
        output.json(&event_schema())?;
    } else if args.markdown {
        output.text(&page())?;
    } else {
        output.json(&schema())?;
    }
    Ok(Exit::Fine)
}
