# shellcheck shell=sh
# A broken service keeps its last good configuration over kill -9, also when it breaks while no daemon runs.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
# define SERVERS: those of the service.
define() {
    director_define <<D
director: {on_error: isolate, safety_limits: off}
services:
  - name: kept
    listen: tcp://$VIP:82
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 1}
    real_servers: [$1]
D
}

define "\"$RIP3:80\""
director_start
eventually 10 weight_is "$VIP:82" "$RIP3" 1
define '192.168.6.400'
ctl reload >/dev/null 2>&1 || :
eventually 5 status_matches 'BROKEN: service kept at .*, kept'
director_kill
director_start
expect_contains 'the status' 'BROKEN: service kept at' "$(ctl status)"
expect_equal 'the broken service' 1 "$(weight "$VIP:82" "$RIP3")"
expect_equal 'who answers there' real3 "$(on client curl -sS -f -m 5 "http://$VIP:82/whoami")"
eventually_log 5 'service kept has errors and is kept as it was when it was last valid'

# Corrected, it counts. It breaks again while no daemon runs, and the plan knows what becomes of it.
define "\"$RIP2:80\""
ctl reload >/dev/null
eventually 5 weight_is "$VIP:82" "$RIP2" 1
director_kill
define '192.168.6.400'
case $(ctl plan "$DEFINITIONS" 2>/dev/null) in *"$VIP:82"*) fail 'the plan takes the broken service away' ;; esac
director_start
expect_equal 'the broken service' 1 "$(weight "$VIP:82" "$RIP2")"
