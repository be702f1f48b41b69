# shellcheck shell=sh
# `ipvsctl zero` sets the counters to 0 as `ipvsadm -Z` does, those of one service or of all. `ipvsctl set-timeouts` does what
# `ipvsadm --set` does, and refuses what a running ipvsd would revert.

counters() { on director ipvsadm -Ln --stats --exact "$@" | awk '$1 == "->" && $2 != "RemoteAddress:Port" { sum += $3 + $4 } END { print sum + 0 }'; }
# counted NUMBER: there are that many or more. The counters arrive every 2 s.
counted() { [ "$(counters)" -ge "$1" ]; }
zero_is() { [ "$(counters)" = 0 ]; }

start_founding_director
on director ipvsadm -A -t "[$VIP6]:81" -s rr
on director ipvsadm -a -t "[$VIP6]:81" -r "[$RIP61]:80" -m
on director ipvsadm -A -f 5 -6 -s rr
answers 6 >/dev/null
answers 6 "[$VIP6]:81" >/dev/null
eventually 10 counted 48
on director ipvsctl zero -t "$VIP:80"
expect_equal 'counters of the service' 0 "$(counters -t "$VIP:80")"
expect_not zero_is
on director ipvsctl zero
expect zero_is
on director ipvsctl zero -f 5 -6
expect_contains 'a service that is not there' 'No such service: fwmark 5' "$(on director ipvsctl zero -f 5 2>&1 || true)"

timeouts() { on director ipvsctl list --timeout; }
director_stop
on director ipvsctl set-timeouts 1000 0 90
expect_equal 'timeouts' 'Timeout (tcp tcpfin udp): 1000 120 90' "$(timeouts)"
expect_equal 'ipvsadm says the same' "$(on director ipvsadm -L --timeout)" "$(timeouts)"
on director ipvsctl set-timeouts 0 0 0
expect_equal 'nothing changes' 'Timeout (tcp tcpfin udp): 1000 120 90' "$(timeouts)"
expect_not on director ipvsctl set-timeouts 900 120
expect_not on director ipvsctl set-timeouts 900 120 2678401

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<Y
director: {resync: 1s, timeouts: {tcp: 10m}}
services:
  - {listen: "tcp://$VIP:80", scheduler: rr, forwarding: nat, check: {tcp: {}, every: 1s}, real_servers: ["$RIP1:80"]}
Y
director_start
limits_are() { [ "$(timeouts)" = "$1" ]; }
eventually 10 limits_are 'Timeout (tcp tcpfin udp): 600 120 90'
expect_not on director ipvsctl set-timeouts 900 60 60
expect_contains 'the refusal' 'ipvsd sets the timeout tcp to 600 s and would revert this. Nothing was changed' \
    "$(on director ipvsctl set-timeouts 900 60 60 2>&1 || true)"
expect_equal 'timeouts after the refusal' 'Timeout (tcp tcpfin udp): 600 120 90' "$(timeouts)"
on director ipvsctl set-timeouts 0 60 60
expect_equal 'timeouts that ipvsd does not set' 'Timeout (tcp tcpfin udp): 600 60 60' "$(timeouts)"
