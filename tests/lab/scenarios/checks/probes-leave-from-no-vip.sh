# shellcheck shell=sh
# Probes of servers with direct routing over IPv6 leave from the director's own address, also where the kernel would choose the VIP:
# a server that has the VIP too would answer itself.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
BY_HAND=fd00:172:17:60::202
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server6 real1 "$DIRECT_RIP61"
on real1 ip address add "$BY_HAND/128" dev lo nodad
# This one is added as any address of the machine.
on director ip address add "$BY_HAND/128" dev front nodad
director_define <<D
defaults:
  service: {forwarding: dr, scheduler: rr}
  check: {every: 1s, timeout: 5s, fall: 1}
services:
  - {name: ours, listen: "tcp://[$DIRECT_VIP6]:80", vip: {interface: front}, check: {http: {path: /test.html}}, real_servers: ["[$DIRECT_RIP61]:80"]}
  - {name: by-hand, listen: "tcp://[$BY_HAND]:80", check: tcp, real_servers: ["[$DIRECT_RIP61]:80"]}
  - {name: pinged, listen: "tcp://[$BY_HAND]:81", check: ping, real_servers: ["[$DIRECT_RIP61]:81"]}
D
# source_of: from where the kernel would send to the server.
source_of() { on director ip -6 route get "$DIRECT_RIP61" | sed -n 's/.* src \([^ ]*\).*/\1/p'; }
expect_equal 'from where the kernel would send' "$BY_HAND" "$(source_of)"
director_start
all_up() { [ "$(on director ipvsctl status | grep -c ' up, 1 of 1 up')" -eq 3 ]; }
within 20 all_up || fail "$(director_status)"
eventually 10 answered_by real1 "[$DIRECT_VIP6]"
expect answered_by real1 "[$BY_HAND]"

# The VIP that ipvsd adds is chosen for no other program either.
on director ip address del "$BY_HAND/128" dev front
is_not_preferred() { on director ip -6 -o address show dev front deprecated | grep -qF "$DIRECT_VIP6/"; }
eventually 5 is_not_preferred
expect_not [ "$(source_of)" = "$DIRECT_VIP6" ]
