//! Metrics and health of a director with every kind of service, read by TCP as Prometheus reads them.

mod scrape;
mod story;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::api::metrics;
use scrape::{answers, promtool, scrape, values};
use story::{CONFIGURATION, Story, story};

#[tokio::test]
async fn metrics_show_every_kind_of_service_and_server() {
    let text = scrape(story().overview()).await;
    let values = values(&text);
    let quote = r#"service="quote \" back \\ slash\nline""#;
    let web = r#"service="web tcp 192.0.2.10:80""#;
    let expected = [
        // The names of services, and what they are.
        (format!("ipvsd_service_info{{{web},name=\"web\",family=\"IPv4\",protocol=\"tcp\",address=\"192.0.2.10\",port=\"80\",mark=\"\",scheduler=\"wrr\"}}"), 1.0),
        (format!("ipvsd_service_info{{{quote},name={},family=\"IPv4\",protocol=\"\",address=\"\",port=\"\",mark=\"5\",scheduler=\"wrr\"}}", &quote[8..]), 1.0),
        // States.
        (format!("ipvsd_service_state{{{web},state=\"degraded\"}}"), 1.0),
        (format!("ipvsd_service_state{{{web},state=\"up\"}}"), 0.0),
        (format!("ipvsd_service_state{{{quote},state=\"up\"}}"), 1.0),
        (r#"ipvsd_service_state{service="six",state="up"}"#.to_owned(), 1.0),
        (r#"ipvsd_service_state{service="pool",state="on_fallback"}"#.to_owned(), 1.0),
        (r#"ipvsd_service_state{service="refused",state="down"}"#.to_owned(), 1.0),
        (r#"ipvsd_service_servers{service="pool"}"#.to_owned(), 2.0),
        (r#"ipvsd_service_servers_up{service="pool"}"#.to_owned(), 0.0),
        (r#"ipvsd_service_in_kernel{service="refused"}"#.to_owned(), 0.0),
        (r#"ipvsd_service_kernel_refusals_pending{service="refused"}"#.to_owned(), 1.0),
        (r#"ipvsd_service_kernel_refusals_pending{service="six"}"#.to_owned(), 0.0),
        // Servers.
        (format!("ipvsd_server_up{{{web},server=\"10.0.0.11:80\"}}"), 1.0),
        (format!("ipvsd_server_up{{{web},server=\"10.0.0.12:80\"}}"), 0.0),
        (format!("ipvsd_server_weight{{{web},server=\"10.0.0.12:80\",of=\"defined\"}}"), 3.0),
        (format!("ipvsd_server_weight{{{web},server=\"10.0.0.13:80\",of=\"kernel\"}}"), 0.0),
        (format!("ipvsd_server_override{{{web},server=\"10.0.0.13:80\",kind=\"drain\"}}"), 1.0),
        (format!("ipvsd_server_failing{{{quote},server=\"10.0.0.21:80\"}}"), 1.0),
        (format!("ipvsd_server_last_probe_result{{{quote},server=\"10.0.0.21:80\",result=\"failed\"}}"), 1.0),
        (format!("ipvsd_server_last_probe_duration_seconds{{{quote},server=\"10.0.0.21:80\"}}"), 0.02),
        (r#"ipvsd_server_weight{service="six",server="[2001:db8::21]:53",of="kernel"}"#.to_owned(), 1.0),
        (r#"ipvsd_server_connections{service="six",server="[2001:db8::21]:53",state="active"}"#.to_owned(), 0.0),
        (r#"ipvsd_server_scheduled_connections_total{service="six",server="[2001:db8::21]:53"}"#.to_owned(), 0.0),
        (r#"ipvsd_server_up{service="pool",server="nowhere.invalid:80"}"#.to_owned(), 0.0),
        (r#"ipvsd_server_info{service="pool",server="nowhere.invalid:80",role="real",host="nowhere.invalid",forwarding=""}"#.to_owned(), 1.0),
        (r#"ipvsd_server_info{service="pool",server="10.0.0.31:80",role="real",host="",forwarding="masq"}"#.to_owned(), 1.0),
        (r#"ipvsd_server_info{service="pool",server="10.0.0.99:80",role="fallback",host="",forwarding="masq"}"#.to_owned(), 1.0),
        (r#"ipvsd_server_weight{service="pool",server="10.0.0.99:80",of="kernel"}"#.to_owned(), 1.0),
        // The daemon.
        ("ipvsd_configuration_loaded_timestamp_seconds".to_owned(), 1_000_000.0),
        (r#"ipvsd_configurations_total{result="accepted"}"#.to_owned(), 1.0),
        ("ipvsd_configuration_refused".to_owned(), 0.0),
        ("ipvsd_kernel_error".to_owned(), 0.0),
        ("ipvsd_frozen".to_owned(), 0.0),
        ("ipvsd_peer_up".to_owned(), 1.0),
        ("ipvsd_peer_differences".to_owned(), 0.0),
        ("ipvsd_observed_differences".to_owned(), 0.0),
        (r#"ipvsd_sync_daemon_running{role="backup"}"#.to_owned(), 1.0),
        (r#"ipvsd_overrides{kind="drain"}"#.to_owned(), 1.0),
        (r#"ipvsd_overrides{kind="weight"}"#.to_owned(), 0.0),
        (r#"ipvsd_kernel_operations_total{operation="add_service",result="done"}"#.to_owned(), 5.0),
        (r#"ipvsd_notifications_failed_total{receiver="webhook"}"#.to_owned(), 2.0),
    ];
    for (series, value) in expected {
        assert_eq!(
            values.get(series.as_str()),
            Some(&value),
            "{series} in\n{text}"
        );
    }
    // A real server among the fallbacks stays one server, and a server without an entry has no weight there.
    assert!(!text.contains(r#"server="10.0.0.41:80",role="fallback""#));
    let none = format!("ipvsd_server_weight{{{web},server=\"10.0.0.12:80\",of=\"kernel\"}}");
    assert_eq!(values.get(none.as_str()), None);
    // Every probe of a service is in its histogram.
    let of_quote = |metric: &str| values[format!("{metric},le=\"0.025\"}}").as_str()];
    let bucket = of_quote(&format!("ipvsd_probe_duration_seconds_bucket{{{quote}"));
    let probes: f64 = (["passed", "failed"].iter())
        .map(|result| values[format!("ipvsd_probes_total{{{quote},result=\"{result}\"}}").as_str()])
        .sum();
    assert!(bucket > 4.0 && bucket == probes, "{bucket} {probes}");
    // The service without a scheduler, and its server.
    for (operation, result) in [("add_service", "refused"), ("add_server", "skipped")] {
        let of = format!("operation=\"{operation}\",result=\"{result}\"");
        let series = format!("ipvsd_kernel_operations_total{{{of}}}");
        assert!(values[series.as_str()] >= 1.0, "{series}");
    }
}

#[tokio::test]
async fn promtool_finds_no_fault_in_a_scrape() {
    let text = scrape(story().overview()).await;
    assert_eq!(promtool(&["check", "metrics"], &text), Ok(()));
    // Every metric of the table is in it, but those that need what this story lacks.
    for line in metrics::table().lines() {
        let Some(name) = line.strip_prefix("| `ipvsd") else {
            continue;
        };
        let name = format!("ipvsd{}", name.split('`').next().unwrap());
        assert!(
            text.contains(&format!("# TYPE {name} ")),
            "{name} in\n{text}"
        );
    }
    // As many as docs/metrics.md says.
    let series = |part: &str| text.lines().filter(|line| line.contains(part)).count();
    let of_server = series(r#"service="six",server="#);
    let of_service = series(r#"service="six""#) - of_server;
    assert_eq!((of_service, of_server), (35, 20));
    // A daemon that has just begun has metrics as well.
    let text = scrape(Story::new().overview()).await;
    assert_eq!(promtool(&["check", "metrics"], &text), Ok(()));
}

#[tokio::test]
async fn nothing_is_left_of_a_service_that_is_no_longer_configured() {
    let mut story = story();
    let at = CONFIGURATION.find("  - name: six").unwrap();
    story.load(&CONFIGURATION[..at]);
    story.run(6);
    let text = scrape(story.overview()).await;
    assert!(text.contains(r#"service="web tcp 192.0.2.10:80""#));
    assert!(
        !text.contains(r#"service="six""#) && !text.contains("2001:db8"),
        "{text}"
    );
}

#[tokio::test]
async fn health_pages_say_the_state_and_why() {
    let requests = [
        "GET /health/live",
        "GET /health/ready",
        "GET /health/service/six",
        "GET /health/service/web",
        "GET /health/service/web%20tcp%20192.0.2.10:8080",
        "GET /health/service/quote%20%22%20back%20%5C%20slash%0Aline",
        "GET /health/service/pool",
        "GET /health/service/nothing",
    ];
    let answers = answers(story().overview(), &requests).await;
    let shown: Vec<String> = (answers.iter())
        .map(|(status, text)| format!("{status} {text}"))
        .collect();
    let expected = [
        "200 live\n",
        "200 ready\n",
        "200 six: up, 1 of 1 up\n",
        "429 web tcp 192.0.2.10:8080: degraded, 2 of 3 up; 10.0.0.12:80 down: connection refused\n",
        "429 web tcp 192.0.2.10:8080: degraded, 2 of 3 up; 10.0.0.12:80 down: connection refused\n",
        "200 quote \" back \\ slash\\nline: up, 1 of 1 up\n",
        "503 pool: on fallback, 0 of 2 up; 10.0.0.31:80 down: connection refused; nowhere.invalid:80 has no address\n",
        "404 no service \"nothing\"\n",
    ];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn a_daemon_without_a_table_is_live_and_not_ready() {
    let requests = ["GET /health/live", "GET /health/ready"];
    let answers = answers(Story::new().overview(), &requests).await;
    let statuses: Vec<&str> = answers.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(statuses, ["200", "503"]);
    assert_eq!(answers[1].1, "not ready: no configuration is in force\n");
}

#[tokio::test]
async fn nothing_but_pages_can_be_reached_by_tcp() {
    let requests = [
        "GET /v1/status",
        "POST /v1/unfreeze",
        "POST /v1/reload",
        "GET /v1/history/x/y",
        "POST /metrics",
        "DELETE /health/ready",
        "GET /",
    ];
    let answers = answers(Story::new().overview(), &requests).await;
    let statuses: Vec<&str> = answers.iter().map(|(status, _)| status.as_str()).collect();
    assert_eq!(statuses, ["404", "404", "404", "404", "405", "405", "404"]);
}

fn rules(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("dist/prometheus")
        .join(name)
}

#[test]
fn alert_rules_fire_as_their_tests_say_and_use_metrics_that_exist() {
    let path = |name: &str| rules(name).display().to_string();
    let rules = path("ipvsd.rules.yml");
    assert_eq!(promtool(&["check", "rules", &rules], ""), Ok(()));
    assert_eq!(
        promtool(&["test", "rules", &path("ipvsd.rules.test.yml")], ""),
        Ok(())
    );
    let table = metrics::table();
    let text = std::fs::read_to_string(rules).unwrap();
    let is_part = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    let used: BTreeSet<&str> = text
        .split(|letter| !is_part(letter))
        .filter(|word| word.starts_with("ipvsd_"))
        .collect();
    assert!(used.len() > 8, "{used:?}");
    for name in used {
        assert!(table.contains(&format!("| `{name}` |")), "no metric {name}");
    }
}
