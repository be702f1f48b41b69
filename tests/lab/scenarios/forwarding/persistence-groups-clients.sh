# shellcheck shell=sh
# Persistence sends clients of one network to one server, by netmask or prefix, and SIP messages by their call. With a firewall
# mark it joins several ports.

. "$LAB_DIRECTORY/forwarding-paths.sh"
# Two networks of clients in each family: 16 and 32, with a mask of 16 addresses; 1 and 2, with a prefix of 112 bits.
four=''
for number in 16 17 18 32 33 34; do four="$four $CLIENTS4.$number"; done
six=''
for number in 1:1 1:2 1:3 2:1 2:2 2:3; do six="$six $CLIENTS6:$number"; done
for client in $four $six; do echo "$client"; done | addresses_on front | on client ip -batch -
web_listen '80 443' real1 real2
echo_start real1 7,5060 "$RIP1" "$RIP61"
echo_start real2 7,5060 "$RIP2" "$RIP62"
for family in '' 6; do
    vip=$VIP
    [ -z "$family" ] || vip=$VIP6
    printf '*mangle\n-A PREROUTING -p tcp -d %s -m multiport --dports 80,443 -j MARK --set-mark 80\nCOMMIT\n' "$vip" |
        on director "ip${family}tables-legacy-restore"
done

export DEFINITIONS="$LAB_TMP/director/together.yaml"
director_define <<Y
defaults:
  service: {scheduler: rr, forwarding: nat, check: none}
services:
  - {listen: 'tcp://$VIP:11', persistence: {timeout: 60s, mask: 255.255.255.240}, real_servers: ['$RIP1:7', '$RIP2:7']}
  - {listen: 'tcp://[$VIP6]:11', persistence: {timeout: 60s, mask: 112}, real_servers: ['[$RIP61]:7', '[$RIP62]:7']}
  - {listen: 'fwmark:80', persistence: 60s, real_servers: ['$RIP1', '$RIP2']}
  - {listen: 'fwmark6:80', persistence: 60s, real_servers: ['[$RIP61]', '[$RIP62]']}
  - {listen: 'udp://$VIP:5060', persistence: {timeout: 60s, mask: 0.0.0.0, engine: sip}, real_servers: ['$RIP1:5060', '$RIP2:5060']}
Y
director_start
eventually 20 table_complete

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
