# shellcheck shell=sh
# By default a failed server drains: it gets no new connection, what it has begun goes on, and it leaves the table when that has
# ended. No request fails. `ipvsctl disable`, `on_failure: remove` and `drain: off` reset open connections, so that no client waits
# for its own timeout; the configuration can decline the kernel setting that this needs.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SETTING=net.ipv4.vs.expire_nodest_conn
# definitions_with SERVICE-KEYS [DIRECTOR-KEY]
definitions_with() {
    cat <<Y
director: {resync: 1s${2:+, $2}}
services:
  - {name: web, listen: "tcp://$VIP:80", scheduler: rr, forwarding: nat, check: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 5s}, real_servers: ["$RIP1:80", "$RIP2:80"]$1}
Y
}
setting_is() {
    [ "$(on director sysctl -n $SETTING)" = "$1" ]
}
both_serve() {
    tally_is '1 real1,1 real2' 2
}
# server_of_download: the real server to which the kernel has an established connection of the client.
server_of_download() {
    on director ipvsadm -L -n | awk '$1 == "->" && $5 + 0 > 0 { sub(/:.*/, "", $2); print $2 }'
}
reset_seen() {
    # Reads on, so that the client acknowledges and hears.
    # shellcheck disable=SC2016
    on client sh -c 'cd "$1"; timeout 2 head -c 60000000 <"$2.pipe" >/dev/null; [ -s "$2.status" ] && [ "$(cat "$2.status")" != 0 ]' reset "$LAB_TMP/client" "$1"
}
load_modules director ip_vs
sysctl_on director $SETTING=0

definitions_with '' | director_define
director_start
eventually 10 both_serve
download_start first
busy=$(server_of_download)
sick=$([ "$busy" = "$RIP1" ] && echo real1 || echo real2)
well=$([ "$busy" = "$RIP1" ] && echo real2 || echo real1)
web_sick "$sick"
eventually 10 weight_is "$VIP:80" "$busy" 0
requests_begin users
expect_equal 'who answers ten requests' "10 $well" "$(tally 10)"
expect_download_goes_on first
expect_download_completes first
is_gone() { [ -z "$(weight "$VIP:80" "$busy")" ]; }
eventually 20 is_gone
requests_end users
expect setting_is 0
next=$LAB_TMP/director/next.yaml
definitions_with ', on_failure: remove' | put director "$next"
expect_contains 'the plan' "set     $SETTING  0 -> 1   (removed servers: " "$(on director ipvsctl plan "$next")"
web_healthy "$sick"
eventually 10 both_serve

# Disabled by an operator: the client hears of it.
download_start second
busy=$(server_of_download)
on director ipvsctl disable web "$busy" -m 'broken disk'
eventually 10 setting_is 1
eventually 5 reset_seen second
signal client second KILL
on director ipvsctl enable web "$busy"
# The kernel may still remember other connections that were cut off.
expect setting_is 1
eventually 10 both_serve

# Asked for in the configuration.
definitions_with ', on_failure: remove' | director_define
director_reload
eventually 10 setting_is 1
download_start third
busy=$(server_of_download)
sick=$([ "$busy" = "$RIP1" ] && echo real1 || echo real2)
web_sick "$sick"
eventually 10 is_gone
eventually 5 reset_seen third
signal client third KILL
web_healthy "$sick"
eventually 10 both_serve

# The same for a server that leaves the configuration.
definitions_with ', drain: off' | director_define
director_reload
eventually 10 setting_is 1
download_start fourth
busy=$(server_of_download)
definitions_with ', drain: off' | sed "s/\"$busy:80\",* *//" | director_define
director_reload
eventually 10 is_gone
eventually 5 reset_seen fourth
signal client fourth KILL
definitions_with ', on_failure: remove' 'expire_nodest_conn: false' | director_define
director_reload
eventually 10 setting_is 0
