//! What a script of ipvsadm commands has beside the lines of a table.

use std::time::Duration;

use director_core::definitions::{HostDefinition, Placed};
use director_core::diagnostic::Place;

use super::is_ipvsadm;
use super::lines::RuleLines;

/// A script, its commands about the whole table apart from those of the table.
#[derive(Debug)]
pub(super) struct IpvsadmScript {
    /// The lines of the table, the others empty.
    pub(super) rules: String,
    /// The timeouts of `--set`.
    pub(super) host: HostDefinition,
}

impl IpvsadmScript {
    /// A script clears the table before it makes one. Above all services of the file that says nothing.
    pub(super) fn of(source: &RuleLines<'_>) -> Self {
        let mut script = Self {
            rules: String::new(),
            host: HostDefinition::default(),
        };
        let mut is_start = true;
        for (line, number) in source.lines.iter().zip(1..) {
            let words: Vec<&str> = line
                .split_whitespace()
                .skip_while(|word| is_ipvsadm(word))
                .collect();
            match words.as_slice() {
                ["-C" | "--clear"] if is_start => {}
                ["--set", tcp, tcp_fin, udp] => {
                    let place = source.place(number);
                    match timeouts([tcp, tcp_fin, udp], &place) {
                        Some(host) => script.host = host,
                        None => script.rules += line,
                    }
                }
                [] => {}
                [first, ..] => {
                    is_start &= first.starts_with('#');
                    script.rules += line;
                }
            }
            script.rules.push('\n');
        }
        script
    }
}

/// The timeouts in seconds; 0 leaves one as it is.
fn timeouts(seconds: [&str; 3], place: &Place) -> Option<HostDefinition> {
    let mut spans = [None, None, None];
    for (span, text) in spans.iter_mut().zip(seconds) {
        let seconds: u32 = text.parse().ok()?;
        let duration = Duration::from_secs(seconds.into());
        *span = (seconds > 0).then(|| Placed::new(duration, place.clone()));
    }
    let [tcp_timeout, tcp_fin_timeout, udp_timeout] = spans;
    Some(HostDefinition {
        tcp_timeout,
        tcp_fin_timeout,
        udp_timeout,
        ..HostDefinition::default()
    })
}
