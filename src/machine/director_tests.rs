//! That settings are recorded, changed where they have to be, and put back as they were.

use std::fs;
use std::net::IpAddr;

use director_core::director::Finishing;

use super::*;

/// A machine with a directory of settings of its own, and its journal.
struct Host {
    directory: tempfile::TempDir,
}

impl Host {
    /// `accept_local` and `rp_filter` of each interface, `all` among them.
    fn with(interfaces: &[(&str, [&str; 2])]) -> Self {
        let host = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        for (interface, values) in interfaces {
            let path = host.path(interface, "");
            fs::create_dir_all(&path).unwrap();
            for (name, value) in ["accept_local", "rp_filter"].iter().zip(values) {
                fs::write(path.join(name), format!("{value}\n")).unwrap();
            }
        }
        host
    }

    fn path(&self, interface: &str, name: &str) -> PathBuf {
        let directory = self.directory.path().join("net/ipv4/conf");
        directory.join(interface).join(name)
    }

    fn journal(&self) -> PathBuf {
        self.directory.path().join("journal")
    }

    fn settings(&self, interface: &str) -> [String; 2] {
        ["accept_local", "rp_filter"].map(|name| {
            let text = fs::read_to_string(self.path(interface, name)).unwrap();
            text.trim().to_owned()
        })
    }

    /// Path checks go by these interfaces, and by no others.
    fn reconcile(&self, interfaces: &[&str], unwanted: Unwanted) -> Vec<HostOutcome> {
        let wanted: Vec<HostChange> = (0..interfaces.len())
            .map(|place| HostChange::VipReplies {
                toward: [10, 0, 0, u8::try_from(place).unwrap()].into(),
            })
            .collect();
        let interface_toward = |toward: IpAddr| {
            let place = wanted
                .iter()
                .position(|change| *change == HostChange::VipReplies { toward });
            Ok(interfaces[place.unwrap()].to_owned())
        };
        let request = HostRequest {
            wanted: wanted.clone(),
            kept: Vec::new(),
            withdrawn: Vec::new(),
            finishing: Finishing::default(),
            unwanted,
        };
        self.take(&request, interface_toward)
    }

    fn take(
        &self,
        request: &HostRequest,
        interface_toward: impl Fn(IpAddr) -> Result<String, MachineError>,
    ) -> Vec<HostOutcome> {
        // A new one each time, as after a kill.
        let mut machine = Machine::with_settings(self.directory.path());
        let mut keeper = Keeper::new(self.journal());
        keeper.reconcile_on(&mut machine, request, interface_toward, &|| false)
    }
}

#[test]
fn settings_are_put_back_also_after_a_kill() {
    let host = Host::with(&[("all", ["0", "0"]), ("back", ["0", "1"])]);
    let made = host.reconcile(&["back", "back"], Unwanted::Keep);
    assert_eq!(host.settings("back"), ["1", "2"]);
    let made: Vec<&HostResult> = made.iter().map(|outcome| &outcome.result).collect();
    let from = |value: &str| HostResult::Made(Some(value.to_owned()));
    assert_eq!(
        made,
        [
            &HostResult::Unchanged,
            &HostResult::Unchanged,
            &from("0"),
            &from("1")
        ]
    );

    host.reconcile(&["back"], Unwanted::Undo);
    assert_eq!(host.settings("back"), ["1", "2"]);
    let undone = host.reconcile(&[], Unwanted::Undo);
    // The newest first.
    let names: Vec<String> = undone.iter().map(|it| it.change.to_string()).collect();
    assert_eq!(
        names,
        [
            "net.ipv4.conf.back.rp_filter=2",
            "net.ipv4.conf.back.accept_local=1"
        ]
    );
    assert_eq!(host.settings("back"), ["0", "1"]);
    assert!(!host.journal().exists());
}

#[test]
fn what_is_not_wanted_yet_is_kept_on_demand() {
    let host = Host::with(&[
        ("all", ["0", "0"]),
        ("back", ["0", "1"]),
        ("front", ["0", "1"]),
    ]);
    host.reconcile(&["back"], Unwanted::Undo);
    host.reconcile(&["front"], Unwanted::Keep);
    assert_eq!(host.settings("back"), ["1", "2"]);
    assert_eq!(host.settings("front"), ["1", "2"]);
    host.reconcile(&["front"], Unwanted::Undo);
    assert_eq!(host.settings("back"), ["0", "1"]);
    assert_eq!(host.settings("front"), ["1", "2"]);
}

#[test]
fn what_another_program_has_set_stays() {
    let host = Host::with(&[("all", ["0", "0"]), ("back", ["0", "1"])]);
    host.reconcile(&["back"], Unwanted::Undo);
    fs::write(host.path("back", "rp_filter"), "0").unwrap();
    host.reconcile(&[], Unwanted::Undo);
    assert_eq!(host.settings("back"), ["0", "0"]);
    assert!(!host.journal().exists());
}

#[test]
fn settings_with_the_same_effect_are_left_alone() {
    let host = Host::with(&[("all", ["1", "2"]), ("back", ["0", "1"])]);
    host.reconcile(&["back"], Unwanted::Undo);
    assert_eq!(host.settings("back"), ["0", "1"]);
    assert!(!host.journal().exists());
}

#[test]
fn a_setting_that_the_kernel_lacks_stops_no_other() {
    let host = Host::with(&[("all", ["0", "0"]), ("back", ["0", "1"])]);
    fs::remove_file(host.path("back", "accept_local")).unwrap();
    let outcomes = host.reconcile(&["back"], Unwanted::Undo);
    assert_eq!(
        outcomes[1].result,
        HostResult::Failed("this kernel has no setting net.ipv4.conf.back.accept_local".to_owned())
    );
    assert_eq!(outcomes[2].result, HostResult::Made(Some("1".to_owned())));
}

#[test]
fn nothing_is_changed_without_the_journal() {
    let host = Host::with(&[("all", ["0", "0"]), ("back", ["0", "1"])]);
    fs::write(host.journal(), "{").unwrap();
    let outcomes = host.reconcile(&["back"], Unwanted::Undo);
    let failed = |outcome: &HostOutcome| matches!(outcome.result, HostResult::Failed(_));
    assert!(outcomes[1..].iter().all(failed), "{outcomes:?}");
    assert_eq!(host.settings("back"), ["0", "1"]);
}

#[test]
fn what_is_kept_is_neither_made_nor_undone() {
    let host = Host::with(&[("all", ["0", "0"]), ("back", ["0", "1"])]);
    let setting = |name: &str| HostChange::setting(format!("net.ipv4.conf.back.{name}"), "2");
    let nowhere = |_| -> Result<String, MachineError> { unreachable!() };
    let request = |wanted: Vec<HostChange>, kept: Vec<HostChange>| HostRequest {
        wanted,
        kept,
        withdrawn: Vec::new(),
        finishing: Finishing::default(),
        unwanted: Unwanted::Undo,
    };
    host.take(&request(vec![setting("rp_filter")], vec![]), nowhere);
    let kept = vec![setting("rp_filter"), setting("accept_local")];
    assert_eq!(host.take(&request(vec![], kept), nowhere), []);
    assert_eq!(host.settings("back"), ["0", "2"]);
    // The journal still knows the value from before.
    host.take(&request(vec![], vec![]), nowhere);
    assert_eq!(host.settings("back"), ["0", "1"]);
    assert!(!host.journal().exists());
}
