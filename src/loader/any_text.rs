//! Whatever stands in a configuration file, loading it ends with a model or with findings that can be shown: never with a
//! panic, and never with a refusal that says nothing.

use std::net::IpAddr;
use std::sync::Arc;

use director_core::model::Family;
use proptest::prelude::*;

use super::names::LookupFailure;
use super::{
    Dialect, LoadContext, LoadReport, NameCache, RenderStyle, judge, keepalived, read_ldirectord,
    read_yaml, render, source,
};

const YAML: &str = "\
services:
  - name: web
    listen: tcp://192.0.2.10:80
    scheduler: {name: sh, flags: [fallback]}
    forwarding: {tunnel: gue, port: 6080}
    persistence: {timeout: 5m, mask: 24}
    check: {http: {path: /x, expect: {status: [2xx], body: 'O.K'}}, every: 5s, fall: 3}
    on_failure: quiesce
    real_servers: &servers
      - 10.0.0.11:80
      - \"[2001:db8::1]:80\"
      - {address: 10.0.0.12-10.0.0.14:80, weight: 2}
    fallback: 10.0.0.99:80
  - listen: fwmark6:5
    check: none
    real_servers: *servers
";

const LDIRECTORD: &str = "\
checktimeout=3
quiescent=no
# comment
virtual=192.0.2.10:80
        real=10.0.0.11:80 masq 4
        real=10.0.0.12->10.0.0.14:80 gate
        fallback=10.0.0.99:80 masq
        service=http
        request=\"test.html\"
        receive=\"OK\"
        scheduler=wrr
";

const KEEPALIVED: &str = "\
global_defs {
  notification_email { a@example.org }
}
$NET=10.0.0
virtual_server_group web {
  192.0.2.1-3 80 ! three
  fwmark 5
}
virtual_server group web {
  lb_algo sh
  sh-port
  lb_kind TUN type gue port 6080
  protocol TCP
  quorum 2
  sorry_server ${NET}.99 80
  ~SEQ(I, 1, 1, 3) real_server $NET.$I 80 { weight 2 HTTP_GET { url { path /x status_code 200 regex \"O.K\" } } }
  real_server 10.0.0.9 80 {
    MISC_CHECK {
      misc_path \"/bin/true -a $NET\"
      misc_dynamic
    }
  }
}
";

/// One careless keystroke: where, how much goes, what comes.
fn keystroke() -> impl Strategy<Value = (usize, usize, String)> {
    let typed = prop_oneof![
        "[ -~]{0,3}",
        Just("\n".to_owned()),
        Just("\t".to_owned()),
        Just("  ".to_owned()),
        Just("é".to_owned()),
        Just("99999999999999999999".to_owned()),
        Just("\u{0}".to_owned()),
    ];
    (any::<usize>(), 0_usize..4, typed)
}

fn edited(text: &str, strokes: &[(usize, usize, String)]) -> String {
    let mut characters: Vec<char> = text.chars().collect();
    for (at, removed, typed) in strokes {
        let start = at % (characters.len() + 1);
        let end = (start + removed).min(characters.len());
        characters.splice(start..end, typed.chars());
    }
    characters.into_iter().collect()
}

/// Nobody is asked for a name: what a slip makes of an address must not go out to a name service.
fn no_hosts(_: &str, _: Option<Family>) -> Result<Vec<IpAddr>, LookupFailure> {
    Err(LookupFailure {
        reason: "not checked".to_owned(),
        is_temporary: false,
    })
}

fn report_of(dialect: Dialect, bytes: &[u8]) -> Option<LoadReport> {
    let file: Arc<str> = Arc::from("file");
    let memory = LoadContext {
        names: NameCache::known_by(no_hosts),
        ..LoadContext::default()
    };
    let written = match dialect {
        // What is not UTF-8 never comes as far as YAML.
        Dialect::Yaml => read_yaml(&file, bytes, source::text(bytes).ok()?),
        Dialect::Ldirectord => read_ldirectord(&file, bytes),
        Dialect::Keepalived => keepalived::read(&file, bytes),
    };
    Some(match judge(&Arc::new(written), &memory) {
        Ok(loaded) => {
            assert!(loaded.report.errors() == 0 || loaded.settings.isolate);
            loaded.report
        }
        Err(error) => {
            let report = error.report();
            assert!(report.errors() > 0, "refused without a reason");
            report
        }
    })
}

fn can_be_shown(report: &LoadReport) {
    let lines: Vec<&str> = report.text.lines().collect();
    for finding in &report.diagnostics {
        assert!(!finding.message.is_empty());
        assert!(finding.hint.is_some() || !finding.is_error(), "{finding}");
        let line = usize::try_from(finding.place.line).unwrap();
        // An end that comes too early is found behind the last line.
        assert!(line <= lines.len() + 1, "{finding}");
    }
    let shown = render(report, RenderStyle::Plain);
    assert_eq!(shown.is_empty(), report.diagnostics.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_slip_in_yaml_is_shown(strokes in prop::collection::vec(keystroke(), 1..4)) {
        let text = edited(YAML, &strokes);
        report_of(Dialect::Yaml, text.as_bytes()).iter().for_each(can_be_shown);
    }

    #[test]
    fn a_slip_in_ldirectord_cf_is_shown(strokes in prop::collection::vec(keystroke(), 1..4)) {
        let text = edited(LDIRECTORD, &strokes);
        report_of(Dialect::Ldirectord, text.as_bytes()).iter().for_each(can_be_shown);
    }

    #[test]
    fn a_slip_in_keepalived_conf_is_shown(strokes in prop::collection::vec(keystroke(), 1..4)) {
        let text = edited(KEEPALIVED, &strokes);
        report_of(Dialect::Keepalived, text.as_bytes()).iter().for_each(can_be_shown);
    }

    #[test]
    fn bytes_are_no_danger(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        for dialect in [Dialect::Yaml, Dialect::Ldirectord, Dialect::Keepalived] {
            report_of(dialect, &bytes).iter().for_each(can_be_shown);
        }
    }
}
