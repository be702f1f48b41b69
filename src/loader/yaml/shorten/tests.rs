//! What becomes a default, and what stays.

use super::*;

fn service(lines: &[(&'static str, &str)]) -> Lines {
    let lines = lines.iter().map(|(key, text)| (*key, (*text).to_owned()));
    lines.collect()
}

#[test]
fn what_most_services_have_is_a_default() {
    let mut services = [
        service(&[("listen", "a"), ("scheduler", "wrr"), ("check", "web")]),
        service(&[("listen", "b"), ("scheduler", "rr"), ("check", "web")]),
        service(&[("listen", "c"), ("scheduler", "wrr"), ("check", "smtp")]),
    ];
    let shared = defaults(&mut services);
    assert_eq!(shared, service(&[("scheduler", "wrr"), ("check", "web")]));
    assert_eq!(
        services,
        [
            service(&[("listen", "a")]),
            service(&[("listen", "b"), ("scheduler", "rr")]),
            service(&[("listen", "c"), ("check", "smtp")]),
        ]
    );
}

#[test]
fn a_key_that_one_service_lacks_is_no_default() {
    let mut services = [
        service(&[("listen", "a"), ("fallback", "x")]),
        service(&[("listen", "b"), ("fallback", "x")]),
        service(&[("listen", "c")]),
    ];
    assert_eq!(defaults(&mut services), []);
}

#[test]
fn real_servers_are_a_default_only_as_a_group_of_all_services() {
    let with = |servers: [&str; 2]| {
        let mut services = servers.map(|list| service(&[("listen", "a"), ("real_servers", list)]));
        defaults(&mut services)
    };
    assert_eq!(with(["web", "web"]), service(&[("real_servers", "web")]));
    assert_eq!(with(["web", "mail"]), []);
    assert_eq!(with(["[10.0.0.1]", "[10.0.0.1]"]), []);
}

/// A check that the defaults name, and nothing else, is written there.
#[test]
fn a_name_that_is_used_once_is_written_out() {
    let text = |checks: &[&str]| {
        let services = checks.iter().map(|check| service(&[("check", check)]));
        let mut text = ServicesText {
            services: services.collect(),
            service: service(&[("check", "web")]),
            checks: vec![("web".to_owned(), "{http: {path: /a}}".to_owned())],
            ..ServicesText::default()
        };
        text.inline_default_check();
        (text.service[0].1.clone(), text.checks.len())
    };
    assert_eq!(text(&["smtp"]), ("{http: {path: /a}}".to_owned(), 0));
    assert_eq!(text(&["web"]), ("web".to_owned(), 1));
    assert_eq!(text(&["{use: web, fall: 2}"]), ("web".to_owned(), 1));
}
