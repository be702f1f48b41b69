//! Notices and the lines that come of them.

use std::sync::Arc;
use std::time::Duration;

use director_core::definitions::{Host, ListenDefinition};
use director_core::diagnostic::Place;
use director_core::director::{Director, Event as Happened};
use director_core::health::Transition;
use director_core::model::validate::validate;
use director_core::model::{Forwarding, Scheduling};
use director_core::moment::Moment;
use director_core::plan::Cause;
use director_core::table::ServerSettings;
use director_core::table::{ServerEntry, ServiceEntry, Table};

use super::*;

const CONFIG: &str = "\
virtual=192.0.2.10:80
    real=10.0.0.1:80 masq 3
    real=10.0.0.2:80 masq 0
    fallback=10.0.0.9:80 masq
virtual6=[2001:db8::1]:53
    real6=[2001:db8::2]:53 masq
    protocol=udp
    checktype=ping
virtual=5
    real=10.0.0.3 gate
    checktype=on
";

fn model() -> Model {
    let parsed = ldirectord_compat::parse("a.cf", CONFIG.as_bytes(), |_| false);
    for service in &parsed.definitions.services {
        if let ListenDefinition::Address { host, .. } = &service.listen.value {
            assert!(matches!(host, Host::Address(_)));
        }
    }
    let (model, findings) = validate(&parsed.definitions);
    model.unwrap_or_else(|| panic!("{findings:?}"))
}

fn lines() -> LogLines {
    let mut lines = LogLines::new("a.cf");
    lines.set_services(&model());
    lines
}

fn services() -> [ServiceId; 3] {
    let model = model();
    [0, 1, 2].map(|place: usize| model.services()[place].id)
}

fn endpoint(text: &str) -> Endpoint {
    let address: SocketAddr = text.parse().unwrap();
    Endpoint {
        address: address.ip(),
        port: address.port(),
    }
}

fn settings(weight: u32) -> ServerSettings {
    ServerSettings {
        forwarding: Forwarding::Masq,
        weight,
        upper_threshold: 0,
        lower_threshold: 0,
    }
}

fn scheduling() -> Scheduling {
    model().services()[0].scheduling.clone()
}

fn change(op: Op) -> Vec<String> {
    let step = Step {
        op,
        reason: String::new(),
    };
    let cause = Cause::Defined;
    lines().of(&Notice::Change { step, cause })
}

fn added(server: &str, weight: u32) -> Vec<String> {
    change(Op::AddServer {
        service: services()[0],
        server: endpoint(server),
        settings: settings(weight),
    })
}

fn edited(server: &str, from: u32, to: u32) -> Vec<String> {
    change(Op::EditServer {
        service: services()[0],
        server: endpoint(server),
        from: settings(from),
        to: settings(to),
    })
}

fn deleted(server: &str) -> Vec<String> {
    change(Op::DeleteServer {
        service: services()[0],
        server: endpoint(server),
        settings: settings(1),
    })
}

#[test]
fn changes_of_real_servers_have_the_old_words() {
    assert_eq!(
        added("10.0.0.1:80", 3),
        ["Added real server: 10.0.0.1:80 (192.0.2.10:80) (Weight set to 3)"]
    );
    assert_eq!(
        added("10.0.0.1:80", 0),
        ["Readd Quiescent real server: 10.0.0.1:80 (192.0.2.10:80) (Weight set to 0)"]
    );
    assert_eq!(
        added("10.0.0.2:80", 0),
        ["Added real server: 10.0.0.2:80 (192.0.2.10:80) (Weight set to 0)"]
    );
    assert_eq!(
        edited("10.0.0.1:80", 0, 3),
        ["Restored real server: 10.0.0.1:80 (192.0.2.10:80) (Weight set to 3)"]
    );
    assert_eq!(
        edited("10.0.0.1:80", 3, 0),
        ["Quiescent real server: 10.0.0.1:80 (192.0.2.10:80) (Weight set to 0)"]
    );
    assert_eq!(
        deleted("10.0.0.1:80"),
        ["Deleted real server: 10.0.0.1:80 (192.0.2.10:80)"]
    );
    assert_eq!(
        deleted("10.0.0.7:80"),
        ["Purged real server (start): 10.0.0.7:80 (192.0.2.10:80)"]
    );
}

#[test]
fn the_fallback_is_called_so() {
    assert_eq!(
        added("10.0.0.9:80", 1),
        ["Added fallback server: 10.0.0.9:80 (192.0.2.10:80) (Weight set to 1)"]
    );
    assert_eq!(
        deleted("10.0.0.9:80"),
        ["Deleted fallback server: 10.0.0.9:80 (192.0.2.10:80)"]
    );
}

