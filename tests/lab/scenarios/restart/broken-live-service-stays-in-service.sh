# shellcheck shell=sh
# With `on_error: isolate` a broken service does not prevent a start: the check that the unit runs lets it pass, and a live service of
# which no valid form is known stays in the kernel. No request fails.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
# define ON_ERROR SCHEDULER SERVER: two services; the word for the scheduler of the first may be none.
define() {
    director_define <<D
director: {on_error: $1, safety_limits: off}
defaults:
  service: {forwarding: nat}
  check: {http: {path: /test.html}, every: 500ms, timeout: 2s, fall: 1}
services:
  - {name: web, listen: tcp://$VIP:80, scheduler: $2, real_servers: ["$RIP1:80", "$RIP2:80"]}
  - {name: api, listen: tcp://$VIP:81, scheduler: rr, real_servers: ["$3:80"]}
D
}
both() {
    echo "-A -t $VIP:80 -s rr"
    server "$RIP1"
    server "$RIP2"
    echo "-A -t $VIP:81 -s rr"
    echo "-a -t $VIP:81 -r $1:80 -m -w 1"
}

# Nothing is kept of the services where broken ones are refused.
define refuse rr "$RIP3"
director_start
both "$RIP3" | eventually_table 10
requests_begin web
director_kill
define isolate rrr "$RIP2"
said=$(ctl check "$DEFINITIONS" 2>&1) || fail "the check of the unit fails: $said"
expect_contains 'the check' 'error: unknown scheduler "rrr"' "$said"
expect_not ctl check --strict "$DEFINITIONS" >/dev/null 2>&1
director_start
both "$RIP2" | eventually_table 10
both "$RIP2" | throughout_table 2
expect_contains 'the status' 'BROKEN: service web at' "$(director_status)"
case $(ctl plan "$DEFINITIONS" 2>/dev/null) in *"$VIP:80"*) fail 'the plan takes the broken service away' ;; esac

# Corrected, it is checked and changed again.
define isolate rr "$RIP2"
ctl reload >/dev/null
eventually 5 status_lacks BROKEN
requests_end web
web_stop real2
eventually_table 10 <<T
-A -t $VIP:80 -s rr
$(server "$RIP1")
-A -t $VIP:81 -s rr
T
