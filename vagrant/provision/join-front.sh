#!/bin/sh
# Puts a real server on the front network, for direct routing and for answering clients of tunnels straight. The way back of
# NAT is no longer needed then: the front network is next door.
# usage: join-front.sh FRONT-INTERFACE NUMBER-OF-THE-REAL-SERVER
set -eu
systemctl stop lab-routes 2>/dev/null || :
ip route delete 172.17.60.0/24 via 192.168.6.1 2>/dev/null || :
ip address replace "172.17.60.$((201 - $2))/24" dev "$1"
ip link set "$1" up
