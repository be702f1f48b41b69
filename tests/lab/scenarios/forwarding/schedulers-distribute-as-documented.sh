# shellcheck shell=sh
# Each scheduler of the kernel distributes connections as it promises, with each of its flags. All of them are services of one
# configuration, a port each; those that go by the destination have a firewall mark over several VIPs.

. "$LAB_DIRECTORY/forwarding-paths.sh"
clients='20 21 22 23 24 25 26 27 28 29 30 31'
from=''
for number in $clients; do from="$from $CLIENTS4.$number"; done
destinations="$PATH_VIP4.101 $PATH_VIP4.102 $PATH_VIP4.103"
# A hash may well send three of them to one server, not so many.
hashed_destinations="$destinations $PATH_VIP4.104 $PATH_VIP4.105 $PATH_VIP4.106 $PATH_VIP4.107 $PATH_VIP4.108"
for client in $from; do echo "address add $client/32 dev front"; done | on client ip -batch -
for vip in $hashed_destinations; do echo "address add $vip/32 dev front"; done | on director ip -batch -
{
    echo '*mangle'
    for port in 61 62 63; do echo "-A PREROUTING -p tcp -m iprange --dst-range $PATH_VIP4.101-$PATH_VIP4.108 --dport $port -j MARK --set-mark $port"; done
    echo COMMIT
} | on director iptables-legacy-restore
echo_start real1 7 "$RIP1"
echo_start real2 7 "$RIP2"
echo_start real3 7 "$RIP3"

# scheduled LISTEN SCHEDULER WEIGHT-OF-REAL1 WEIGHT-OF-REAL2 WEIGHT-OF-REAL3; no server for the weight `-`.
scheduled() {
    echo "  - {listen: '$1', scheduler: $2, forwarding: nat, check: none, on_failure: remove, real_servers: ["
    [ "$3" = - ] || echo "     {address: '$RIP1:7', weight: $3},"
    [ "$4" = - ] || echo "     {address: '$RIP2:7', weight: $4},"
    [ "$5" = - ] || echo "     {address: '$RIP3:7', weight: $5},"
    echo '    ]}'
}
all_schedulers() {
    echo 'services:'
    while read -r port scheduler weights; do
        # shellcheck disable=SC2086 # one word each
        scheduled "tcp://$VIP:$port" "$(echo "$scheduler" | sed 's/[:,]/& /g')" $weights
    done <<S
11 rr 5 2 1
12 wrr 4 2 1
13 lc 5 2 1
14 wlc 5 2 1
15 sed 5 2 1
16 nq 5 2 1
17 fo 1 3 2
18 fo 1 0 2
19 ovf 2 1 1
21 sh 1 1 1
22 {name:sh,flags:[port]} 1 1 1
23 sh $2 1 1
24 {name:sh,flags:[fallback]} $2 1 1
31 mh 1 1 $1
32 {name:mh,flags:[port]} 1 1 1
33 mh $2 1 1
34 {name:mh,flags:[fallback]} $2 1 1
35 {name:mh,flags:[fallback,port]} $2 1 1
51 lblc 2 2 -
52 lblcr 2 2 -
S
    scheduled fwmark:61 dh 1 1 1
    scheduled fwmark:62 lblc 1 1 1
    scheduled fwmark:63 lblcr 1 1 1
}
export DEFINITIONS="$LAB_TMP/director/schedulers.yaml"
all_schedulers 1 1 | director_define
director_start
eventually 20 table_complete

call >"$LAB_TMP/answers" <<Q
hold rr tcp $VIP 11 1
ask rr tcp $VIP 11 5
hold wrr tcp $VIP 12 1
ask wrr tcp $VIP 12 13
hold lc tcp $VIP 13 5
ask lc-next tcp $VIP 13 3
hold wlc tcp $VIP 14 6
ask wlc-next tcp $VIP 14 3
hold sed tcp $VIP 15 4
ask sed-next tcp $VIP 15 3
hold nq tcp $VIP 16 5
ask nq-next tcp $VIP 16 8
hold fo tcp $VIP 17 6
ask fo-next tcp $VIP 18 3
hold ovf tcp $VIP 19 5
ask sh tcp $VIP 21 2$from
ask sh-port tcp $VIP 22 12
ask mh tcp $VIP 31 2$from
ask mh-port tcp $VIP 32 12
hold lblc-full tcp $VIP 51 10
hold lblcr-full tcp $VIP 52 10
$(for vip in $hashed_destinations; do
    echo "hold dh tcp $vip 61 1 $CLIENTS4.20 $CLIENTS4.21 $CLIENTS4.22 $CLIENTS4.23"
done)
$(for vip in $destinations; do
    echo "hold lblc tcp $vip 62 1 $CLIENTS4.20"
    echo "hold lblcr tcp $vip 63 1 $CLIENTS4.20"
done)
$(for vip in $destinations; do
    echo "ask lblc-again tcp $vip 62 1 $CLIENTS4.21 $CLIENTS4.22"
    echo "ask lblcr-again tcp $vip 63 1 $CLIENTS4.21 $CLIENTS4.22"
done)
Q

# said LABEL: who answered there, in order, a name a line.
said() { sed -n "s/^$1: //p" "$LAB_TMP/answers" | tr ',' '\n' | sed 's/^ *//; s/ .*//'; }
# shares LABEL: how many answers came from each, as `8 real1 4 real2`.
shares() { said "$1" | sort | uniq -c | sed 's/^ *//' | paste -s -d ' ' -; }
# counts LABEL: the same without names, the smallest first.
counts() { said "$1" | sort | uniq -c | awk '{ print $1 }' | sort -n | paste -s -d ' ' -; }
servers() { said "$1" | sort -u | grep -vc none; }
spread() { [ "$(servers "$1")" -ge 2 ] || fail "$1 sends all to one server: $(shares "$1")"; }
# pairs LABEL: clients that asked twice and were answered by two servers.
torn_pairs() { said "$1" | paste -d ' ' - - | awk '$1 != $2' | wc -l; }