#[test]
fn services_are_named_without_their_kind() {
    let names = services().map(|service| {
        change(Op::AddService {
            service,
            scheduling: scheduling(),
        })
    });
    assert_eq!(
        names.concat(),
        [
            "Added virtual server: 192.0.2.10:80",
            "Added virtual server: [2001:db8::1]:53",
            "Added virtual server: 5",
        ]
    );
    let service = services()[0];
    let edit = Op::EditService {
        service,
        from: scheduling(),
        to: scheduling(),
    };
    assert_eq!(change(edit), ["Changed virtual server: 192.0.2.10:80"]);
    assert_eq!(
        change(Op::DeleteService { service }),
        ["Purged virtual server (start): 192.0.2.10:80"]
    );
}

#[test]
fn a_stop_purges_the_servers_that_were_in_service() {
    let service = services()[0];
    let mut held = ServiceEntry::new(scheduling());
    for (server, weight) in [("10.0.0.1:80", 3), ("10.0.0.2:80", 0)] {
        held.servers
            .insert(endpoint(server), ServerEntry::new(settings(weight)));
    }
    let mut director = Director::new();
    let model = Arc::new(model());
    let loaded = Happened::Loaded {
        model,
        warnings: Vec::new(),
    };
    director.handle(loaded, Moment::START);
    let table = Table {
        services: [(service, held)].into(),
    };
    director.handle(Happened::TableRead { table }, Moment::START);
    let mut lines = lines();
    lines.stop(&director.snapshot(Moment::START));
    let step = Step {
        op: Op::DeleteService { service },
        reason: String::new(),
    };
    let cause = Cause::Stop;
    assert_eq!(
        lines.of(&Notice::Change { step, cause }),
        [
            "Purged real server (stop): 10.0.0.1:80 (192.0.2.10:80)",
            "Purged virtual server (stop): 192.0.2.10:80"
        ]
    );
}

#[test]
fn soft_failures_name_the_service_with_its_kind() {
    let [tcp, udp, mark] = services();
    let wavering = |service| {
        let mut told = lines().of(&Notice::Failing {
            name: "web".to_owned(),
            service,
            server: endpoint("10.0.0.1:80"),
            failures: 1,
            limit: 3,
            reason: "connection refused".to_owned(),
        });
        told.remove(0)
    };
    let words = "Soft failure real server: 10.0.0.1:80";
    assert_eq!(
        [tcp, udp, mark].map(wavering),
        [
            format!("{words} (tcp:192.0.2.10:80) failure 1/3"),
            format!("{words} (udp:[2001:db8::1]:53) failure 1/3"),
            format!("{words} (fwm:5) failure 1/3"),
        ]
    );
    let steady = Notice::Recovered {
        name: "web".to_owned(),
        service: tcp,
        server: endpoint("10.0.0.1:80"),
    };
    assert_eq!(
        lines().of(&steady),
        ["Resetting soft failure count: 10.0.0.1:80 (tcp:192.0.2.10:80)"]
    );
}

#[test]
fn a_state_change_gives_its_reason_and_a_recovery_resets_the_count() {
    let health_change = |was_assumed| {
        lines().of(&Notice::HealthChanged {
            name: "web".to_owned(),
            service: services()[0],
            server: endpoint("10.0.0.1:80"),
            transition: Transition {
                from: HealthState::Down,
                was_assumed,
                to: HealthState::Up,
                reason: "status 200".to_owned(),
            },
            previous_for: Duration::ZERO,
            took: Duration::ZERO,
        })
    };
    assert_eq!(
        health_change(false),
        [
            "Resetting soft failure count: 10.0.0.1:80 (tcp:192.0.2.10:80)",
            "web 10.0.0.1:80 down -> up: status 200"
        ]
    );
    assert_eq!(health_change(true).len(), 1);
}

#[test]
fn a_finding_is_one_line_with_its_line_number_and_hint() {
    let file: Arc<str> = Arc::from("/etc/ha.d/a.cf");
    let pid = std::process::id();
    let error = Diagnostic::error(&Place::new(&file, 7, 1, 4), "unknown directive \"frob\"");
    assert_eq!(
        finding("a.cf", &error),
        format!("Error [{pid}] reading file a.cf at line 7: unknown directive \"frob\"")
    );
    let warning = Diagnostic::warning(&Place::whole_file(&file), "empty").hint("add a service");
    assert_eq!(
        finding("a.cf", &warning),
        format!("Warning [{pid}] reading file a.cf: empty (add a service)")
    );
}
