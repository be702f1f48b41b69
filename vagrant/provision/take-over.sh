#!/bin/sh
# Takes the addresses that the world talks to and tells everybody on the wire: the VIPs on the front network, the gateway
# of the real servers on the back network. Run on the director that is to serve.
# usage: take-over.sh FRONT-INTERFACE BACK-INTERFACE
set -eu
front=$1
back=$2

# take ADDRESS/PREFIX INTERFACE
take() {
    ip address replace "$1" dev "$2"
    arping -q -U -c 2 -I "$2" "${1%/*}" || :
}

ip link set "$front" up
ip link set "$back" up
take 172.17.60.207/32 "$front"
take 172.17.60.201/32 "$front"
take 192.168.6.1/24 "$back"
