//! From the words of the command line to what is wanted; nothing is looked up and nothing is done here.
//!
//! Options stand before the other words, single letters may be bundled, long names must be written out. Of the words the
//! last but one is the configuration and the last the command; what follows them is ignored.

/// What the command line asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Request {
    /// The manual.
    Help,
    /// The version.
    Version,
    /// It makes no sense; the options that do not exist.
    Wrong {
        /// Their names.
        unknown: Vec<String>,
    },
    /// Something to do about an instance.
    Do(Order),
}

/// Something to do about an instance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Order {
    /// Stay in the foreground, very verbose.
    pub(crate) debug: bool,
    /// The configuration as written; the default one when none is.
    pub(crate) config: Option<String>,
    /// What to do.
    pub(crate) action: Action,
}

/// What can be done about an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    Start,
    Stop,
    Restart,
    TryRestart,
    Reload,
    ForceReload,
    Status,
}

impl Action {
    const ALL: [Self; 7] = [
        Self::Start,
        Self::Stop,
        Self::Restart,
        Self::TryRestart,
        Self::Reload,
        Self::ForceReload,
        Self::Status,
    ];

    /// The word for it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::TryRestart => "try-restart",
            Self::Reload => "reload",
            Self::ForceReload => "force-reload",
            Self::Status => "status",
        }
    }
}

impl Order {
    /// Name of the configuration when none is written.
    const DEFAULT_CONFIG: &str = "ldirectord.cf";
    /// Name of the instance when no configuration is written.
    const DEFAULT_INSTANCE: &str = "ldirectord";

    /// The name by which the configuration is searched.
    pub(crate) fn config_name(&self) -> &str {
        self.config.as_deref().unwrap_or(Self::DEFAULT_CONFIG)
    }

    /// The name of the instance: that of the configuration as written, without directories.
    pub(crate) fn instance(&self) -> &str {
        match &self.config {
            Some(config) => config.rsplit('/').next().unwrap_or(config),
            None => Self::DEFAULT_INSTANCE,
        }
    }

    /// The words of the daemon's command line, by which others find it in the list of processes.
    pub(crate) fn daemon_words(&self) -> Vec<&str> {
        self.config
            .as_deref()
            .into_iter()
            .chain([Action::Start.word()])
            .collect()
    }
}

/// Reads the words behind the program's name.
pub(crate) fn read(words: &[String]) -> Request {
    let mut options = Options::default();
    let mut rest = words.iter();
    let mut plain: Vec<&String> = Vec::new();
    for word in rest.by_ref() {
        if word == "--" {
            break;
        }
        if !options.take(word) {
            plain.push(word);
            break;
        }
    }
    plain.extend(rest);
    if !options.unknown.is_empty() {
        return Request::Wrong {
            unknown: options.unknown,
        };
    }
    if options.help {
        return Request::Help;
    }
    if options.version {
        return Request::Version;
    }
    let (config, command) = match plain.as_slice() {
        [] => (None, None),
        [command] => (None, Some(*command)),
        [config, command, ..] => (Some((*config).clone()), Some(*command)),
    };
    let action = Action::ALL
        .into_iter()
        .find(|action| command.is_some_and(|command| command == action.word()));
    match action {
        Some(action) => Request::Do(Order {
            debug: options.debug,
            config,
            action,
        }),
        None => Request::Wrong {
            unknown: Vec::new(),
        },
    }
}

#[derive(Default)]
struct Options {
    debug: bool,
    help: bool,
    version: bool,
    unknown: Vec<String>,
}

impl Options {
    /// Takes a word into account; false when it is no option.
    fn take(&mut self, word: &str) -> bool {
        if let Some(name) = word.strip_prefix("--") {
            match name {
                "debug" => self.debug = true,
                "help" => self.help = true,
                "version" => self.version = true,
                other => self.unknown.push(other.to_owned()),
            }
            return true;
        }
        let Some(letters) = word.strip_prefix('-').filter(|letters| !letters.is_empty()) else {
            return false;
        };
        for letter in letters.chars() {
            match letter {
                'd' => self.debug = true,
                'h' | '?' => self.help = true,
                'v' => self.version = true,
                other => self.unknown.push(other.to_string()),
            }
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(line: &str) -> Request {
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        read(&words)
    }

    fn order(line: &str) -> Order {
        match of(line) {
            Request::Do(order) => order,
            other => panic!("{line}: {other:?}"),
        }
    }

    fn wrong(unknown: &[&str]) -> Request {
        Request::Wrong {
            unknown: unknown.iter().map(|name| (*name).to_owned()).collect(),
        }
    }

    #[test]
    fn every_command_is_known_with_and_without_configuration() {
        for action in Action::ALL {
            assert_eq!(order(action.word()).action, action);
            let with = order(&format!("a.cf {}", action.word()));
            assert_eq!(
                (with.action, with.config.as_deref()),
                (action, Some("a.cf"))
            );
        }
    }

    #[test]
    fn options_come_first_and_may_be_bundled() {
        assert!(order("-d a.cf start").debug);
        assert!(order("--debug start").debug);
        assert!(order("-- a.cf start").config.is_some());
        assert!(!order("a.cf start -d").debug);
        assert_eq!(of("-dh"), Request::Help);
        assert_eq!(of("-?"), Request::Help);
        assert_eq!(of("--version start"), Request::Version);
        assert_eq!(of("-dx a.cf start"), wrong(&["x"]));
        assert_eq!(of("--deb start"), wrong(&["deb"]));
    }

    #[test]
    fn a_missing_or_unknown_command_is_wrong() {
        for line in ["", "-d", "a.cf", "frob", "a.cf frob", "start a.cf", "Start"] {
            assert_eq!(of(line), wrong(&[]), "{line}");
        }
    }

    #[test]
    fn the_instance_is_named_after_the_configuration() {
        let names = |line: &str| {
            let order = order(line);
            (order.instance().to_owned(), order.config_name().to_owned())
        };
        let pair = |left: &str, right: &str| (left.to_owned(), right.to_owned());
        assert_eq!(names("start"), pair("ldirectord", "ldirectord.cf"));
        assert_eq!(names("/x/y/foo.cf stop"), pair("foo.cf", "/x/y/foo.cf"));
        assert_eq!(names("www stop"), pair("www", "www"));
        assert_eq!(
            order("/x/foo.cf restart").daemon_words(),
            ["/x/foo.cf", "start"]
        );
    }
}
