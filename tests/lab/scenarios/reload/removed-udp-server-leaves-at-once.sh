# shellcheck shell=sh
# UDP has no connections to wait for: a server that leaves the configuration leaves the kernel's table at once, whatever `drain`
# says and although the kernel still remembers a client of it.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
define() {
    director_define <<D
director: {safety_limits: off}
services:
  - {name: datagrams, listen: "udp://$VIP:53", scheduler: wrr, forwarding: nat, drain: 10m, check: none, real_servers: [$1]}
D
}
datagrams() {
    echo "-A -u $VIP:53 -s wrr"
    for rip in "$@"; do echo "-a -u $VIP:53 -r $rip:53 -m -w 1"; done
}
define "\"$RIP1:53\", \"$RIP2:53\""
director_start
datagrams "$RIP1" "$RIP2" | eventually_table 20
on client perl -MIO::Socket::INET -e "IO::Socket::INET->new(Proto => 'udp', PeerAddr => '$VIP', PeerPort => 53)->send('x') for 1 .. 4"
remembered() { on director ipvsadm -L -n -c | grep -q "^UDP.* $RIP1:53"; }
eventually 5 remembered
define "\"$RIP2:53\""
on director ipvsctl reload >/dev/null
datagrams "$RIP2" | eventually_table 5
