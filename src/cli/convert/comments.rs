//! Comments of a file, each at what it stands above; and how those of an `ldirectord.cf` are found.

use std::collections::BTreeMap;

/// Comments by the line of the virtual service that they belong to.
pub(super) struct Comments {
    pub(super) head: Vec<String>,
    pub(super) services: BTreeMap<usize, Vec<String>>,
    pub(super) tail: Vec<String>,
}

impl Comments {
    /// Those of a file. A comment between the lines of a service belongs to it, one above another line to the file.
    pub(super) fn of(text: &str) -> Self {
        let (mut head, mut services) = (Vec::new(), BTreeMap::<usize, Vec<String>>::new());
        let mut pending: Vec<String> = Vec::new();
        let mut service = None;
        for (line, number) in text.lines().zip(1..) {
            let content = line.trim();
            if content.starts_with('#') {
                // A control character may end a line in YAML.
                pending.push(content.replace(char::is_control, " "));
            } else if content.is_empty() {
                // A comment with an empty line below stands for itself.
                if service.is_none() {
                    head.append(&mut pending);
                }
            } else {
                let is_setting = !line.starts_with([' ', '\t']);
                if is_setting {
                    service = content.starts_with("virtual").then_some(number);
                }
                pending.extend(behind(content));
                match service {
                    Some(service) => services.entry(service).or_default().append(&mut pending),
                    None => head.append(&mut pending),
                }
            }
        }
        Self {
            head,
            services,
            tail: pending,
        }
    }

    /// Those about the file as a whole, as text.
    pub(super) fn head(&self) -> String {
        lines(&self.head)
    }

    /// Those at its end.
    pub(super) fn tail(&self) -> String {
        lines(&self.tail)
    }

    /// Those of the service that is defined in this line.
    pub(super) fn above(&self, line: u32) -> Vec<String> {
        let line = usize::try_from(line).unwrap_or(usize::MAX);
        self.services.get(&line).cloned().unwrap_or_default()
    }
}

/// The comment behind a value, with what it is about: the address of a server, or the name of another setting.
fn behind(content: &str) -> Option<String> {
    let mut quoted = false;
    let mut blank = false;
    let start = content.char_indices().find_map(|(place, sign)| {
        if sign == '"' {
            quoted = !quoted;
        }
        let begins = sign == '#' && blank && !quoted;
        blank = sign.is_whitespace();
        begins.then_some(place)
    })?;
    let comment = content[start..].trim_start_matches(['#', ' ', '\t']);
    let setting = content.split_whitespace().next().unwrap_or_default();
    let name = setting.split('=').next().unwrap_or_default();
    let about = match name {
        "virtual" => String::new(),
        "real" | "fallback" => format!("{setting}: "),
        _ => format!("{name}: "),
    };
    let comment = comment.replace(char::is_control, " ");
    (!comment.is_empty()).then(|| format!("# {about}{comment}"))
}

fn lines(comments: &[String]) -> String {
    comments
        .iter()
        .map(|comment| format!("{comment}\n"))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "\
# Our front door

# five seconds are enough
checktimeout=5
# the shop
virtual=192.0.2.1:80
    # the old machine
    real=10.0.0.1:80 gate

# mail
virtual=192.0.2.2:25
    real=10.0.0.2:25 gate
# end
";

    #[test]
    fn a_comment_behind_a_value_says_what_it_is_about() {
        for (line, comment) in [
            ("virtual=192.0.2.1:80 # the shop", Some("# the shop")),
            (
                "real=10.0.0.1:80 gate 5\t#  the old machine",
                Some("# real=10.0.0.1:80: the old machine"),
            ),
            (
                "checktimeout = 5 # ticket 12",
                Some("# checktimeout: ticket 12"),
            ),
            ("request=\"/page # 1\"", None),
            ("request=/page#1", None),
            ("quiescent=no #", None),
        ] {
            assert_eq!(behind(line).as_deref(), comment, "{line}");
        }
        let file = "virtual=192.0.2.1:80 # shop\n real=10.0.0.1:80 gate # old\n";
        assert_eq!(
            Comments::of(file).above(1),
            ["# shop", "# real=10.0.0.1:80: old"]
        );
    }

    #[test]
    fn a_comment_stays_with_what_it_stands_above() {
        let comments = Comments::of(FILE);
        assert_eq!(
            comments.head(),
            "# Our front door\n# five seconds are enough\n"
        );
        assert_eq!(comments.above(6), ["# the shop", "# the old machine"]);
        assert_eq!(comments.above(11), ["# mail"]);
        assert_eq!(comments.tail(), "# end\n");
    }
}
