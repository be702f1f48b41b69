# shellcheck shell=sh
# The safety limits hold for a start with a changed file as for a reload, and small steps count together: of a pool of three, two
# servers do not leave one by one. `plan` says that a change will be refused. No request fails.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
ctl() { on director ipvsctl "$@"; }
# define SERVERS: those of the service.
define() {
    director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html, expect: {body: OK}}, every: 500ms, timeout: 2s, fall: 1}
    on_failure: quiesce
    real_servers: [$1]
D
}
ALL="\"$RIP1:80\", \"$RIP2:80\", \"$RIP3:80\""
all() { service; server "$RIP1"; server "$RIP2"; server "$RIP3"; }

define "$ALL"
director_start
all | eventually_table 10
requests_begin web

# One server may go, the second one not.
ctl drain web "$RIP3" -m 'new disk' >/dev/null
{ service; server "$RIP1"; server "$RIP2"; server "$RIP3" 0; } | eventually_table 5
if said=$(ctl drain web "$RIP2" -m 'new kernel' 2>&1); then fail "two of three are out: $said"; fi
expect_contains 'the refusal' 'leaves 1 of the 3 configured real servers of web in use' "$said"
define "\"$RIP1:80\", \"$RIP3:80\""
if said=$(ctl reload 2>&1); then fail "two of three are out: $said"; fi
expect_contains 'the refusal' 'leaves 1 of the 3 configured real servers of web in use' "$said"
ctl enable web "$RIP3" >/dev/null
all | eventually_table 5

# While no daemon runs, two of the three leave the file. What was in force stays so until somebody insists.
director_kill
define "\"$RIP1:80\""
expect_contains 'the plan' 'REFUSED by the safety limits: this change leaves 1 of the 3' "$(ctl plan "$DEFINITIONS")"
director_start
all | throughout_table 2
status_says 'REFUSED' || fail "$(director_status)"
expect_contains 'the status' 'leaves 1 of the 3 serving real servers of web' "$(director_status)"
web_sick real3
{ service; server "$RIP1"; server "$RIP2"; server "$RIP3" 0; } | eventually_table 5
web_healthy real3
all | eventually_table 5
expect_contains 'the plan' 'REFUSED by the safety limits' "$(ctl plan "$DEFINITIONS")"
requests_end web
ctl reload --force >/dev/null
{ service; server "$RIP1"; } | eventually_table 5
status_lacks 'REFUSED' || fail "$(director_status)"

# Then it is what the next start begins with.
director_kill
director_start
status_lacks 'REFUSED' || fail "$(director_status)"
{ service; server "$RIP1"; } | throughout_table 1
