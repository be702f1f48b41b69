//! The scenarios that the project began with, as the notes print them: indented, and without indentation.

use std::time::Duration;

use director_core::definitions::Definitions;
use director_core::model::validate::validate;
use director_core::model::{Forwarding, Model, OnFailure, OnStop, ProbeKind, Redirects, Tunnel};
use ldirectord_compat::{LogTarget, parse};

const NAT: &str = r#"checktimeout=3
checkinterval=5
failurecount=3
autoreload=no
logfile="/var/log/ldirectord.log"
quiescent=no
cleanstop=yes

virtual=172.17.60.207:80
        real=192.168.6.4:80 masq
        real=192.168.6.5:80 masq
        fallback=192.168.6.100:80 masq
        protocol=tcp
        scheduler=rr
        service=http
        request="test.html"
        receive="OK"
"#;

fn model(definitions: &Definitions) -> Option<Model> {
    let (model, findings) = validate(definitions);
    assert_eq!(findings, []);
    model
}

#[test]
fn the_nat_scenario_is_read_without_a_finding() {
    let parsed = parse("nat.cf", NAT.as_bytes(), |_| false);
    assert_eq!(parsed.diagnostics, []);
    assert_eq!(parsed.unsupported(), []);
    let log = parsed.process.log.map(|log| log.value);
    assert_eq!(
        log,
        Some(LogTarget::File("/var/log/ldirectord.log".to_owned()))
    );
    assert_eq!(
        parsed.process.autoreload.map(|choice| choice.value),
        Some(false)
    );

    let model = model(&parsed.definitions).expect("a model");
    let service = &model.services()[0];
    assert_eq!(service.id.to_string(), "tcp 172.17.60.207:80");
    assert_eq!(service.scheduling.scheduler, "rr");
    assert_eq!(service.on_failure, OnFailure::Remove);
    assert_eq!(service.on_stop, OnStop::Remove);
    assert_eq!(service.checks[0].timing.every, Duration::from_secs(5));
    assert_eq!(
        (service.checks[0].timing.rise, service.checks[0].timing.fall),
        (1, 3)
    );
    let endpoints: Vec<String> = service
        .real_servers
        .iter()
        .map(|real| real.endpoint.to_string())
        .collect();
    assert_eq!(endpoints, ["192.168.6.4:80", "192.168.6.5:80"]);
    let fallback = service.fallback.first().expect("a fallback");
    assert_eq!(fallback.endpoint.to_string(), "192.168.6.100:80");
    assert_eq!(
        (fallback.forwarding, fallback.weight),
        (Forwarding::Masq, 1)
    );
    let probe = service.real_servers[0].probes.first().expect("a probe");
    assert_eq!(probe.timeout, Duration::from_secs(3));
    let ProbeKind::Http(http) = &*probe.kind else {
        panic!("{:?}", probe.kind);
    };
    assert_eq!(
        (http.target.reveal(), http.method.as_str()),
        ("/test.html", "GET")
    );
    assert_eq!(http.body.as_ref().map(|body| body.as_str()), Some("OK"));
    assert_eq!(http.redirects, Redirects::Follow(7));
}

#[test]
fn the_weighted_form_and_the_other_forwarding_methods_are_read() {
    for (method, forwarding) in [
        ("gate", Forwarding::Direct),
        ("ipip", Forwarding::Tunnel(Tunnel::Ipip)),
        ("masq", Forwarding::Masq),
    ] {
        let file = NAT
            .replace("scheduler=rr", "scheduler=wrr\n        checktype=negotiate")
            .replace(":80 masq", &format!(":80 {method} 4"))
            .replace(&format!("100:80 {method} 4"), &format!("100:80 {method}"));
        let parsed = parse("weighted.cf", file.as_bytes(), |_| false);
        assert_eq!(parsed.diagnostics, []);
        let model = model(&parsed.definitions).expect("a model");
        let servers = &model.services()[0].real_servers;
        assert!(
            servers
                .iter()
                .all(|server| server.weight == 4 && server.forwarding == forwarding)
        );
    }
}

#[test]
fn the_block_without_indentation_names_each_line_that_lacks_it() {
    let file: String = NAT
        .lines()
        .map(|line| format!("{}\n", line.trim()))
        .collect();
    let parsed = parse("flat.cf", file.as_bytes(), |_| false);
    let lines: Vec<u32> = parsed
        .diagnostics
        .iter()
        .map(|finding| finding.place.line)
        .collect();
    assert_eq!(lines, (10..=17).collect::<Vec<_>>());
    let first = parsed.diagnostics[0].to_string();
    assert_eq!(
        first,
        "flat.cf:10:1: error: real belongs to the virtual service above, but this line lacks its four spaces or tab \
         (start the line with four spaces or a tab)"
    );
    // Read on as if it had been written right, so that other faults would be found too.
    assert_eq!(parsed.definitions.services[0].real_servers.len(), 2);
    assert!(parsed.definitions.services[0].fallback.is_some());
}
