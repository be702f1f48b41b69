# shellcheck shell=sh
# When all servers fall silent at once and nothing can take their place, ipvsd freezes their health: the table stays, an alarm is
# raised, and the first answer or `ipvsctl unfreeze` ends it. Servers that answer with errors or refuse connections are removed.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
{
    cat <<Y
director: {freeze: {min_servers: 3, within: 2s, max_duration: 5m}}
defaults: {service: {scheduler: rr, forwarding: nat, on_failure: quiesce}, check: {every: 500ms, timeout: 400ms, fall: 3}}
services:
Y
    for port in 80 81; do
        echo "  - {listen: \"tcp://$VIP:$port\", check: {http: {path: /test.html}}, real_servers: [\"$RIP1:80\", \"$RIP2:80\", \"$RIP3:80\"]}"
    done
} | director_define
director_start
everybody() {
    for port in 80 81; do
        echo "-A -t $VIP:$port -s rr"
        for rip in "$RIP1" "$RIP2" "$RIP3"; do
            weight=1
            [ "$rip" != "${1-}" ] || weight=0
            echo "-a -t $VIP:$port -r $rip:80 -m -w $weight"
        done
    done
}
everybody | eventually_table 10

# Packets are lost on the way, in silence.
link_loses_everything
eventually 10 status_says 'FROZEN: all 3 servers fell silent at once'
everybody | throughout_table 3
status_says 'FROZEN, ' || fail "no service is shown as frozen: $(director_status)"
expect_contains 'the doctor' service-frozen "$(on director ipvsctl doctor --quiet)"
link_is_well
eventually 10 status_says "$RIP1:80"
eventually 20 status_lacks FROZEN
everybody | throughout_table 1
expect_equal 'who answers after the outage' '3' "$(tally 9 | wc -l | tr -d ' ')"

# There is no route at all.
link_down
eventually 10 status_says 'network is unreachable'
everybody | throughout_table 3
link_up
eventually 20 status_lacks FROZEN
eventually 20 status_lacks unreachable
everybody | throughout_table 1

# One of them really fails.
web_stop real1
everybody "$RIP1" | eventually_table 20
web_start real1
everybody | eventually_table 20

# All of them are down, and say so: nothing is frozen.
nobody() { everybody | sed 's/-w 1$/-w 0/'; }
alarms=$(director_log | grep -c ALARM)
for host in real1 real2 real3; do web_quit "$host"; done
nobody | eventually_table 20
expect_equal 'the alarms' "$alarms" "$(director_log | grep -c ALARM)"
for host in real1 real2 real3; do web_start "$host"; done
everybody | eventually_table 20

# They are silent, and the operator knows that they are down.
link_loses_everything
eventually 10 status_says 'FROZEN: all 3 servers fell silent at once'
expect_equal 'the answer of unfreeze' 'health is no longer frozen' "$(on director ipvsctl unfreeze)"
nobody | eventually_table 20
