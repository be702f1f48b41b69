//! The environment of programs: where they find others, their language and their user. What else this process got is its own:
//! the socket of the service manager, credentials, settings of the one who started it.

use std::env;
use std::ffi::{OsStr, OsString};

/// What programs get, where this process has it.
const PASSED: [&str; 7] = ["PATH", "HOME", "USER", "LOGNAME", "LANG", "LANGUAGE", "TZ"];
/// The same by its beginning.
const LOCALE: &[u8] = b"LC_";
/// Where programs are found when this process does not say.
const PATH: &str = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

/// What belongs to this process alone, by its beginning: the socket of the service manager, credentials, our own settings.
const OWN: [&[u8]; 5] = [
    b"NOTIFY_",
    b"LISTEN_",
    b"WATCHDOG_",
    b"CREDENTIALS_",
    b"IPVSD_",
];

/// The variables that programs get. Those of an `ldirectord.cf` get what ldirectord gives them, except what belongs to this
/// process alone: a check may need `ORACLE_HOME` or `http_proxy`.
pub(crate) fn environment(confined: bool) -> Vec<(OsString, OsString)> {
    match confined {
        true => of(env::vars_os()).collect(),
        false => env::vars_os().filter(|(name, _)| !is_own(name)).collect(),
    }
}

fn is_own(name: &OsStr) -> bool {
    let name = name.as_encoded_bytes();
    OWN.iter().any(|beginning| name.starts_with(beginning))
}

fn of(
    own: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    let path = (OsString::from("PATH"), OsString::from(PATH));
    // Of two variables of one name the later counts.
    std::iter::once(path).chain(own.filter(|(name, _)| is_passed(name)))
}

fn is_passed(name: &OsStr) -> bool {
    PASSED.iter().any(|passed| name == *passed) || name.as_encoded_bytes().starts_with(LOCALE)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn programs_get_their_path_and_language_and_no_more() {
        let got = |own: &[(&str, &str)]| -> BTreeMap<OsString, OsString> {
            let own = own.iter().map(|(name, value)| (name.into(), value.into()));
            of(own.collect::<Vec<_>>().into_iter()).collect()
        };
        let all = [
            ("NOTIFY_SOCKET", "/run/systemd/notify"),
            ("LISTEN_FDS", "1"),
            ("WATCHDOG_USEC", "1"),
            ("CREDENTIALS_DIRECTORY", "/run/credentials"),
            ("IPVSD_STATE", "x"),
            ("LD_PRELOAD", "x"),
            ("PATH", "/opt/bin"),
            ("LC_ALL", "C"),
        ];
        let passed = got(&[("PATH", "/opt/bin"), ("LC_ALL", "C")]);
        assert_eq!(got(&all), passed);
        assert_eq!(passed.len(), 2);
        assert_eq!(got(&[])[OsStr::new("PATH")], PATH);
    }

    #[test]
    fn what_belongs_to_this_process_is_its_own() {
        let own = [
            "NOTIFY_SOCKET",
            "LISTEN_FDS",
            "WATCHDOG_USEC",
            "CREDENTIALS_DIRECTORY",
            "IPVSD_STATE",
        ];
        assert!(own.iter().all(|name| is_own(OsStr::new(name))));
        let others = ["ORACLE_HOME", "http_proxy", "PATH", "PERL5LIB"];
        assert!(!others.iter().any(|name| is_own(OsStr::new(name))));
        let passed = environment(false);
        assert!(passed.iter().any(|(name, _)| name == "CARGO_MANIFEST_DIR"));
    }
}
