# shellcheck shell=sh
# `ipvsctl drain --wait` returns when the server's last connection has ended, and not before. The server gets nothing new meanwhile.
# It goes on waiting while the daemon starts again. Where a scheduler lets no server stay with weight 0, it says that connections end.

start_founding_director cleanstop=no quiescent=yes
download_start first
download_start second
expect_equal 'downloads through each server' '1 1' "$(open_connections "$RIP1") $(open_connections "$RIP2")"
# shellcheck disable=SC2016 # the shell on the host expands
spawn director waiting sh -c 'ipvsctl drain "$1" "$2" -m again --author ann --wait; echo "status $?"' \
    waiting "$VIP:80" "$RIP1"
waits() { case $(log_of director waiting) in *'1 active connection left'*) ;; *) return 1 ;; esac; }
eventually 15 waits
expect running director waiting
director_kill
director_start
expect running director waiting
expect_equal 'who gets new requests' '6 real2' "$(tally 6)"
expect running director waiting
expect_download_completes first
expect_download_completes second
eventually 60 ended director waiting
expect_contains 'what the waiting one said' 'drained: no active connections' "$(log_of director waiting)"
expect_contains 'what the waiting one said' 'status 0' "$(log_of director waiting)"
on director ipvsctl enable "$VIP:80" "$RIP1" --replace
director_stop
on director ipvsadm -C
# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
director_define <<D
services:
  - {name: web, listen: "tcp://$VIP:80", scheduler: sh, forwarding: nat, check: {http: {path: /test.html}, every: 500ms, timeout: 5s}, real_servers: ["$RIP1:80", "$RIP2:80"]}
D
director_start
both() { [ "$(table | grep -c '^-a .* -w 1')" = 2 ]; }
eventually 10 both
download_start third
busy=$(on director ipvsadm -L -n | awk '$1 == "->" && $5 + 0 > 0 { sub(/:.*/, "", $2); print $2 }')
status=0
said=$(on director ipvsctl drain web "$busy" --wait --wait-at-most 20s -m again --force 2>&1) || status=$?
expect_contains 'what it says' 'removed at once, and its open connections end' "$said"
expect_equal 'its status' 1 "$status"
on director ipvsctl enable web "$busy" --replace
eventually 10 both
said=$(on director ipvsctl weight web "$busy" --to 0 -m again --force 2>&1)
expect_contains 'what weight 0 says' 'removed at once, and its open connections end' "$said"
