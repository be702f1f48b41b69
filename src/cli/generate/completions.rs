//! Completion scripts. Those of ipvsctl run it at each completion, so that names of services and servers come from the daemon;
//! those of ipvsd are complete in themselves.

use clap::Command;
use clap_complete::aot::{Shell, generate};
use clap_complete::env::Shells;

use super::super::completion::VARIABLE;
use super::super::error::CliError;
use super::file::GeneratedFile;

/// The shells, and where they look for the script of a program: the directory, and what stands before and after its name.
const SHELLS: [(Shell, &str, &str, &str); 3] = [
    (Shell::Bash, "bash", "", ""),
    (Shell::Zsh, "zsh", "_", ""),
    (Shell::Fish, "fish", "", ".fish"),
];
/// zsh runs the script as the completion itself at its first use, which must complete, too.
const FIRST_USE_IN_ZSH: &str =
    "\nif [[ ${funcstack[1]} = _ipvsctl ]]; then\n    _clap_dynamic_completer_ipvsctl\nfi\n";

/// A script for each shell and program.
pub(super) fn scripts(daemon: Command) -> Result<Vec<GeneratedFile>, CliError> {
    let mut files = Vec::new();
    for (shell, directory, before, after) in SHELLS {
        let path = |program| format!("{directory}/{before}{program}{after}");
        let mut script = Vec::new();
        generate(shell, &mut daemon.clone(), "ipvsd", &mut script);
        files.push(file(path("ipvsd"), script));

        let mut script = Vec::new();
        if let Some(known) = Shells::builtins().completer(directory) {
            known.write_registration(VARIABLE, "ipvsctl", "ipvsctl", "ipvsctl", &mut script)?;
        }
        if shell == Shell::Zsh {
            script.extend_from_slice(FIRST_USE_IN_ZSH.as_bytes());
        }
        files.push(file(path("ipvsctl"), script));
    }
    Ok(files)
}

fn file(path: String, script: Vec<u8>) -> GeneratedFile {
    GeneratedFile {
        path,
        text: String::from_utf8_lossy(&script).into_owned(),
    }
}
