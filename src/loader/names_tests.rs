//! Names while the name service answers, fails, is slow, and after a restart.

use super::*;
use crate::loader::known_name::Purpose;

const EVERY: Duration = Duration::from_secs(60);

fn address(text: &str) -> IpAddr {
    text.parse().unwrap()
}

/// The name gets this answer; says whether what is shown of it has changed.
fn answered(names: &NameCache, answer: Result<&[&str], &str>) -> bool {
    let answer = answer
        .map(|texts| (of_addresses(texts), None))
        .map_err(str::to_owned);
    let before = names.shown("web");
    names.note("web", answer, EVERY);
    before != names.shown("web")
}

fn of_addresses(texts: &[&str]) -> HostAnswer {
    HostAnswer {
        addresses: texts.iter().map(|text| address(text)).collect(),
        records: Vec::new(),
    }
}

const SINGLE: NameUse = NameUse {
    family: Family::Ipv4,
    purpose: Purpose::TunnelServer,
    is_single: true,
    is_optional: false,
};

const POOL: NameUse = NameUse {
    purpose: Purpose::Server,
    is_single: false,
    ..SINGLE
};

fn stands_for(names: &NameCache) -> Option<IpAddr> {
    names.addresses("web", SINGLE).first().copied()
}

fn pool(names: &NameCache) -> Vec<String> {
    let found = names.addresses("web", POOL);
    found.iter().map(ToString::to_string).collect()
}

#[test]
fn a_family_that_a_list_may_lack_is_no_fault_and_is_noticed_when_it_comes() {
    let names = NameCache::default();
    answered(&names, Ok(&["10.0.0.1"]));
    let six = NameUse {
        family: Family::Ipv6,
        is_optional: true,
        ..POOL
    };
    assert_eq!(names.addresses("web", six), Vec::<IpAddr>::new());
    assert_eq!(names.shown("web").unwrap().failure, None);
    assert!(answered(&names, Ok(&["10.0.0.1", "2001:db8::1"])));
    assert_eq!(names.addresses("web", six), [address("2001:db8::1")]);
    let needed = NameUse {
        is_optional: false,
        ..six
    };
    names.addresses("web", needed);
    answered(&names, Ok(&["10.0.0.1"]));
    assert!(names.shown("web").unwrap().failure.is_some());
}

#[test]
fn the_order_of_addresses_in_an_answer_moves_no_traffic() {
    let names = NameCache::default();
    answered(&names, Ok(&["10.0.0.1", "10.0.0.2"]));
    assert_eq!(stands_for(&names), Some(address("10.0.0.1")));
    assert!(!answered(&names, Ok(&["10.0.0.2", "10.0.0.1"])));
    assert_eq!(stands_for(&names), Some(address("10.0.0.1")));
    assert!(answered(&names, Ok(&["10.0.0.2"])));
    assert_eq!(stands_for(&names), Some(address("10.0.0.2")));
}

#[test]
fn an_address_of_the_wanted_family_takes_the_place_of_another_one() {
    let names = NameCache::default();
    answered(&names, Ok(&["2001:db8::1"]));
    assert_eq!(stands_for(&names), Some(address("2001:db8::1")));
    assert!(answered(&names, Ok(&["2001:db8::1", "10.0.0.1"])));
    assert_eq!(stands_for(&names), Some(address("10.0.0.1")));
}

#[test]
fn the_last_answer_stays_while_there_is_none() {
    let names = NameCache::default();
    answered(&names, Ok(&["10.0.0.1"]));
    stands_for(&names);
    assert!(answered(&names, Err("timed out")));
    assert!(!answered(&names, Err("refused")), "said once");
    assert_eq!(stands_for(&names), Some(address("10.0.0.1")));
    let shown = names.shown("web").unwrap();
    assert_eq!(shown.failure.as_deref(), Some("timed out"));
    assert_eq!(shown.addresses, [address("10.0.0.1")]);
    assert!(answered(&names, Ok(&["10.0.0.1"])), "it works again");
    assert_eq!(names.shown("web").unwrap().failure, None);
}

#[test]
fn an_expired_answer_is_resolved_again_and_a_failure_with_backoff() {
    let names = NameCache::default();
    let one = || of_addresses(&["10.0.0.1"]);
    names.note("web", Ok((one(), Some(Duration::from_secs(300)))), EVERY);
    names.note("short", Ok((one(), Some(Duration::ZERO))), EVERY);
    answered(&names, Ok(&["10.0.0.1"]));
    let left = |name: &str| {
        let due = names.next_due([name]).unwrap();
        due.duration_since(Instant::now()).as_secs_f64().round()
    };
    assert_eq!(left("web"), 60.0);
    assert_eq!(left("short"), 5.0);
    let pauses = [1.0, 2.0, 4.0, 8.0, 10.0, 10.0].map(|expected| {
        answered(&names, Err("timed out"));
        (left("web"), expected)
    });
    for (pause, expected) in pauses {
        assert_eq!(pause, expected);
    }
    answered(&names, Ok(&["10.0.0.1"]));
    answered(&names, Err("timed out"));
    assert_eq!(left("web"), 1.0, "a new failure starts again");
    assert_eq!(names.next_due(["unknown"]), None);
}

