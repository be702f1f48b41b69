# shellcheck shell=sh
# Persistence keeps clients together by netmask, by prefix and by the call they belong to; a firewall mark joins ports and
# families; thresholds keep new connections off until enough have ended; one-packet scheduling takes every datagram for itself.

. "$LAB_DIRECTORY/roads.sh"
# Two networks of clients in each family: 16 and 32, with a mask of 16 addresses; 1 and 2, with a prefix of 112 bits.
four=''
for number in 16 17 18 32 33 34; do four="$four $CLIENTS4.$number"; done
six=''
for number in 1:1 1:2 1:3 2:1 2:2 2:3; do six="$six $CLIENTS6:$number"; done
for client in $four $six; do echo "$client"; done | addresses_on front | on client ip -batch -
direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
web_listen '80 443' real1 real2
# What a server answers to NAT goes back through the director, though it is on the client's network too.
for pair in "real1 $RIP1" "real2 $RIP2"; do
    printf 'rule add from %s table 100\nroute add default via %s table 100\n' "${pair#* }" "$DIP" | on "${pair% *}" ip -batch -
done
echo_start real1 7,5060 "$RIP1" "$RIP61" "$DIRECT_VIP"
echo_start real2 7,5060 "$RIP2" "$RIP62" "$DIRECT_VIP"
for family in '' 6; do
    vip=$VIP
    [ -z "$family" ] || vip=$VIP6
    printf '*mangle\n-A PREROUTING -p tcp -d %s -m multiport --dports 80,443 -j MARK --set-mark 80\nCOMMIT\n' "$vip" |
        on director "ip${family}tables-legacy-restore"
done

export DEFINITIONS="$LAB_TMP/director/together.yaml"
director_define <<Y
# What has ended is to be forgotten soon.
director: {timeouts: {tcp_fin: 1s}}
defaults:
  service: {scheduler: rr, forwarding: nat, check: none}
services:
  - {listen: 'tcp://$VIP:11', persistence: {timeout: 60s, mask: 255.255.255.240}, real_servers: ['$RIP1:7', '$RIP2:7']}
  - {listen: 'tcp://[$VIP6]:11', persistence: {timeout: 60s, mask: 112}, real_servers: ['[$RIP61]:7', '[$RIP62]:7']}
  - {listen: 'fwmark:80', persistence: 60s, real_servers: ['$RIP1', '$RIP2']}
  - {listen: 'fwmark6:80', persistence: 60s, real_servers: ['[$RIP61]', '[$RIP62]']}
  - {listen: 'udp://$VIP:5060', persistence: {timeout: 60s, mask: 0.0.0.0, engine: sip}, real_servers: ['$RIP1:5060', '$RIP2:5060']}
  - {listen: 'tcp://$VIP:12', real_servers: [{address: '$RIP1:7', upper_threshold: 2}, '$RIP2:7']}
  - {listen: 'tcp://$VIP:13', real_servers: [{address: '$RIP1:7', upper_threshold: 1}, {address: '$RIP2:7', upper_threshold: 1}]}
  - {listen: 'tcp://$DIRECT_VIP:7', scheduler: fo, forwarding: dr, real_servers: [{address: '$DIRECT_RIP1:7', weight: 2, upper_threshold: 4, lower_threshold: 2}, '$DIRECT_RIP2:7']}
  - {listen: 'tcp://$DIRECT_VIP:5060', scheduler: fo, forwarding: dr, real_servers: [{address: '$DIRECT_RIP1:5060', weight: 2, upper_threshold: 4}, '$DIRECT_RIP2:5060']}
  - {listen: 'udp://$DIRECT_VIP:7', forwarding: dr, one_packet: true, real_servers: ['$DIRECT_RIP1:7', '$DIRECT_RIP2:7']}
  - {listen: 'udp://$DIRECT_VIP:5060', forwarding: dr, real_servers: ['$DIRECT_RIP1:5060', '$DIRECT_RIP2:5060']}
Y
director_start
all_there() { [ "$(on director ipvsadm -S -n | grep -c '^-A')" -eq 11 ]; }
eventually 20 all_there

call >"$LAB_TMP/answers" <<Q
ask mask tcp $VIP 11 1$four
ask prefix tcp $VIP6 11 1$six
$(for client in $four; do
    echo "ask ports http $VIP 80 1 $client"
    echo "ask ports http $VIP 443 1 $client"
done)
$(for client in $six; do
    echo "ask ports6 http $VIP6 80 1 $client"
    echo "ask ports6 http $VIP6 443 1 $client"
done)
ask call sip/first@lab $VIP 5060 2$four
ask call sip/second@lab $VIP 5060 2$four
hold threshold tcp $VIP 12 6
hold full tcp $VIP 13 3
repeat one-packet udp $DIRECT_VIP 7 6
repeat all-packets udp $DIRECT_VIP 5060 6
Q
said() { sed -n "s/^$1: //p" "$LAB_TMP/answers" | tr ',' '\n' | sed 's/^ *//; s/ .*//'; }
shares() { said "$1" | sort | uniq -c | sed 's/^ *//' | paste -s -d ' ' -; }

for kind in mask prefix; do
    for network in '1,3' '4,6'; do
        expect_equal "$kind, servers of clients $network" 1 "$(said $kind | sed -n "${network}p" | sort -u | wc -l)"
    done
    expect_equal "$kind, two networks" 2 "$(said $kind | sort -u | wc -l)"
done
for kind in ports ports6; do
    expect_equal "$kind, clients torn between port 80 and port 443" '' "$(said $kind | paste -d ' ' - - | awk '$1 != $2')"
    expect_equal "$kind, both servers" '6 real1 6 real2' "$(shares $kind)"
done
expect_equal 'calls, a server each' '12 real1 12 real2' "$(shares call)"
expect_equal 'servers of one call' 1 "$(grep '^call: ' "$LAB_TMP/answers" | head -n 1 | grep -o 'real[0-9]' | sort -u | wc -l)"
expect_equal 'threshold of two connections' '2 real1 4 real2' "$(shares threshold)"
expect_equal 'all servers full' '1 none 1 real1 1 real2' "$(shares full)"
expect_equal 'datagrams of one port, each for itself' '3 real1 3 real2' "$(shares one-packet)"
expect_equal 'datagrams of one port, as one' 1 "$(said all-packets | sort -u | wc -l)"

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
