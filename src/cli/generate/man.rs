//! Manual pages of commands, from what `--help` prints.

use clap::Command;
use clap_mangen::Man;
use jiff::Timestamp;
use roff::{Roff, bold, roman};

use super::file::GeneratedFile;

const SECTION: &str = "8";
const MANUAL: &str = "System administration";

/// A page for each command that `--help` lists, and one for the daemon.
pub(super) fn pages(ipvsctl: Command, daemon: Command) -> Vec<GeneratedFile> {
    let mut ipvsctl = ipvsctl.disable_help_subcommand(true);
    let mut daemon = daemon;
    ipvsctl.build();
    daemon.build();
    let mut pages = vec![page(&daemon, &daemon_sections(), &["ipvsctl(8)"])];
    add_pages(&ipvsctl, &mut pages);
    pages
}

fn add_pages(command: &Command, pages: &mut Vec<GeneratedFile>) {
    pages.push(page(command, &[], &["ipvsctl(8)", "ipvsd(8)"]));
    for inner in command.get_subcommands().filter(|one| !one.is_hide_set()) {
        add_pages(inner, pages);
    }
}

/// A section of a page that is more than a command and its options.
struct PageSection {
    title: String,
    /// Lines as they are, or text to fill.
    is_verbatim: bool,
    lines: Vec<String>,
}

impl PageSection {
    fn render(&self, roff: &mut Roff) {
        roff.control("SH", [self.title.as_str()]);
        if self.is_verbatim {
            roff.control("nf", []);
        }
        for line in &self.lines {
            roff.text([roman(line.as_str())]);
        }
        if self.is_verbatim {
            roff.control("fi", []);
        }
    }
}

fn page(command: &Command, own: &[PageSection], see_also: &[&str]) -> GeneratedFile {
    let name = command
        .get_display_name()
        .unwrap_or_else(|| command.get_name())
        .to_owned();
    let man = Man::new(command.clone().subcommand_help_heading("COMMANDS"))
        .title(name.to_uppercase())
        .section(SECTION)
        .date(date())
        .source(source())
        .manual(MANUAL);
    let mut text = rendered(|text| {
        man.render_title(text)?;
        man.render_name_section(text)?;
        man.render_synopsis_section(text)?;
        man.render_description_section(text)?;
        man.render_options_section(text)?;
        if command.get_subcommands().any(|one| !one.is_hide_set()) {
            man.render_subcommands_section(text)?;
        }
        Ok(())
    });
    let help = command.get_after_help().map(ToString::to_string);
    let mut roff = Roff::new();
    for section in own {
        section.render(&mut roff);
    }
    for section in sections(&help.unwrap_or_default()) {
        section.render(&mut roff);
    }
    roff.control("SH", ["SEE ALSO"]);
    let own_page = format!("{name}({SECTION})");
    let mut others: Vec<&str> = see_also
        .iter()
        .copied()
        .filter(|one| *one != own_page)
        .collect();
    others.push("ipvsd.yaml(5)");
    for (at, other) in others.iter().enumerate() {
        let comma = if at + 1 < others.len() { "," } else { "" };
        let (page, section) = other.split_at(other.find('(').unwrap_or(other.len()));
        roff.text([bold(page), roman(format!("{section}{comma}"))]);
    }
    text.push_str(&roff.to_roff());
    GeneratedFile {
        path: format!("{name}.{SECTION}"),
        text: tidied(&text),
    }
}

fn rendered(render: impl FnOnce(&mut Vec<u8>) -> std::io::Result<()>) -> String {
    let mut text = Vec::new();
    // Writing into a vector never fails.
    let _ = render(&mut text);
    String::from_utf8_lossy(&text).into_owned()
}

/// The daemon's files and signals, which its help does not list.
fn daemon_sections() -> Vec<PageSection> {
    let lines = [
        "/etc/ipvsd/ipvsd.yaml          configuration, see ipvsd.yaml(5)",
        "/run/ipvsd/ipvsd.sock          control socket",
        "/var/lib/ipvsd/state.json      overrides, health and ownership, across restarts",
        "/usr/share/doc/ipvsd/examples  configurations to start from",
    ];
    vec![PageSection {
        title: "FILES".to_owned(),
        is_verbatim: true,
        lines: lines.map(str::to_owned).to_vec(),
    }]
}

/// What follows the options in `--help`, as sections.
fn sections(help: &str) -> Vec<PageSection> {
    let mut found: Vec<PageSection> = Vec::new();
    for paragraph in help.split("\n\n").filter(|part| !part.trim().is_empty()) {
        let (first, rest) = paragraph.split_once('\n').unwrap_or((paragraph, ""));
        let heading = first.strip_suffix(':').filter(|_| rest.starts_with(' '));
        found.push(match heading {
            Some(heading) => PageSection {
                title: heading.to_uppercase(),
                is_verbatim: true,
                lines: rest.lines().map(str::to_owned).collect(),
            },
            None => PageSection {
                title: "NOTES".to_owned(),
                is_verbatim: false,
                lines: paragraph.lines().map(str::to_owned).collect(),
            },
        });
    }
    joined(found)
}

/// Notes that follow each other are one section of several paragraphs.
fn joined(sections: Vec<PageSection>) -> Vec<PageSection> {
    let mut found: Vec<PageSection> = Vec::new();
    for section in sections {
        match found.last_mut() {
            Some(last) if last.title == section.title => {
                last.lines.push(String::new());
                last.lines.extend(section.lines);
            }
            _ => found.push(section),
        }
    }
    found
}

/// Each section brings the definition of the apostrophe; it stands once, at the top. An empty line is a paragraph, or nothing
/// between line breaks, which stand once, too.
fn tidied(text: &str) -> String {
    let mut seen = false;
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let is_preamble = line.starts_with(".ie \\n(.g") || line.starts_with(".el .ds Aq");
        if is_preamble && seen {
            continue;
        }
        seen |= line.starts_with(".el .ds Aq");
        let line = line.trim_end();
        match (lines.last().copied(), line) {
            (Some(".br"), "" | ".br") => {}
            (_, "") => lines.push(".PP"),
            _ => lines.push(line),
        }
    }
    lines.join("\n") + "\n"
}

/// The program and its version, for the foot of a page.
pub(super) fn source() -> String {
    format!("ipvsd {}", env!("CARGO_PKG_VERSION"))
}

/// The day of the release, `SOURCE_DATE_EPOCH` as all tools of packaging have it, so that the same sources give the same pages;
/// empty where it is not set.
pub(super) fn date() -> String {
    let seconds = std::env::var("SOURCE_DATE_EPOCH").ok();
    let seconds = seconds.and_then(|text| text.trim().parse().ok());
    let time = seconds.and_then(|seconds| Timestamp::from_second(seconds).ok());
    time.map_or_else(String::new, |time| time.strftime("%Y-%m-%d").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_help_text_becomes_sections() {
        let found = sections("Examples:\n  ipvsctl x\n\nOne.\n\nTwo.\n\nExit status:\n  0  fine");
        let titles: Vec<&str> = found.iter().map(|one| one.title.as_str()).collect();
        assert_eq!(titles, ["EXAMPLES", "NOTES", "EXIT STATUS"]);
        assert_eq!(found[0].lines, ["  ipvsctl x"]);
        assert_eq!(found[1].lines, ["One.", "", "Two."]);
        assert!(found[2].is_verbatim && !found[1].is_verbatim);
    }
}
