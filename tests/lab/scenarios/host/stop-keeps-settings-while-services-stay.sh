# shellcheck shell=sh
# A stop restores the kernel settings of a profile only when it leaves nothing of ipvsd in the kernel. While services stay
# (`on_stop: keep`) packets are still forwarded: no request fails during a stop, a restart and a change of the configuration.
# The next ipvsd still knows the former values.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
# definitions_with ON_STOP
definitions_with() {
    cat <<Y
director: {resync: 1s, profile: nat-gateway, timeouts: {tcp: 11m}}
services:
  - listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    on_stop: $1
    check: {http: {path: /test.html}, every: 1s}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
}
settings() {
    on director sh -c 'sysctl net.ipv4.ip_forward net.ipv4.conf.back.forwarding net.ipv4.vs.conntrack; ipvsadm -L --timeout' </dev/null
}
forwards() {
    [ "$(on director sysctl -n net.ipv4.ip_forward)" = 1 ]
}
load_modules director ip_vs
sysctl_on director net.ipv4.ip_forward=0 net.ipv4.vs.conntrack=0
before=$(settings)

definitions_with keep | director_define
director_start
eventually 10 forwards
eventually 10 tally_is '1 real1,1 real2' 2
requests_begin users

director_stop
expect_contains 'what the stop says' 'keeping 8 kernel settings, because the kernel goes on balancing' "$(director_log)"
expect forwards
expect_equal 'requests that failed after the stop' 0 "$(requests_failed users)"
# Nothing is to be restored as long as the next one wants the same.
case $(on director ipvsctl plan "$DEFINITIONS") in *restore*) fail 'the plan restores settings that are wanted' ;; esac

# A restart without a pause, and one after a kill.
director_start
director_stop
director_start
director_kill
definitions_with remove | director_define
director_start
eventually_log 10 'the kernel holds the desired table'
requests_end users

# Nothing stays now, so everything is as it was before the first one.
director_stop
expect_equal 'the table after the last stop' '' "$(table)"
expect_equal 'the machine after the last stop' "$before" "$(settings)"
