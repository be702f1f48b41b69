//! Services that listen on several ports or in both families: what each port is checked by, and which servers each family has.

use std::sync::Arc;

use super::{LoadContext, LoadError, Loaded, NameCache, judge, read_yaml};

fn load(service: &str) -> Result<Loaded, Vec<String>> {
    let text = format!("services:\n  - {service}\n");
    let written = read_yaml(&Arc::from("t.yaml"), text.as_bytes(), &text);
    let memory = LoadContext {
        names: NameCache::known_by(|_, _| Ok(Vec::new())),
        ..LoadContext::default()
    };
    judge(&Arc::new(written), &memory).map_err(|error| match error {
        LoadError::Invalid(report) => {
            let found = report.diagnostics.iter();
            found.map(|finding| finding.message.clone()).collect()
        }
        other => vec![other.to_string()],
    })
}

fn warnings(loaded: &Loaded) -> Vec<String> {
    let found = loaded.report.diagnostics.iter();
    found.map(|finding| finding.message.clone()).collect()
}

/// The port of the service and those that its checks probe.
fn probed(listen: &str, check: &str) -> Result<Vec<String>, Vec<String>> {
    let listen: Vec<String> = listen
        .split(' ')
        .map(|port| format!("'tcp://192.0.2.1:{port}'"))
        .collect();
    let listen = listen.join(", ");
    let loaded = load(&format!(
        "{{listen: [{listen}], forwarding: nat, {check}, real_servers: [10.0.0.1]}}"
    ))?;
    let services = loaded.model.services().iter().map(|service| {
        let probes = service.real_servers[0].probes.iter();
        let ports: Vec<String> = probes.map(|probe| probe.port.to_string()).collect();
        format!("{}:{}", service.id.port().unwrap_or(0), ports.join("+"))
    });
    Ok(services.collect())
}

#[test]
fn a_check_probes_the_port_of_the_list_that_it_fits() {
    for (listen, check, expected) in [
        ("80 443", "check: https", "80:443 443:443"),
        ("80 443", "check: http", "80:80 443:80"),
        ("80 443", "checks: [http, https]", "80:80+443 443:80+443"),
        ("http https", "check: https", "80:443 443:443"),
        ("80 8080", "check: http", "80:80 8080:8080"),
        ("80 8443", "check: https", "80:8443 8443:8443"),
        ("443 8080", "check: https", "443:443 8080:443"),
        ("80 8443", "check: http", "80:80 8443:80"),
        ("8080 8443", "check: https", "8080:8443 8443:8443"),
        ("8080 8443", "check: http", "8080:8080 8443:8080"),
        ("8080 8081", "check: http", "8080:8080 8081:8081"),
        ("143 993", "check: imap", "143:143 993:143"),
        ("25 587", "check: smtp", "25:25 587:587"),
        (
            "80 443",
            "check: {https: {}, port: 8443}",
            "80:8443 443:8443",
        ),
        ("80 443", "check: tcp", "80:80 443:443"),
        ("80", "check: https", "80:80"),
    ] {
        let found = probed(listen, check).map(|ports| ports.join(" "));
        assert_eq!(found.as_deref(), Ok(expected), "{listen} {check}");
    }
}

#[test]
fn a_check_that_fits_no_single_port_is_refused() {
    for (listen, check) in [
        ("80 8443 9443", "check: https"),
        ("80 25", "check: https"),
        ("80 443", "check: {https: {}, via: vip}"),
    ] {
        let message = "check https does not fit port";
        let found = probed(listen, check).unwrap_err();
        assert!(
            found.iter().any(|found| found.contains(message)),
            "{found:?}"
        );
    }
}

#[test]
fn persistence_that_does_not_span_the_ports_of_a_list_is_reported_once() {
    let text = "{listen: [LISTEN], persistence: 5m, forwarding: nat, real_servers: [10.0.0.1]}";
    let ports = "'tcp://192.0.2.1:80', 'tcp://192.0.2.1:443'";
    let found = load(&text.replace("LISTEN", ports)).unwrap_err();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].contains("does not span the ports"), "{found:?}");
    for listen in [
        "'tcp://192.0.2.1:80', 'tcp://192.0.2.2:80'",
        "'tcp://192.0.2.1:80'",
    ] {
        assert!(load(&text.replace("LISTEN", listen)).is_ok(), "{listen}");
    }
    let meant = text.replace("5m", "{timeout: 5m, each_port: true}");
    assert!(load(&meant.replace("LISTEN", ports)).is_ok());
}

/// The servers of each service of a list with an IPv4 and an IPv6 VIP.
fn of_families(rest: &str) -> Result<Vec<String>, Vec<String>> {
    let loaded = load(&format!(
        "{{listen: ['tcp://192.0.2.1:80', 'tcp://[2001:db8::1]:80'], {rest}}}"
    ))?;
    let services = loaded.model.services().iter().map(|service| {
        let servers = service.real_servers.iter().chain(&service.fallback);
        let shown: Vec<String> = servers
            .map(|server| server.endpoint.address.to_string())
            .collect();
        shown.join(" ")
    });
    Ok(services.chain(warnings(&loaded)).collect())
}

#[test]
fn each_family_of_a_list_has_the_servers_of_its_own() {
    for forwarding in ["tunnel", "dr", "nat"] {
        let rest = format!("forwarding: {forwarding}, real_servers: [10.0.0.1, '2001:db8:1::11']");
        assert_eq!(
            of_families(&rest).unwrap(),
            ["10.0.0.1", "2001:db8:1::11"],
            "{forwarding}"
        );
    }
    let found = of_families("forwarding: tunnel, real_servers: [10.0.0.1]").unwrap();
    assert_eq!(
        found,
        ["10.0.0.1", "10.0.0.1"],
        "a tunnel leads to the other family"
    );
    for forwarding in ["dr", "nat"] {
        let rest = format!("forwarding: {forwarding}, real_servers: [10.0.0.1]");
        let found = of_families(&rest).unwrap_err();
        let message =
            "10.0.0.1 is IPv4 and the service is IPv6; only tunnels cross address families";
        assert!(found.iter().any(|found| found == message), "{found:?}");
    }
    let found = of_families(
        "forwarding: nat, real_servers: [10.0.0.1, '2001:db8:1::11'], fallback: 10.0.0.9",
    )
    .unwrap();
    assert_eq!(found[..2], ["10.0.0.1 10.0.0.9", "2001:db8:1::11"]);
    assert!(
        found[2].contains("the IPv6 services of this list have no fallback"),
        "{found:?}"
    );
}
