# shellcheck shell=sh
# Marks that nftables sets select a service of firewall marks, one for several ports and in both families; a failed server leaves
# it as it leaves any other.
# needs: nftables

on director nft -f - <<N
table inet marks {
    chain prerouting {
        type filter hook prerouting priority mangle
        ip daddr $VIP tcp dport { 80, 8080 } meta mark set 7
        ip6 daddr $VIP6 tcp dport { 80, 8080 } meta mark set 8
    }
}
N
director_define <<D
checkinterval=1
checktimeout=10

virtual=7
    real=$RIP1:80 masq
    real=$RIP2:80 masq
    service=http
    request="test.html"
    receive="OK"

virtual6=8
    real6=[$RIP61]:80 masq
    real6=[$RIP62]:80 masq
    service=http
    request="test.html"
    receive="OK"
D
director_start
eventually_table 5 <<T
-A -f 7 -s wrr
-a -f 7 -r $RIP1:80 -m -w 1
-a -f 7 -r $RIP2:80 -m -w 1
-A -f 8 -6 -s wrr
-a -f 8 -6 -r [$RIP61]:80 -m -w 1
-a -f 8 -6 -r [$RIP62]:80 -m -w 1
T
both=$(printf '2 real1\n2 real2')
for address in "$VIP" "$VIP:8080" "[$VIP6]" "[$VIP6]:8080"; do
    expect_equal "who answers at $address" "$both" "$(tally 4 "$address")"
done
web_stop real1
eventually_table 5 <<T
-A -f 7 -s wrr
-a -f 7 -r $RIP2:80 -m -w 1
-A -f 8 -6 -s wrr
-a -f 8 -6 -r [$RIP62]:80 -m -w 1
T
for address in "$VIP:8080" "[$VIP6]:8080"; do
    expect_equal "who answers at $address while real1 is stopped" '4 real2' "$(tally 4 "$address")"
done