# What is expected of one scheduler is what no other one gives (but mh keeps all that sh promises). Where the shares are the
# same, connections that stay open make the difference: rr and wrr do not look at them, lc counts them, wlc by weight, sed
# and nq with the one to come.
expect_equal 'rr, in turn' '2 real1 2 real2 2 real3' "$(shares rr)"
expect_equal 'rr, never twice the same' 0 "$(said rr | uniq -d | wc -l)"
expect_equal 'wrr, exactly by weight' '8 real1 4 real2 2 real3' "$(shares wrr)"
expect_equal 'lc, without weights' '1 2 2' "$(counts lc)"
expect_equal 'lc, whoever has fewest' "3 $(said lc | sort | uniq -u)" "$(shares lc-next)"
expect_equal 'wlc, by weight' '3 real1 2 real2 1 real3' "$(shares wlc)"
expect_equal 'wlc, whoever has fewest for its weight' '3 real1' "$(shares wlc-next)"
expect_equal 'sed, the fastest though others are idle' '3 real1 1 real2' "$(shares sed)"
expect_equal 'sed, the fastest still' '3 real1' "$(shares sed-next)"
expect_equal 'nq, whoever is idle' 3 "$(said nq | head -n 3 | sort -u | wc -l)"
expect_equal 'nq, then the fastest' '3 real1 1 real2 1 real3' "$(shares nq)"
expect_equal 'nq, the fastest still' '8 real1' "$(shares nq-next)"
expect_equal 'fo, the heaviest, however busy' '6 real2' "$(shares fo)"
expect_equal 'fo, the next one while the heaviest is out' '3 real3' "$(shares fo-next)"
# The kernel calls a server full when it has more active connections than its weight says.
expect_equal 'ovf, the heaviest until it is full' "$(printf 'real1\nreal1\nreal1')" "$(said ovf | head -n 3)"
expect_equal 'ovf, then the others' 0 "$(said ovf | tail -n +4 | grep -c real1 || true)"
for hash in sh mh; do
    expect_equal "$hash, clients torn between servers" 0 "$(torn_pairs $hash)"
    spread $hash
    spread $hash-port
done
spread dh
for cache in dh lblc lblcr; do
    # One line is one destination: all its clients come to one server.
    torn=$(grep "^$cache\(-again\)\?: " "$LAB_TMP/answers" | awk '{ delete names; n = 0
        for (i = 2; i < NF; i += 2) if (!($i in names)) { names[$i]; n++ }
        if (n > 1) print }')
    expect_equal "$cache, destinations that are torn" '' "$torn"
done
for cache in lblc lblcr; do
    expect_equal "$cache, destinations with a server each" 3 "$(servers $cache)"
    expect_equal "$cache, who answers later" "$(said $cache)" "$(said $cache-again | awk 'NR % 2')"
done
# More connections than the weight, and somebody idle: lblc moves the destination to that one for good; lblcr has both for it
# from then on, by turns once they are equally busy.
for cache in lblc lblcr; do
    expect_equal "$cache, one server until it is full" 1 "$(said $cache-full | head -n 3 | sort -u | wc -l)"
    expect_equal "$cache, then the other" 1 "$(said $cache-full | sed -n '4,6p' | sort -u | grep -vcxF "$(said $cache-full | head -n 1)")"
done
expect_equal 'lblc, the destination has moved' '3 7' "$(counts lblc-full)"
expect_equal 'lblcr, the destination has two servers' '5 5' "$(counts lblcr-full)"

# When a server leaves, mh moves its clients and few of the others'. When one is quiesced, hashing without the fallback
# flag refuses its clients. (A server that is added with weight 0 is not in the table of mh at all.)
said mh | awk 'NR % 2' >"$LAB_TMP/before"
all_schedulers - 0 | director_define
director_reload
changed() { [ "$(on director ipvsadm -S -n | grep -c "^-a -t $VIP:31 -r $RIP3:7 \|^-a -t $VIP:.. -r $RIP1:7 -m -w 0")" -eq 5 ]; }
eventually 10 changed
call >>"$LAB_TMP/answers" <<Q
ask mh-after tcp $VIP 31 1$from
ask sh-zero tcp $VIP 23 1$from
ask sh-fallback tcp $VIP 24 1$from
ask mh-zero tcp $VIP 33 1$from
ask mh-fallback tcp $VIP 34 1$from
ask mh-both tcp $VIP 35 12
Q
said mh-after >"$LAB_TMP/after"
expect_equal 'mh, to the server that left' 0 "$(grep -c real3 "$LAB_TMP/after" || true)"
moved=$(paste -d ' ' "$LAB_TMP/before" "$LAB_TMP/after" | awk '$1 != "real3" && $1 != $2' | wc -l)
[ "$moved" -le 2 ] || fail "mh moved $moved clients of servers that stayed"
for hash in sh mh; do
    said $hash-zero | grep -q none || fail "$hash refuses nobody while a server has weight 0: $(shares $hash-zero)"
    expect_equal "$hash, refused with its fallback" 0 "$(said $hash-fallback | grep -c none || true)"
    expect_equal "$hash, to a server of weight 0" 0 "$(said $hash-fallback | grep -c real1 || true)"
done
expect_equal 'mh with both flags, refused' 0 "$(said mh-both | grep -c none || true)"
spread mh-both
