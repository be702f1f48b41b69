//! The comments of an `ldirectord.cf`, each at what it stands above.

use std::collections::BTreeMap;

/// Comments by the line of the virtual service that they belong to.
pub(super) struct Comments {
    head: Vec<String>,
    services: BTreeMap<usize, Vec<String>>,
    tail: Vec<String>,
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
