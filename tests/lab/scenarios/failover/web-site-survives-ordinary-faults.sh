# shellcheck shell=sh
# The web site of examples/site-web.yaml goes through every ordinary fault and every operation. No request fails but those that a
# fault explains.
# limit: 600

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SITE_REST=0
. "$LAB_DIRECTORY/site.sh"
direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
direct_real_server real3 "$DIRECT_RIP3"
director_define <"$LAB_ROOT/examples/site-web.yaml"
director_start
state_is() { site_is web "$1"; }
eventually 20 state_is up
rip_of() { case $1 in real1) echo "$DIRECT_RIP1" ;; *) echo "$DIRECT_RIP2" ;; esac; }
# clients_at HOST: the clients have that server now.
clients_at() { answered_by "$1" "$DIRECT_VIP"; }
other_than() { case $1 in real1) echo real2 ;; *) echo real1 ;; esac; }
serves=$(ask "$DIRECT_VIP")
site_used "$DIRECT_VIP"

# swap: the clients are at the other server from now on.
swap() {
    serves=$(other_than "$serves")
    serving=$(ask "$DIRECT_VIP")
    [ "$serving" = "$serves" ] || fail "$serving serves the clients, not $serves: $(site_story)"
}

# Faults of the server that the clients have.
fault 'a web server that stops' web_stop "$serves"
answered clients_at "$(other_than "$serves")"
state_is DEGRADED || fail "a server is down: $(director_status)"
harmless 'its return' web_start "$serves"
eventually 20 state_is up
swap
fault 'a web server that hangs' web_hang "$serves"
answered clients_at "$(other_than "$serves")"
harmless 'its return' web_resume "$serves"
eventually 20 state_is up
swap
fault 'a machine that is cut off' on "$serves" ip link set front down
answered clients_at "$(other_than "$serves")"
on "$serves" ip link set front up
eventually 20 state_is up
swap
fault 'a page that says maintenance' web_sick "$serves"
answered clients_at "$(other_than "$serves")"
expect_equal 'requests that failed for a page' 0 "$fault_failed"
harmless 'its return' web_healthy "$serves"
eventually 20 state_is up
swap

# What operators do.
harmless 'a drain' quiesces "$(rip_of "$serves")" ctl drain web "$(rip_of "$serves")" -m 'kernel upgrade'
swap
harmless 'its end' ctl enable web "$(rip_of "$(other_than "$serves")")"
harmless 'a reload' ctl reload
harmless 'a restart' restart
harmless 'a daemon that is killed' killed
eventually 20 state_is up

# Nothing is left but the sorry page.
stop_all() { web_stop real1; web_stop real2; }
fault 'all web servers stop' stop_all
answered clients_at real3
state_is 'ON FALLBACK' || fail "the fallback serves: $(director_status)"
start_all() { web_start real1; web_start real2; }
harmless 'their return' start_all
eventually 20 state_is up
leaves_fallback() { [ "$(ask "$DIRECT_VIP")" != real3 ]; }
eventually 10 leaves_fallback
site_ends
