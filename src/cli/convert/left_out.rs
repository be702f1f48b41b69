//! What an `ldirectord.cf` says and YAML has no key for, each with what to do instead.

use crate::loader::{Loaded, mails_left_out};

/// A line for each of them.
pub(super) fn left_out(loaded: &Loaded) -> Vec<&'static str> {
    let Some(process) = &loaded.process else {
        return Vec::new();
    };
    let mut services = process.services.iter();
    let has_monitor_file = services.any(|service| service.monitor_file.is_some());
    let mut services = process.services.iter();
    let has_command = services.any(|service| service.fallback_command.is_some());
    let notes = [
        (
            process.log.is_some(),
            "logfile; ipvsd logs to standard error, for the journal",
        ),
        (
            !process.execute.is_empty(),
            "execute; include the other files in this configuration (include)",
        ),
        (
            process.maintenance_dir.is_some(),
            "maintenancedir; use ipvsctl maintenance SERVICE SERVER",
        ),
        (has_monitor_file, "monitorfile; use ipvsctl status --json"),
        (
            has_command,
            "fallbackcommand; a command in notify with topics: [services] gets IPVSD_JSON instead of start and stop",
        ),
    ];
    let own = notes.into_iter().filter(|(written, _)| *written);
    let own = own.map(|(_, words)| words);
    own.chain(mails_left_out(loaded)).collect()
}

/// `callback` as a command of notify: the program, and the file that has changed.
pub(super) fn on_change(loaded: &Loaded) -> Option<Vec<String>> {
    /// The file that the unit of ipvsd reads.
    const FILE: &str = "/etc/ipvsd/ipvsd.yaml";
    let callback = loaded.process.as_ref()?.callback.as_ref()?;
    Some(vec![callback.value.clone(), FILE.to_owned()])
}
