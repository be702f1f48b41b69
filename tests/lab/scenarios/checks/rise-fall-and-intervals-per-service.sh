# shellcheck shell=sh
# One page goes bad and well again, and six services judge it by definitions of their own, with clients asking all the while:
# soon by asking faster while answers speak against the verdict, late by a slow pace while it is down, by good ones among
# the last answers, by several good ones before it counts as up; and one that changes too often is held out until it is calm.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
PLAIN=81 QUICK=82 PATIENT=83 WINDOW=84 RISING=85 DAMPED=86
judged() {
    cat <<Y
  - {listen: "tcp://$VIP:$1", scheduler: rr, forwarding: nat, real_servers: ["$RIP1:80", "$RIP2:80"],
     check: {http: {path: /test.html, expect: {body: OK}}, timeout: 2s, $2}}
Y
}
{
    echo 'services:'
    judged $PLAIN 'every: 6s, fall: 3, rise: 1'
    judged $QUICK 'every: 6s, every_while_changing: 100ms, fall: 3, rise: 1'
    judged $PATIENT 'every: 500ms, every_while_down: 60s, fall: 1, start_spread: 2s, jitter: 10'
    judged $WINDOW 'every: 500ms, window: {good: 3, of: 5}'
    judged $RISING 'every: 500ms, fall: 1, rise: 4'
    judged $DAMPED 'every: 500ms, fall: 1, damping: {half_life: 20s, hold_above: 3, release_below: 2}'
} | director_define
# has PORT: real1 serves the service at that port.
has() {
    table | grep -q -- "-t $VIP:$1 -r $RIP1:80 -m -w 1"
}
has_not() {
    ! has "$1"
}
all_have() {
    for port in $PLAIN $QUICK $PATIENT $WINDOW $RISING $DAMPED; do has "$port" || return 1; done
}
log_says() {
    director_log | grep -q -- "$1"
}
director_start
eventually 20 all_have

web_sick real1
eventually 15 has_not $QUICK
# Three answers of the plain one take twelve seconds more than its first.
expect has $PLAIN
for port in $PATIENT $WINDOW $RISING $DAMPED; do eventually 10 has_not "$port"; done
eventually 5 log_says 'of the last [0-9]* good, 3 of 5 needed'
expect_equal 'who answers where it is out' '6 real2' "$(tally 6 "$VIP:$QUICK")"

web_healthy real1
eventually 10 has $WINDOW
eventually 10 has $RISING
eventually 5 log_says '4 of 4'
expect has_not $PATIENT
eventually 10 has $DAMPED
# Twice more, and it changes too often for one of them.
for _ in 1 2; do
    web_sick real1
    eventually 10 has_not $RISING
    eventually 10 has_not $DAMPED
    web_healthy real1
    eventually 10 has $RISING
done
eventually 5 log_says 'changes too often and is held out'
expect has_not $DAMPED
expect_contains 'the explanation' 'held out' "$(on director ipvsctl explain "$VIP:$DAMPED" "$RIP1")"
expect_equal 'who answers while it is held out' '6 real2' "$(tally 6 "$VIP:$DAMPED")"
eventually 60 has $DAMPED
expect log_says 'is calm again'
expect_equal 'who answers at the end' '3 real1, 3 real2' "$(tally 6 "$VIP:$DAMPED" | paste -sd, | sed 's/,/, /')"
