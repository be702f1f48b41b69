//! Sources of real servers outside the configuration and DNS. A source is a name among the host names: it has records as an SRV
//! name has them, so the last good ones stay while it cannot be read, the state file remembers them, and the safety limits
//! hold for a change. Reading blocks; the threads that resolve names do it.

mod file;
mod http;
mod list;

use std::fmt::{self, Display, Formatter};
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use director_core::definitions::{SOURCE_FILE, SrvRecord};

/// Where a list of servers is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ListPlace {
    File(PathBuf),
    /// A URL of http or https.
    Http(String),
}

impl Display for ListPlace {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(f, "{SOURCE_FILE}{}", path.display()),
            Self::Http(url) => f.write_str(url),
        }
    }
}

impl ListPlace {
    fn of(name: &str) -> Self {
        match name.strip_prefix(SOURCE_FILE) {
            Some(path) => Self::File(path.into()),
            None => Self::Http(name.to_owned()),
        }
    }

    /// What is wrong with it, if anything.
    pub(crate) fn fault(&self) -> Option<&'static str> {
        match self {
            Self::File(path) => (!path.is_absolute()).then_some("not an absolute path"),
            Self::Http(url) => http::fault(url),
        }
    }

    fn read(&self) -> Result<String, String> {
        match self {
            Self::File(path) => file::read(path),
            Self::Http(url) => http::read(url),
        }
    }
}

/// A source with its limits. Its text is the name that it has among the host names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ServerSource {
    pub(crate) place: ListPlace,
    /// How long what was read holds.
    pub(crate) every: Duration,
    /// Fewest and most servers of a list that is taken.
    pub(crate) min: u64,
    pub(crate) max: u64,
}

impl Display for ServerSource {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self {
            place, min, max, ..
        } = self;
        let every = self.every.as_millis();
        write!(f, "{place} every={every}ms min={min} max={max}")
    }
}

impl FromStr for ServerSource {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        let parsed = || {
            let mut parts = name.rsplitn(4, ' ');
            let max = parts.next()?.strip_prefix("max=")?.parse().ok()?;
            let min = parts.next()?.strip_prefix("min=")?.parse().ok()?;
            let every = parts.next()?.strip_prefix("every=")?.strip_suffix("ms")?;
            Some(Self {
                place: ListPlace::of(parts.next()?),
                every: Duration::from_millis(every.parse().ok()?),
                min,
                max,
            })
        };
        parsed().ok_or_else(|| format!("{name:?} is no source of servers"))
    }
}

/// The servers that a source has now, and how long they hold. Blocks.
///
/// # Errors
/// When it cannot be read, or its list is malformed or outside its limits.
pub(crate) fn servers(name: &str) -> Result<(Vec<SrvRecord>, Duration), String> {
    let source: ServerSource = name.parse()?;
    let servers = list::parse(&source.place.read()?)?;
    let (count, min, max) = (servers.len() as u64, source.min, source.max);
    match count {
        _ if count < min => Err(format!("it has {count} servers, fewer than min: {min}")),
        _ if count > max => Err(format!("it has {count} servers, more than max: {max}")),
        _ => Ok((servers, source.every)),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn source(file: PathBuf) -> ServerSource {
        ServerSource {
            place: ListPlace::File(file),
            every: Duration::from_secs(10),
            min: 1,
            max: 2,
        }
    }

    #[test]
    fn a_source_is_read_from_its_name() {
        let written = source(PathBuf::from("/etc/ipvsd/web servers.yaml"));
        assert_eq!(written.to_string().parse(), Ok(written));
        let by_http = ServerSource {
            place: ListPlace::Http("http://sd.example.org/web".to_owned()),
            ..source(PathBuf::new())
        };
        assert_eq!(by_http.to_string().parse(), Ok(by_http));
        assert!("file:/etc/ipvsd/web.yaml".parse::<ServerSource>().is_err());
    }

    #[test]
    fn only_a_trusted_list_within_its_limits_is_taken() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("web.yaml");
        let name = source(path.clone()).to_string();
        let read = |text: &str| {
            fs::write(&path, text).unwrap();
            servers(&name).map(|(found, holds)| (found.len(), holds))
        };
        assert!(servers(&name).is_err(), "no file");
        assert_eq!(read("[10.0.0.1:80]"), Ok((1, Duration::from_secs(10))));
        assert_eq!(
            read("[]").unwrap_err(),
            "it has 0 servers, fewer than min: 1"
        );
        let three = read("[10.0.0.1, 10.0.0.2, 10.0.0.3]").unwrap_err();
        assert_eq!(three, "it has 3 servers, more than max: 2");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o666)).unwrap();
        assert!(
            servers(&name)
                .unwrap_err()
                .contains("other users can write it")
        );
    }
}
