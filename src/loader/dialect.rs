//! Tells the dialects apart: by the name of the file, or by its content when the name says nothing.

use std::fmt;
use std::path::Path;

use serde::Serialize;

use super::yaml;

/// The languages of a configuration.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Dialect {
    Yaml,
    Ldirectord,
    Keepalived,
}

impl Dialect {
    /// The dialect of a file.
    #[must_use]
    pub fn of(path: &Path, text: &str) -> Self {
        let ending = path.extension().and_then(|ending| ending.to_str());
        match ending.map(str::to_ascii_lowercase).as_deref() {
            Some("cf") => Self::Ldirectord,
            Some("yaml" | "yml") => Self::Yaml,
            _ if path
                .file_name()
                .is_some_and(|name| name == "keepalived.conf") =>
            {
                Self::Keepalived
            }
            _ => Self::of_text(text),
        }
    }

    /// The first line of a file that is YAML beyond doubt, with its number and its key.
    pub(super) fn yaml_line(text: &str) -> Option<(u32, &str)> {
        let mut lines = (1..).zip(text.lines());
        let (number, line) = lines.find(|(_, line)| {
            let line = line.trim_end();
            !line.is_empty() && !line.starts_with('#') && line != "---"
        })?;
        let (key, _) = line.split_once(':')?;
        yaml::is_key(key.trim_end()).then(|| (number, key.trim_end()))
    }

    /// A file of directives has lines such as `virtual=…`, one of keepalived such as `virtual_server … {`; in YAML the first sign
    /// is a colon.
    fn of_text(text: &str) -> Self {
        let is_directive = |line: &str| {
            let word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
            line.split_once('=')
                .is_some_and(|(key, _)| !key.trim().is_empty() && key.trim().bytes().all(word))
        };
        let main_reason = text
            .lines()
            .map(str::trim)
            .find(|line| !line.is_empty() && !line.starts_with('#'));
        match main_reason {
            _ if keepalived_compat::recognises(text) => Self::Keepalived,
            Some(line) if is_directive(line) => Self::Ldirectord,
            _ => Self::Yaml,
        }
    }
}

impl fmt::Display for Dialect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Yaml => "YAML",
            Self::Ldirectord => "ldirectord.cf",
            Self::Keepalived => "keepalived.conf",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_decides_and_the_content_when_it_says_nothing() {
        let of = |path: &str, text: &str| Dialect::of(Path::new(path), text);
        assert_eq!(of("a.cf", "services: []"), Dialect::Ldirectord);
        assert_eq!(of("a.yaml", "virtual=1"), Dialect::Yaml);
        assert_eq!(of("a.YML", "virtual=1"), Dialect::Yaml);
        let directives = "# comment\n\n  checktimeout = 3\nvirtual=192.0.2.1:80\n";
        assert_eq!(of("a.conf", directives), Dialect::Ldirectord);
        assert_eq!(of("a", "services:\n  - listen: a=b\n"), Dialect::Yaml);
        assert_eq!(of("a", "---\nservices: []\n"), Dialect::Yaml);
        let blocks =
            "! a site\ninclude /etc/keepalived/conf.d/*.conf\nvirtual_server 192.0.2.1 80 {\n";
        assert_eq!(of("a.conf", blocks), Dialect::Keepalived);
        assert_eq!(
            of("a.conf", "# all\ninclude a/*.conf\ninclude b.conf\n"),
            Dialect::Keepalived
        );
        assert_eq!(of("a.conf", "include: [a.yaml]\n"), Dialect::Yaml);
        assert_eq!(
            of("/etc/keepalived/keepalived.conf", "include a.conf\n"),
            Dialect::Keepalived
        );
    }

    #[test]
    fn a_key_of_yaml_is_no_directive() {
        let yaml = "# a site\n---\n\nservices:\n  - listen: a\n";
        assert_eq!(Dialect::yaml_line(yaml), Some((4, "services")));
        assert_eq!(Dialect::yaml_line("defaults : {}\n"), Some((1, "defaults")));
        for text in [
            "virtual=192.0.2.1:80\nservices:\n",
            "  services:\n",
            "a: b\n",
            "",
        ] {
            assert_eq!(Dialect::yaml_line(text), None, "{text}");
        }
    }
}
