//! What an HTTP request requires.

use std::fmt;

use serde::{Serialize, Serializer};

use super::secret::HIDDEN;

/// Path and query, beginning with `/`, or an absolute URL. A URL may hold a user and a password (RFC 3986, 3.2.1), and the
/// password shows nowhere.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct RequestTarget(String);

impl RequestTarget {
    /// The target as it is written, with its password.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }

    /// The password was hidden before it was written down, so it is not known any more.
    #[must_use]
    pub fn is_withheld(&self) -> bool {
        self.user_and_password()
            .is_some_and(|(_, password)| password == HIDDEN)
    }

    /// User and password of a URL, as they are written: percent-encoded.
    #[must_use]
    pub fn user_and_password(&self) -> Option<(&str, &str)> {
        let user_info = &self.0[user_info(&self.0)?];
        Some(user_info.split_once(':').unwrap_or((user_info, "")))
    }
}

impl From<String> for RequestTarget {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Display for RequestTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&without_password(&self.0))
    }
}

impl fmt::Debug for RequestTarget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", without_password(&self.0))
    }
}

impl Serialize for RequestTarget {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// A URL as it may be shown: `http://user:***@host/`. A password that is hidden already stays as it is.
#[must_use]
pub fn without_password(url: &str) -> String {
    with_password(url, |password| {
        if password.starts_with(HIDDEN) {
            password.to_owned()
        } else {
            HIDDEN.to_owned()
        }
    })
}

/// The same URL with another password, if it has one.
pub(crate) fn with_password(url: &str, other: impl FnOnce(&str) -> String) -> String {
    let password = user_info(url).and_then(|range| {
        let colon = url[range.clone()].find(':')?;
        Some(range.start + colon + 1..range.end)
    });
    match password {
        Some(range) => {
            let (before, after) = (&url[..range.start], &url[range.end..]);
            format!("{before}{}{after}", other(&url[range.clone()]))
        }
        None => url.to_owned(),
    }
}

/// Where user and password are in a URL: between `//` and the last `@` of the authority.
fn user_info(url: &str) -> Option<std::ops::Range<usize>> {
    let start = url.find("://")? + 3;
    let authority = url[start..]
        .find(['/', '?', '#', ' ', '"', '\''])
        .unwrap_or(url.len() - start);
    let end = url[start..start + authority].rfind('@')?;
    Some(start..start + end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_never_shows() {
        for (url, shown) in [
            (
                "http://user:secret@192.0.2.11/health",
                "http://user:***@192.0.2.11/health",
            ),
            (
                "https://user:p@ss@192.0.2.11?a=b:c@d",
                "https://user:***@192.0.2.11?a=b:c@d",
            ),
            ("http://user@192.0.2.11/", "http://user@192.0.2.11/"),
            (
                "http://192.0.2.11/mail?to=a:b@example.org",
                "http://192.0.2.11/mail?to=a:b@example.org",
            ),
            ("/path:with@signs", "/path:with@signs"),
        ] {
            let target = RequestTarget::from(url.to_owned());
            assert_eq!(target.to_string(), shown);
            assert_eq!(format!("{target:?}"), format!("{shown:?}"));
            assert_eq!(serde_json::to_value(&target).unwrap(), shown);
            assert_eq!(target.reveal(), url);
            assert!(!target.is_withheld());
            assert_eq!(
                RequestTarget::from(shown.to_owned()).is_withheld(),
                shown != url
            );
        }
    }

    #[test]
    fn user_and_password_are_those_of_the_authority() {
        let of = |url: &str| {
            let target = RequestTarget::from(url.to_owned());
            target
                .user_and_password()
                .map(|(user, password)| format!("{user} {password}"))
        };
        assert_eq!(
            of("http://user:secret@host/"),
            Some("user secret".to_owned())
        );
        assert_eq!(of("http://user@host/"), Some("user ".to_owned()));
        assert_eq!(of("http://host/a:b@c"), None);
    }
}
