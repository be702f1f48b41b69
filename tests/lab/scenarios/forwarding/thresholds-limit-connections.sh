# shellcheck shell=sh
# A server with `upper_threshold` gets no new connections while it has so many, until it has no more than `lower_threshold`, or
# three quarters of the upper one.

. "$LAB_DIRECTORY/forwarding-paths.sh"
direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
# What a server answers to NAT goes back through the director, though it is on the client's network too.
for pair in "real1 $RIP1" "real2 $RIP2"; do
    printf 'rule add from %s table 100\nroute add default via %s table 100\n' "${pair#* }" "$DIP" | on "${pair% *}" ip -batch -
done
echo_start real1 7,5060 "$RIP1" "$DIRECT_VIP"
echo_start real2 7,5060 "$RIP2" "$DIRECT_VIP"

export DEFINITIONS="$LAB_TMP/director/together.yaml"
director_define <<Y
# What has ended is to be forgotten soon.
director: {timeouts: {tcp_fin: 1s}}
defaults:
  service: {scheduler: rr, forwarding: nat, check: none}
services:
  - {listen: 'tcp://$VIP:12', real_servers: [{address: '$RIP1:7', upper_threshold: 2}, '$RIP2:7']}
  - {listen: 'tcp://$VIP:13', real_servers: [{address: '$RIP1:7', upper_threshold: 1}, {address: '$RIP2:7', upper_threshold: 1}]}
  - {listen: 'tcp://$DIRECT_VIP:7', scheduler: fo, forwarding: dr, real_servers: [{address: '$DIRECT_RIP1:7', weight: 2, upper_threshold: 4, lower_threshold: 2}, '$DIRECT_RIP2:7']}
  - {listen: 'tcp://$DIRECT_VIP:5060', scheduler: fo, forwarding: dr, real_servers: [{address: '$DIRECT_RIP1:5060', weight: 2, upper_threshold: 4}, '$DIRECT_RIP2:5060']}
Y
director_start
eventually 20 table_complete

call >"$LAB_TMP/answers" <<Q
hold threshold tcp $VIP 12 6
hold full tcp $VIP 13 3
Q
said() { sed -n "s/^$1: //p" "$LAB_TMP/answers" | tr ',' '\n' | sed 's/^ *//; s/ .*//'; }
shares() { said "$1" | sort | uniq -c | sed 's/^ *//' | paste -s -d ' ' -; }
expect_equal 'threshold of two connections' '2 real1 4 real2' "$(shares threshold)"
expect_equal 'all servers full' '1 none 1 real1 1 real2' "$(shares full)"

# Two services by direct routing, where the kernel forgets a connection soon after the client's end: real1 gets everything
# until it is full, and again when the lower threshold lets it. Without one that is three quarters of the upper threshold.
# hold_open NAME: a connection to each, in a process group that let_go NAME ends.
hold_open() {
    # shellcheck disable=SC2016
    spawn client "$1" sh -c '{ for port in 7 5060; do echo "hold held tcp $1 $port 1"; done; sleep 3600; } | "$2"' \
        hold_open "$DIRECT_VIP" "$LAB_DIRECTORY/caller"
    eventually 10 at_real1 "$1"
}
at_real1() { [ "$(log_of client "$1" | grep -c '^held: real1 ')" -eq 2 ]; }
let_go() {
    # shellcheck disable=SC2016
    on client sh -c 'kill -s KILL -- "-$(cat "$1")"' let_go "$LAB_TMP/client/$1.pid"
}
# connections_are COUNT: the kernel counts that many at real1, in each of the two.
connections_are() {
    for port in 7 5060; do
        [ "$(on director ipvsadm -L -n -t "$DIRECT_VIP:$port" | awk -v s="$DIRECT_RIP1:$port" '$2 == s { print $5 + $6 }')" = "$1" ] || return 1
    done
}
# next_ones NUMBER LOWER DEFAULT: while that many are open, who gets two new ones, by a lower threshold of its own and by none.
next_ones() {
    printf 'ask lower%s tcp %s 7 2\nask default%s tcp %s 5060 2\n' "$1" "$DIRECT_VIP" "$1" "$DIRECT_VIP" | call >>"$LAB_TMP/answers"
    expect_equal "$1 open, a lower threshold of two" "2 $2" "$(shares "lower$1")"
    expect_equal "$1 open, a lower threshold of three quarters" "2 $3" "$(shares "default$1")"
}
for name in first second third fourth; do hold_open $name; done
next_ones 4 real2 real2
let_go first
eventually 20 connections_are 3
next_ones 3 real2 real2
let_go second
eventually 20 connections_are 2
next_ones 2 real2 real1
let_go third
eventually 20 connections_are 1
next_ones 1 real1 real1
let_go fourth
