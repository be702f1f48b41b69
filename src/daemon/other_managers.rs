//! Other programs of this network namespace that manage its IPVS table: they would undo the changes of a daemon that takes it over.

use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use super::table_users::table_users;

/// The programs, each with its processes, and daemons of this project. Blocks.
pub(super) fn other_managers() -> Vec<String> {
    let own = std::process::id();
    let namespace = namespace_of(Path::new("/proc/self"));
    let mut managers = BTreeMap::<_, Vec<String>>::new();
    for process in fs::read_dir("/proc").into_iter().flatten().flatten() {
        let pid = process
            .file_name()
            .to_str()
            .and_then(|name| name.parse::<u32>().ok());
        let Some(pid) = pid.filter(|pid| *pid != own) else {
            continue;
        };
        let path = process.path();
        if let Some(name) = manager_in(&path).filter(|_| namespace_of(&path) == namespace) {
            managers.entry(name).or_default().push(pid.to_string());
        }
    }
    let programs = managers.into_iter();
    let programs = programs.map(|(name, pids)| format!("{name} (pid {})", pids.join(", ")));
    let daemons = table_users().into_iter();
    programs
        .chain(daemons.map(|user| format!("ipvsd ({})", user.name)))
        .collect()
}

fn namespace_of(process: &Path) -> Option<PathBuf> {
    fs::read_link(process.join("ns/net")).ok()
}

/// The name of the program that runs there, if it is one that manages tables.
fn manager_in(process: &Path) -> Option<&'static str> {
    let line = fs::read(process.join("cmdline")).ok()?;
    let arguments: Vec<String> = line
        .split(|byte| *byte == 0)
        .map(|argument| String::from_utf8_lossy(argument).into_owned())
        .collect();
    manager(&arguments)
}

fn manager(arguments: &[String]) -> Option<&'static str> {
    let (program, rest) = arguments.split_first()?;
    // A process may have changed its title, which is then one text.
    let program = program.split(' ').next().unwrap_or_default();
    match base_name(program) {
        "keepalived" => (!rest.iter().any(|option| is_vrrp_only(option))).then_some("keepalived"),
        "ldirectord" => Some("ldirectord"),
        "nanny" => Some("nanny"),
        // A script: its interpreter has it as an argument, behind its own options.
        "perl" => rest
            .iter()
            .find(|argument| !argument.starts_with('-'))
            .filter(|script| base_name(script) == "ldirectord")
            .map(|_| "ldirectord"),
        _ => None,
    }
}

/// An option of keepalived with which it leaves the table alone: `--vrrp`, or `-P`, perhaps among other letters.
fn is_vrrp_only(option: &str) -> bool {
    let letters = option.strip_prefix('-').unwrap_or_default();
    let are_letters = letters.bytes().all(|byte| byte.is_ascii_alphabetic());
    option == "--vrrp" || (are_letters && letters.contains('P'))
}

fn base_name(path: &str) -> &str {
    Path::new(path)
        .file_name()
        .and_then(OsStr::to_str)
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_that_manage_the_table_are_known_by_their_command_lines() {
        let cases = [
            ("/usr/sbin/keepalived", Some("keepalived")),
            (
                "/usr/sbin/keepalived -D -f /etc/keepalived/Pool.conf",
                Some("keepalived"),
            ),
            ("/usr/sbin/keepalived --vrrp", None),
            ("keepalived -nPl", None),
            (
                "/usr/bin/perl -w /usr/sbin/ldirectord start",
                Some("ldirectord"),
            ),
            ("perl /root/backup ldirectord", None),
            (
                "/usr/sbin/ldirectord /etc/ha.d/ldirectord.cf start",
                Some("ldirectord"),
            ),
            ("less /usr/sbin/keepalived", None),
            ("", None),
        ];
        for (line, expected) in cases {
            let arguments: Vec<String> = line.split(' ').map(str::to_owned).collect();
            assert_eq!(manager(&arguments), expected, "{line}");
        }
        let title = "ldirectord tcp:192.0.2.10:80".to_owned();
        assert_eq!(manager(&[title]), Some("ldirectord"));
    }
}
