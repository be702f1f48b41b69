# shellcheck shell=sh
# With `profile: nat-gateway`, rules of nftables that look at connections work on a director of NAT: a firewall that forwards
# established connections only, and a masquerade for real servers without a route back. Without the profile neither does.
# needs: nftables

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/definitions.yaml
definitions_with() {
    cat <<Y
director: {resync: 1s${1:+, $1}}
services:
  - {listen: 'tcp://$VIP:80', scheduler: rr, forwarding: nat, on_stop: keep, real_servers: ['$RIP1:80']}
Y
}
answered() { [ "$(ask 2>/dev/null)" = real1 ]; }
# Two in a row: one may be on its way while the setting changes.
unanswered() { ! answered && ! answered; }
conntrack() { on director sysctl -n net.ipv4.vs.conntrack; }

sysctl_on director net.ipv4.vs.conntrack=0
definitions_with '' | director_define
director_start
eventually 5 answered

on real1 ip route del default
on director nft -f - <<'N'
table inet guard {
    chain forward {
        type filter hook forward priority filter; policy drop
        ct state invalid drop
        ct state established,related accept
    }
    chain postrouting {
        type nat hook postrouting priority srcnat
        oifname "back" masquerade
    }
}
N
expect unanswered

definitions_with 'profile: nat-gateway' | director_define
director_reload
eventually 10 answered
expect_equal 'net.ipv4.vs.conntrack with the profile' 1 "$(conntrack)"

# The service stays in the kernel, and the setting that it needs stays with it.
director_stop
expect_equal 'net.ipv4.vs.conntrack after the stop' 1 "$(conntrack)"
expect answered

definitions_with '' | director_define
director_start
conntrack_is_off() { [ "$(conntrack)" = 0 ]; }
eventually 10 conntrack_is_off
expect unanswered
