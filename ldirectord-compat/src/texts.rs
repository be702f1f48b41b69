//! What the command says about itself.

use ldirectord_compat::directives::DIRECTIVES;

/// The first line is that of the program whose manners we keep; the second says who answers.
pub(crate) const VERSION: &str = concat!(
    "Linux Director v1.186-ha\n",
    "emulated by ipvsd ",
    env!("CARGO_PKG_VERSION"),
    "\n"
);

pub(crate) const USAGE: &str = "\
Usage:
    ldirectord [-d|--debug] [--] [configfile] start | stop | restart |
    try-restart | reload | force-reload | status

    ldirectord [-h|-?|--help|-v|--version]

Options:
    configfile         file in /etc/ha.d or /etc/ha.d/conf, or a path
                       (default: ldirectord.cf)
    -d, --debug        stay in the foreground and log all details
    -h, -?, --help     show this help, with all directives of the configuration
    -v, --version      show the version

Commands:
    start              start the daemon
    stop               stop the daemon, and wait until it has stopped
    restart            stop and start, if the configuration is valid
    try-restart        restart, if the daemon runs
    reload             reload the configuration
    force-reload       same as reload
    status             exit with 0: the daemon runs, 1: the pid file is stale,
                       2: the configuration is not valid, 3: it is stopped
";

/// Usage, and each directive with its place, value, default and meaning.
pub(crate) fn help() -> String {
    let mut text = format!("{USAGE}\nConfiguration:\n");
    for directive in DIRECTIVES {
        text.push_str(&format!(
            "    {} = {}\n        ({}; default: {})\n",
            directive.name,
            directive.value.form(),
            directive.scope.words(),
            directive.default
        ));
        for line in wrapped(directive.help, 70) {
            text.push_str(&format!("        {line}\n"));
        }
    }
    text
}

/// Words in lines of at most so many characters.
fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.len() + word.len() < width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_help_names_every_directive_in_narrow_lines() {
        let help = help();
        for directive in DIRECTIVES {
            assert!(help.contains(&format!("    {} = ", directive.name)));
        }
        let widest = wrapped(&help, 40).iter().map(String::len).max();
        assert!(widest.is_some_and(|width| width <= 70), "{widest:?}");
    }
}
