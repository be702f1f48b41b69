# shellcheck shell=sh
# Prometheus reads by TCP what `ipvsctl status` and ipvsadm show, also while a server fails. An address that is in use stops
# nothing: ipvsd reports it and takes it when it becomes free.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
director: {freeze: off, resync: 1s, metrics: "$DIRECTOR_FRONT:9190"}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    on_failure: quiesce
    check: {http: {path: /test.html}, every: 1s, timeout: 5s, fall: 1}
    real_servers: [{address: "$RIP1:80", weight: 3}, "$RIP2:80"]
  - name: marked
    listen: fwmark6:7
    scheduler: rr
    forwarding: nat
    check: {tcp: {}, every: 1s, timeout: 5s}
    real_servers: ["[$RIP63]:80"]
D
port=9190
# page PATH: what the client gets there.
page() {
    on client curl -sS -m 10 "http://$DIRECTOR_FRONT:$port$1"
}
# series NAME LABELS VALUE: the scrape has this value.
series() {
    page /metrics | grep -qxF -- "$1{$2} $3"
}
# traffic_matches: the connections that the kernel has scheduled to each server of the service are in the scrape.
traffic_matches() {
    conns=$(on director ipvsadm -L -n --stats --exact | awk -v s="$RIP1:80" '$2 == s { print $3 }')
    [ "$conns" -ge 6 ] && series ipvsd_server_scheduled_connections_total "service=\"web\",server=\"$RIP1:80\"" "$conns"
}
# port_taken: a program listens on the port that the next configuration wants.
port_taken() {
    on director ss -H -l -t -n | grep -q ':9191 '
}
# status_has PART: ipvsctl shows it as JSON, blanks left out.
status_has() {
    case $(on director ipvsctl status --json | tr -d ' \n') in *"$1"*) ;; *) return 1 ;; esac
}

director_start
eventually 10 series ipvsd_service_state 'service="web",state="up"' 1
eventually 10 series ipvsd_service_state 'service="marked",state="up"' 1
series ipvsd_service_info "service=\"marked\",name=\"marked\",family=\"IPv6\",protocol=\"\",address=\"\",port=\"\",mark=\"7\",scheduler=\"rr\"" 1 ||
    fail "no such service: $(page /metrics | grep ipvsd_service_info)"
expect_equal 'the health of web' 'web: up, 2 of 2 up' "$(page /health/service/web)"
answers 8 >/dev/null
eventually 5 traffic_matches

web_stop real2
two="service=\"web\",server=\"$RIP2:80\""
eventually 10 series ipvsd_server_up "$two" 0
eventually 10 series ipvsd_server_weight "$two,of=\"kernel\"" 0
expect_equal "the weight of $RIP2 in the kernel" 0 "$(weight "$VIP:80" "$RIP2")"
eventually 10 series ipvsd_service_state 'service="web",state="degraded"' 1
expect series ipvsd_service_servers_up 'service="web"' 1
expect series ipvsd_service_server_transitions_total 'service="web",to="down"' 1
expect status_has '"name":"web",'
expect status_has '"state":"degraded"'
expect status_has '"servers_up":1,"servers_all":2'
expect_contains 'the health of web' "degraded, 1 of 2 up; $RIP2:80 down: " "$(page /health/service/web)"
expect_equal 'its status' 429 "$(on client curl -s -m 10 -o /dev/null -w '%{http_code}' "http://$DIRECTOR_FRONT:$port/health/service/web")"
expect_equal 'the API by TCP' 404 "$(on client curl -s -m 10 -o /dev/null -w '%{http_code}' "http://$DIRECTOR_FRONT:$port/v1/status")"

# The port that the next configuration wants belongs to another program for a while.
spawn director taken socat TCP-LISTEN:9191,fork,reuseaddr EXEC:cat
eventually 10 port_taken
on director sed -i 's/9190/9191/' "$DEFINITIONS"
director_reload
eventually 10 status_says "METRICS: cannot listen on $DIRECTOR_FRONT:9191 for metrics: Address already in use (os error 98)"
expect_not page /metrics
expect running director daemon
signal director taken TERM
port=9191
eventually 15 series ipvsd_service_state 'service="web",state="degraded"' 1
status_lacks METRICS || fail "$(director_status)"
