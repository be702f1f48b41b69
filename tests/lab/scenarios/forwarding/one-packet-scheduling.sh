# shellcheck shell=sh
# With `one_packet`, each datagram of a client is scheduled for itself; without it they all go to one server.

. "$LAB_DIRECTORY/forwarding-paths.sh"
direct_director
direct_real_server real1 "$DIRECT_RIP1"
direct_real_server real2 "$DIRECT_RIP2"
echo_start real1 7,5060 "$DIRECT_VIP"
echo_start real2 7,5060 "$DIRECT_VIP"
export DEFINITIONS="$LAB_TMP/director/datagrams.yaml"
director_define <<Y
defaults:
  service: {scheduler: rr, forwarding: dr, check: none}
services:
  - {listen: 'udp://$DIRECT_VIP:7', one_packet: true, real_servers: ['$DIRECT_RIP1:7', '$DIRECT_RIP2:7']}
  - {listen: 'udp://$DIRECT_VIP:5060', real_servers: ['$DIRECT_RIP1:5060', '$DIRECT_RIP2:5060']}
Y
director_start
eventually 20 table_complete

call >"$LAB_TMP/answers" <<Q
repeat one-packet udp $DIRECT_VIP 7 6
repeat all-packets udp $DIRECT_VIP 5060 6
Q
said() { sed -n "s/^$1: //p" "$LAB_TMP/answers" | tr ',' '\n' | sed 's/^ *//; s/ .*//'; }
shares() { said "$1" | sort | uniq -c | sed 's/^ *//' | paste -s -d ' ' -; }
expect_equal 'datagrams of one port, each for itself' '3 real1 3 real2' "$(shares one-packet)"
expect_equal 'datagrams of one port, as one' 1 "$(said all-packets | sort -u | wc -l)"
