# shellcheck shell=sh
# A change that removes more servers of a pool, services or open connections than `guard` allows is refused, by reload, SIGHUP,
# `apply` or an override. With `--force` it is done. Several small changes within an hour count as one, and `plan` says so.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
NEW=$LAB_TMP/director/new.yaml
# site PORT SERVERS [PORT SERVERS]...: definitions with those services.
site() {
    echo 'director: {safety_limits: {servers: 1, services: 1, connections: 1}}'
    echo 'services:'
    while [ $# -gt 0 ]; do
        printf '  - {listen: "tcp://%s:%s", scheduler: rr, forwarding: nat, check: {tcp: {}, every: 1s}, drain: off, real_servers: [%s]}\n' "$VIP" "$1" "$2"
        shift 2
    done
}
ALL="\"$RIP1:80\", \"$RIP2:80\", \"$RIP3:80\""
TWO="\"$RIP1:80\", \"$RIP2:80\""
of() {
    echo "-A -t $VIP:$1 -s rr"
    port=$1
    shift
    for rip in "$@"; do echo "-a -t $VIP:$port -r $rip:80 -m -w 1"; done
}
whole() { of 80 "$RIP1" "$RIP2" "$RIP3"; of 81 "$RIP1" "$RIP2"; of 82 "$RIP1" "$RIP2"; }
# refused WORDS COMMAND...: it ends with status 3 and says this; the table is as it was, and everybody is served.
refused() {
    words=$1
    shift
    status=0
    said=$("$@" 2>&1) || status=$?
    expect_equal "the status of $*" 3 "$status"
    expect_contains "the answer to $*" "$words" "$said"
    expect_contains "the answer to $*" '--force' "$said"
    whole | throughout_table 1
    expect_equal 'who answers' '2 real1,2 real2,2 real3' "$(tally 6 | paste -sd,)"
}

site 80 "$ALL" 81 "$TWO" 82 "$TWO" | director_define
director_start
whole | eventually_table 20
requests_begin users "$VIP:81"

# Two of the three servers of a pool.
site 80 "\"$RIP1:80\"" 81 "$TWO" 82 "$TWO" | put director "$NEW"
refused 'real servers' ctl apply "$NEW"
expect_not on director cmp -s "$NEW" "$DEFINITIONS"
site 80 "\"$RIP1:80\"" 81 "$TWO" 82 "$TWO" | director_define
refused 'real servers' ctl reload
refusals() { director_log | grep -c 'refused' || :; }
before=$(refusals)
director_reload
refused_again() { [ "$(refusals)" -gt "$before" ]; }
eventually 10 refused_again
whole | throughout_table 1
requests_end users
ctl disable "$VIP:80" "$RIP3" -m 'one by one' >/dev/null
{ of 80 "$RIP1" "$RIP2"; of 81 "$RIP1" "$RIP2"; of 82 "$RIP1" "$RIP2"; } | eventually_table 5
expect_equal 'who answers without the one' '3 real1,3 real2' "$(tally 6 | paste -sd,)"
expect_contains 'the explanation' 'one by one' "$(ctl explain "$VIP:80" "$RIP3")"
ctl enable "$VIP:80" "$RIP3" >/dev/null
whole | eventually_table 5

# Two of the three services.
site 80 "$ALL" | director_define
refused 'services' ctl reload

# A server with two open downloads is one server, and two connections.
site 80 "$ALL" 81 "$TWO" 82 "$TWO" | director_define
ctl reload >/dev/null
for name in first second third fourth fifth sixth; do download_start "$name"; done
expect_equal 'downloads through the third server' 2 "$(open_connections "$RIP3")"
site 80 "$TWO" 81 "$TWO" 82 "$TWO" | put director "$NEW"
refused 'connections' ctl apply "$NEW"
refused 'connections' ctl disable "$VIP:80" "$RIP3"
# A drain cuts nobody off, so it needs no force.
ctl drain "$VIP:80" "$RIP3" -m 'new disk' >/dev/null
drains() { [ "$(table | grep -c -- "-t $VIP:80 -r $RIP3:80 -m -w 0")" = 1 ]; }
eventually 5 drains
expect_equal 'who answers meanwhile' '3 real1,3 real2' "$(tally 6 | paste -sd,)"
expect_download_goes_on third
ctl enable "$VIP:80" "$RIP3" >/dev/null
whole | eventually_table 5

for name in first second third fourth fifth sixth; do expect_download_goes_on "$name"; done
expect_contains 'what force says' 'in force' "$(ctl apply "$NEW" --force)"
{ of 80 "$RIP1" "$RIP2"; of 81 "$RIP1" "$RIP2"; of 82 "$RIP1" "$RIP2"; } | eventually_table 10
expect_equal 'who answers after all' '3 real1,3 real2' "$(tally 6 | paste -sd,)"

# One server after the other is as much, here where no connection is open.
two() { of 80 "$RIP1" "$RIP2"; of 81 "$@"; of 82 "$RIP1" "$RIP2"; }
site 80 "$TWO" 81 "$ALL" 82 "$TWO" | put director "$NEW"
ctl apply "$NEW" >/dev/null
two "$RIP1" "$RIP2" "$RIP3" | eventually_table 10
site 80 "$TWO" 81 "$TWO" 82 "$TWO" | put director "$NEW"
ctl apply "$NEW" >/dev/null
two "$RIP1" "$RIP2" | eventually_table 10
site 80 "$TWO" 81 "\"$RIP1:80\"" 82 "$TWO" | put director "$NEW"
words='leaves 1 of the 3 real servers of tcp'
expect_contains 'the plan' "$words" "$(ctl plan "$NEW")"
status=0
said=$(ctl apply "$NEW" 2>&1) || status=$?
expect_equal 'the status of the second step' 3 "$status"
expect_contains 'the answer to the second step' "$words" "$said"
