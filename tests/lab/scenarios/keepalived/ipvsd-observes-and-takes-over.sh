# shellcheck shell=sh disable=SC2016,SC2034
# Beside a running keepalived, `ipvsd --observe` checks and decides, and changes nothing. `ipvsctl diff` and the log show what it would
# have changed. `ipvsctl takeover` refuses while keepalived runs, and takes the table over as soon as keepalived has ended: no request
# fails, and a download goes on to its end.

. "$LAB_DIRECTORY/keepalived.sh"
check='HTTP_GET {
            url {
                path /test.html
                status_code 200
            }
            connect_timeout 1
            retry 1
            delay_before_retry 1
        }'
put director "$KEEPALIVED_CONF" <<C
virtual_server $VIP 80 {
    delay_loop 1
    lb_algo rr
    lb_kind NAT
    protocol TCP
    real_server $RIP1 80 {
        $check
    }
    real_server $RIP2 80 {
        $check
    }
}
C
# ipvsd looks at the text of the page as well.
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
notify: [{command: [touch, $LAB_TMP/director/notified]}]
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    on_failure: remove
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 1s}
    publish: {file: $LAB_TMP/director/published}
    real_servers: ["$RIP1:80", "$RIP2:80"]
D
both=$(founding_table)
keepalived_start
eventually 20 table_is "$both"

diff_says() { on director ipvsctl diff | grep -q -- "$1"; }
agrees() { on director ipvsctl diff >/dev/null; }
observer_start() {
    spawn director daemon ipvsd --observe --config "$DEFINITIONS"
    director_ready
    eventually 10 agrees
}
observer_start
expect status_says 'OBSERVING for'

# Both find out that a server fails and returns. The table is that of keepalived, and in the end they agree.
web_stop real2
eventually 20 table_is "$(service; server "$RIP1")"
eventually 10 agrees
web_start real2
eventually 20 table_is "$both"
eventually 10 agrees

# Only ipvsd finds that the page is wrong.
web_sick real1
eventually 10 diff_says "delete .* $RIP1:80 .*(down: body does not match OK"
echo "$both" | throughout_table 2
expect_contains 'the log' "ipvsd would delete" "$(log_of director daemon)"
expect status_says '1 difference now'
web_healthy real1
eventually 10 agrees
expect diff_says "^ended"
expect_contains 'the log' 'difference ended' "$(log_of director daemon)"

# It changed nothing else either.
expect_not on director test -e "$LAB_TMP/director/notified"
expect_not on director test -e "$LAB_TMP/director/published"
expect_not on director test -e "$IPVSD_STATE"

refused=$(on director ipvsctl takeover 2>&1) && fail "taken over while keepalived runs: $refused"
expect_contains 'the refusal' 'keepalived (pid ' "$refused"
expect running director daemon

# takeover_while COMMAND: the takeover waits, and the command ends keepalived. It is over when ipvsd manages the table.
takeover_while() {
    spawn director takeover ipvsctl takeover --wait 30s
    eventually 5 waits_for_takeover
    "$1"
    eventually 20 ended director takeover
    expect_contains 'the takeover' 'ipvsd manages the table now' "$(log_of director takeover)"
}
waits_for_takeover() { running director takeover; }
download_start held
requests_begin users
takeover_while keepalived_kill
echo "$both" | throughout_table 2
requests_end users
expect_not on director ipvsctl diff 2>/dev/null
expect_not status_says OBSERVING

# It manages the table from then on, and reports.
web_sick real1
eventually_table 10 <<T
$(service)
$(server "$RIP2")
T
eventually 5 on director test -e "$LAB_TMP/director/published"
web_healthy real1
echo "$both" | eventually_table 10
expect_download_goes_on held
expect_download_completes held
