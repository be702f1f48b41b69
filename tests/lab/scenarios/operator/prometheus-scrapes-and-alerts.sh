# shellcheck shell=sh
# Debian's Prometheus scrapes the director, with the rules of `dist/prometheus`. It has the state of a service as `ipvsctl status`
# shows it, it takes every series without a complaint, and the alert of a service that is down begins.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
director: {freeze: off, metrics: "$DIRECTOR_FRONT:9190"}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 5s, fall: 1}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
director_start
founding_table | eventually_table 10

directory=$LAB_TMP/client/prometheus
on client mkdir -p "$directory"
put client "$directory/prometheus.yml" <<P
global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: [$LAB_DIRECTORY/../../dist/prometheus/ipvsd.rules.yml]
scrape_configs:
  - job_name: ipvsd
    static_configs: [{targets: ["$DIRECTOR_FRONT:9190"]}]
P
spawn client prometheus prometheus --config.file "$directory/prometheus.yml" --storage.tsdb.path "$directory/data" \
    --web.listen-address "$CIP:9090" --log.level warn
# value QUERY: the first value that Prometheus has for it, its last scrape included.
value() {
    on client curl -sS -m 10 -G --data-urlencode "query=$1" "http://$CIP:9090/api/v1/query" |
        sed -n 's/.*"value":\[[0-9.]*,"\([^"]*\)"\].*/\1/p'
}
value_is() { [ "$(value "$1")" = "$2" ]; }
alert_begins() { on client curl -sS -m 10 "http://$CIP:9090/api/v1/alerts" | grep -q '"alertname":"IpvsdServiceDown"'; }
eventually 60 value_is 'up{job="ipvsd"}' 1
eventually 10 value_is 'ipvsd_service_state{service="web",state="up"}' 1
eventually 10 value_is 'count(ipvsd_server_up == 1)' 2
expect_not alert_begins

web_stop real1
web_stop real2
eventually 20 value_is 'ipvsd_service_state{service="web",state="down"}' 1
eventually 20 alert_begins
expect_equal 'scrapes that failed' 0 "$(value 'count_over_time((up{job="ipvsd"} == 0)[5m:1s]) or vector(0)')"
expect_equal 'what Prometheus complains of' '' "$(log_of client prometheus | grep -v 'level=info' || :)"
