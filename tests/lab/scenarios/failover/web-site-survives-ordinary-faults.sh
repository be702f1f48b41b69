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
site_used_by 5 http http "$DIRECT_VIP" 80

# swap: the clients are at the other server from now on.
swap() {
    serves=$(other_than "$serves")
    serving=$(ask "$DIRECT_VIP")
    [ "$serving" = "$serves" ] || fail "$serving serves the clients, not $serves: $(site_story)"
}

# Faults of the server that the clients have. A refused connection fails at once, so one fails with each request until two probes have
# failed; a request that hangs fails after 10 s, when the clients have long been elsewhere.
fault 'a web server that stops' web_stop "$serves"
answered clients_at "$(other_than "$serves")"
only_failed http
state_is DEGRADED || fail "a server is down: $(director_status)"
harmless 'its return' web_start "$serves"
eventually 20 state_is up
swap
fault 'a web server that hangs' web_hang "$serves"
answered clients_at "$(other_than "$serves")"
only_failed http=2
harmless 'its return' web_resume "$serves"
eventually 20 state_is up
swap
fault 'a machine that is cut off' on "$serves" ip link set front down
answered clients_at "$(other_than "$serves")"
only_failed http=2
harmless 'its return' on "$serves" ip link set front up
eventually 20 state_is up
swap
fault 'a page that says maintenance' web_sick "$serves"
answered clients_at "$(other_than "$serves")"
only_failed http=0
harmless 'its return' web_healthy "$serves"
eventually 20 state_is up
swap

# What operators do.
harmless 'a drain' quiesces "$(rip_of "$serves")" ctl drain web "$(rip_of "$serves")" -m 'kernel upgrade'
swap
harmless 'its end' ctl enable web "$(rip_of "$(other_than "$serves")")"
harmless 'maintenance' quiesces "$(rip_of "$serves")" ctl maintenance web "$(rip_of "$serves")" -m 'new disk'
swap
harmless 'its end' ctl enable web "$(rip_of "$(other_than "$serves")")"
harmless 'another weight' file_changes "s|$DIRECT_RIP2:80|{address: $DIRECT_RIP2:80, weight: 2}|"
harmless 'a broken file' broken_file
harmless 'a restart' restart
harmless 'a daemon that is killed' killed
eventually 20 state_is up
# Connections have no server until ipvsd has compared the table.
fault 'a cleared table' table_cleared
answered table_restored
only_failed http
serves=$(ask "$DIRECT_VIP")
# A disabled server loses its connections at once, and a request of this moment with them.
fault 'a server that is disabled' ctl disable web "$(rip_of "$serves")" -m 'smoke'
answered clients_at "$(other_than "$serves")"
only_failed http=1
swap
harmless 'its end' ctl enable web "$(rip_of "$(other_than "$serves")")"
eventually 20 state_is up
# A director that starts again has an empty table and no VIP.
reboots() {
    director_kill
    on director ipvsadm -C
    on director ip address del "$DIRECT_VIP/24" dev front
    direct_director
    director_start
}
fault 'a director that starts again' reboots
answered state_is up
only_failed http

# Nothing is left but the sorry page: all fail, all answer 503, or all are silent.
on_both() { "$@" real1; "$@" real2; }
leaves_fallback() { [ "$(ask "$DIRECT_VIP")" != real3 ]; }
for way in 'stop:web_stop:web_start' 'say maintenance:web_sick:web_healthy' 'hang:web_hang:web_resume'; do
    begins=${way#*:}
    fault "all web servers ${way%%:*}" on_both "${begins%:*}"
    answered clients_at real3
    only_failed http
    state_is 'ON FALLBACK' || fail "the fallback does not serve: $(director_status)"
    harmless 'their return' on_both "${way##*:}"
    eventually 20 state_is up
    eventually 10 leaves_fallback
done
site_ends
