//! The comments of a saved table, each at the service that it stands above.

use std::collections::BTreeMap;

use crate::cli::convert::comments::Comments;

/// Those of the lines, with the line of the service that each line of a command is about.
pub(super) fn comments(lines: &[&str], owners: &BTreeMap<usize, usize>) -> Comments {
    let (mut head, mut services) = (Vec::new(), BTreeMap::<usize, Vec<String>>::new());
    let mut pending: Vec<String> = Vec::new();
    for (line, number) in lines.iter().zip(1..) {
        let content = line.trim();
        if content.starts_with("#!") {
            // How to run a script.
        } else if content.starts_with('#') {
            // A control character may end a line in YAML.
            pending.push(content.replace(char::is_control, " "));
        } else if let Some(service) = owners.get(&number) {
            services.entry(*service).or_default().append(&mut pending);
        } else if services.is_empty() {
            // A comment with an empty line below stands for itself.
            head.append(&mut pending);
        }
    }
    Comments {
        head,
        services,
        tail: pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_comment_stays_with_the_service_that_it_stands_above() {
        let text = "#!/bin/sh\n# our tables\n\n# the shop\n-A\n-A\n# old machine\n-a\n# end\n";
        let comments = comments(
            &text.lines().collect::<Vec<_>>(),
            &BTreeMap::from([(5, 5), (6, 6), (8, 5)]),
        );
        assert_eq!(comments.head(), "# our tables\n");
        assert_eq!(comments.above(5), ["# the shop", "# old machine"]);
        assert_eq!(comments.above(6), [""; 0]);
        assert_eq!(comments.tail(), "# end\n");
    }
}
