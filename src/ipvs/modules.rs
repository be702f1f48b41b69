//! Which modules of IPVS this kernel has, asked before anything is applied: what is loaded, and what the program that the
//! kernel itself calls to load modules would find. Nothing is loaded here.
//!
//! **Invariant:** only what is certain is called missing. Where that program knows nothing of this kernel's modules, as in
//! most containers, nobody can say what is missing before the kernel is asked to use it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

/// Where the kernel says which program it calls to load modules.
const LOADER: &str = "/proc/sys/kernel/modprobe";

/// Those of these modules that this kernel does not have.
#[must_use]
pub fn missing_modules<'a>(names: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let loaded = fs::read_to_string("/proc/modules").unwrap_or_default();
    let unloaded: Vec<&str> = names
        .into_iter()
        .filter(|name| !is_loaded(name, &loaded))
        .collect();
    // Nearly always everything is loaded or nothing is missing; the loader is only asked about the rest.
    if unloaded.is_empty() || !can_load("ip_vs") {
        return Vec::new();
    }
    unloaded
        .into_iter()
        .filter(|name| !can_load(name))
        .collect()
}

/// Whether IPVS is in use here, so that the kernel's modules matter to whoever looks at definitions.
#[must_use]
pub fn is_director() -> bool {
    Path::new("/proc/net/ip_vs").exists()
}

fn is_loaded(name: &str, loaded: &str) -> bool {
    let mut modules = loaded.lines().filter_map(|line| line.split(' ').next());
    modules.any(|module| module == name) || Path::new("/sys/module").join(name).exists()
}

/// Whether the kernel's loader would find a module, or knows it as built in.
fn can_load(name: &str) -> bool {
    let loader = fs::read_to_string(LOADER).unwrap_or_default();
    let loader = loader.trim();
    if loader.is_empty() {
        return false;
    }
    let status = Command::new(loader)
        .args(["-n", "-q", "--", name])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status();
    status.is_ok_and(|status| status.success())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loaded_module_is_known_by_its_whole_name() {
        let loaded = "ip_vs_rr 16384 2 - Live 0x0\nip_vs 180224 4 ip_vs_rr, Live 0x0\n";
        assert!(is_loaded("ip_vs_rr", loaded));
        assert!(!is_loaded("ip_vs_r", loaded));
    }
}
