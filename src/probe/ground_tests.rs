//! Which address asks, and that settings are put back as they were.

use super::*;

fn own(interface: &str, address: &str, alone: bool) -> Own {
    Own {
        interface: interface.to_owned(),
        address: address.parse().unwrap(),
        alone,
    }
}

#[test]
fn the_address_that_asks_is_never_a_vip() {
    let addresses = [
        own("front", "192.0.2.1", false),
        own("front", "192.0.2.201", true),
        own("front", "192.0.2.202", false),
        own("back", "10.0.0.1", false),
        own("back", "fe80::1", false),
        own("back", "fd00::201", true),
        own("back", "fd00::1", false),
        own("other", "198.51.100.7", true),
    ];
    let vips = ["192.0.2.201", "192.0.2.202", "fd00::202", "198.51.100.7"];
    let vips = vips.map(|vip| vip.parse().unwrap()).into();
    let chosen = |preferred: &str, family| {
        let chosen = choose(&addresses, preferred.parse().unwrap(), family, &vips);
        chosen.map(|(address, interface)| format!("{address} {interface}"))
    };
    let some = |text: &str| Some(text.to_owned());
    let (four, six) = (Family::Ipv4, Family::Ipv6);
    assert_eq!(chosen("10.0.0.1", four), some("10.0.0.1 back"));
    assert_eq!(chosen("192.0.2.201", four), some("192.0.2.1 front"));
    assert_eq!(chosen("192.0.2.202", four), some("192.0.2.1 front"));
    // An IPv6 VIP whose servers are reached over IPv4.
    assert_eq!(chosen("10.0.0.1", six), some("fd00::1 back"));
    // IPv6 prefers the address that is most like the server's, which may be the VIP of somebody else.
    assert_eq!(chosen("fd00::201", six), some("fd00::1 back"));
    assert_eq!(chosen("198.51.100.7", four), None);
    assert_eq!(chosen("198.51.100.7", six), None);
}

fn host(name: &str, accept_local: &str, rp_filter: &str, directory: &Path) {
    let path = directory.join(name);
    fs::create_dir_all(&path).unwrap();
    fs::write(path.join("accept_local"), format!("{accept_local}\n")).unwrap();
    fs::write(path.join("rp_filter"), format!("{rp_filter}\n")).unwrap();
}

fn settings(directory: &Path) -> [String; 2] {
    settings_of("back", directory)
}

fn settings_of(interface: &str, directory: &Path) -> [String; 2] {
    ["accept_local", "rp_filter"].map(|name| {
        let text = fs::read_to_string(directory.join(interface).join(name)).unwrap();
        text.trim().to_owned()
    })
}

/// A server, by the end of its address, and the VIP that it is asked for.
fn way(server: u8) -> (IpAddr, IpAddr) {
    let server = Ipv4Addr::new(10, 0, 0, server);
    (server.into(), Ipv4Addr::new(192, 0, 2, 1).into())
}

fn roads(asked: &[(IpAddr, IpAddr)]) -> Roads {
    Roads {
        vips: asked.iter().map(|(_, vip)| *vip).collect(),
        asked: asked.iter().copied().collect(),
    }
}

fn ground(directory: &Path) -> Ground {
    let ground = Ground {
        interfaces: directory.to_owned(),
        state: Mutex::default(),
    };
    ground.record_in(directory.join("record"));
    ground
}

#[test]
fn settings_are_put_back_also_after_a_kill() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    host("all", "0", "0", directory);
    host("back", "0", "1", directory);

    let killed = ground(directory);
    killed.take_answers(way(4), "back").unwrap();
    killed.take_answers(way(4), "back").unwrap();
    assert_eq!(settings(directory), ["1", "2"]);
    drop(killed);

    let next = ground(directory);
    next.take_answers(way(4), "back").unwrap();
    next.open(Roads::default());
    assert_eq!(settings(directory), ["0", "1"]);
    assert!(!directory.join("record").exists());
    assert!(matches!(
        next.take_answers(way(4), "back"),
        Err(GroundError::Closed)
    ));
}

#[test]
fn what_somebody_else_has_set_stays() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    host("all", "0", "0", directory);
    host("back", "0", "1", directory);
    let ground = ground(directory);
    ground.take_answers(way(4), "back").unwrap();
    fs::write(directory.join("back/rp_filter"), "0").unwrap();
    ground.open(Roads::default());
    assert_eq!(settings(directory), ["0", "0"]);
}

#[test]
fn settings_that_do_are_left_alone() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    host("all", "1", "2", directory);
    host("back", "0", "1", directory);
    ground(directory).take_answers(way(4), "back").unwrap();
    assert_eq!(settings(directory), ["0", "1"]);
    assert!(!directory.join("record").exists());
}

#[test]
fn an_interface_by_which_nobody_is_asked_any_more_gets_its_settings_back() {
    let directory = tempfile::tempdir().unwrap();
    let directory = directory.path();
    host("all", "0", "0", directory);
    host("back", "0", "1", directory);
    host("front", "0", "1", directory);
    let ground = ground(directory);
    ground.open(roads(&[way(4), way(5), way(6)]));
    ground.take_answers(way(4), "back").unwrap();
    ground.take_answers(way(5), "front").unwrap();
    ground.take_answers(way(6), "front").unwrap();

    // One of two that are asked there is enough.
    ground.open(roads(&[way(5)]));
    assert_eq!(settings_of("back", directory), ["0", "1"]);
    assert_eq!(settings_of("front", directory), ["1", "2"]);
    assert!(matches!(
        ground.take_answers(way(4), "back"),
        Err(GroundError::Closed)
    ));

    // The way to a server is another one.
    ground.take_answers(way(5), "back").unwrap();
    assert_eq!(settings_of("back", directory), ["1", "2"]);
    assert_eq!(settings_of("front", directory), ["0", "1"]);
    ground.open(Roads::default());
    assert_eq!(settings_of("back", directory), ["0", "1"]);
    assert!(!directory.join("record").exists());
}