#[test]
fn a_slow_name_service_is_not_waited_for_and_its_answer_counts_when_it_comes() {
    let slow = |name: &str, _: Option<Family>| {
        if name == "slow" {
            thread::park_timeout(Duration::from_millis(400));
        }
        Ok(vec![address("10.0.0.1")])
    };
    let names = NameCache::known_by(slow);
    names.learn(["slow", "quick"], EVERY, Duration::from_millis(100));
    assert_eq!(names.shown("quick").unwrap().failure, None);
    let shown = names.shown("slow").unwrap();
    assert_eq!(shown.failure.as_deref(), Some(NOT_ANSWERED));
    assert!(names.next_due(["slow"]).unwrap() <= Instant::now());
    names.learn(["slow"], EVERY, Duration::from_secs(30));
    assert_eq!(names.shown("slow").unwrap().failure, None);
}

#[test]
fn what_a_name_stood_for_before_a_restart_stays_in_use() {
    let fails = |_: &str, _: Option<Family>| {
        Err(LookupFailure {
            reason: "host not found".to_owned(),
            is_temporary: false,
        })
    };
    let names = NameCache::known_by(fails);
    let before = HostName {
        name: "web".to_owned(),
        addresses: vec![address("10.0.0.7")],
        ..HostName::default()
    };
    names.remember(&[before]);
    names.learn(["web"], EVERY, Duration::from_secs(30));
    assert_eq!(stands_for(&names), Some(address("10.0.0.7")));
    let shown = names.shown("web").unwrap();
    assert_eq!(shown.failure.as_deref(), Some("host not found"));
    assert!(answered(&names, Ok(&["10.0.0.8"])));
    assert_eq!(stands_for(&names), Some(address("10.0.0.8")));
}

#[test]
fn a_lookup_that_panics_is_a_failure() {
    let names = NameCache::known_by(|_, _| panic!("on purpose"));
    names.learn(["web"], EVERY, Duration::from_secs(30));
    let shown = names.shown("web").unwrap();
    assert_eq!(shown.failure.as_deref(), Some("the lookup was interrupted"));
}

#[test]
fn a_pool_has_all_addresses_of_its_family_whatever_their_order() {
    let names = NameCache::default();
    answered(
        &names,
        Ok(&["10.0.0.2", "2001:db8::1", "10.0.0.1", "0.0.0.0", "10.0.0.2"]),
    );
    assert_eq!(pool(&names), ["10.0.0.1", "10.0.0.2"]);
    assert!(!answered(
        &names,
        Ok(&["10.0.0.1", "2001:db8::1", "10.0.0.2"])
    ));
    assert!(
        answered(&names, Ok(&["10.0.0.3", "10.0.0.1"])),
        "DNS changed"
    );
    assert_eq!(pool(&names), ["10.0.0.1", "10.0.0.3"]);
}

#[test]
fn an_answer_without_addresses_of_a_family_removes_none_of_it() {
    let names = NameCache::default();
    answered(&names, Ok(&["10.0.0.1", "10.0.0.2"]));
    assert_eq!(pool(&names).len(), 2);
    for answer in [
        Ok(&["2001:db8::1"][..]),
        Ok(&["0.0.0.0"]),
        Err("it has no address"),
    ] {
        answered(&names, answer);
        assert_eq!(pool(&names), ["10.0.0.1", "10.0.0.2"], "{answer:?}");
        assert!(names.shown("web").unwrap().failure.is_some(), "{answer:?}");
    }
}

#[test]
fn a_family_without_an_answer_is_a_failed_lookup() {
    let partly = |_: &str, family: Option<Family>| match family {
        Some(Family::Ipv4) => Err(LookupFailure {
            reason: "timed out".to_owned(),
            is_temporary: true,
        }),
        _ => Ok(vec![address("2001:db8::9")]),
    };
    let names = NameCache::known_by(partly);
    answered(&names, Ok(&["10.0.0.1", "2001:db8::1"]));
    assert_eq!(stands_for(&names), Some(address("10.0.0.1")));
    names.book().get_mut("web").unwrap().due = Instant::now();
    names.learn(["web"], EVERY, Duration::from_secs(30));
    assert_eq!(stands_for(&names), Some(address("10.0.0.1")));
    let failure = names.shown("web").unwrap().failure.unwrap();
    assert_eq!(failure, "no answer about its IPv4 addresses: timed out");
}

#[test]
fn all_addresses_of_a_name_survive_a_restart_the_single_one_first() {
    let names = NameCache::default();
    answered(&names, Ok(&["10.0.0.2"]));
    assert_eq!(stands_for(&names), Some(address("10.0.0.2")));
    answered(&names, Ok(&["10.0.0.3", "10.0.0.1", "10.0.0.2"]));
    assert_eq!(pool(&names).len(), 3);
    let next = NameCache::default();
    next.remember(&names.all_shown(["web"]));
    assert_eq!(pool(&next), ["10.0.0.1", "10.0.0.2", "10.0.0.3"]);
    assert_eq!(stands_for(&next), Some(address("10.0.0.2")));
}
