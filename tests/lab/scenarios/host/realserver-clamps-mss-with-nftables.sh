# shellcheck shell=sh
# Where nftables is, `ipvsctl realserver` has clients told the segment size by a table of its own there, and takes away that
# table alone; `ipvsctl doctor` misses it on a real server, and reads the rules of nftables on a director. The old tables have no
# part in it. With real traffic, whose segments are looked at.
# needs: nftables

. "$LAB_DIRECTORY/doctor.sh"
rules() { on real3 nft list ruleset; }
guard='table inet guard { chain forward { type filter hook forward priority filter; ct state invalid drop; }; }'
# Somebody else's rules stay what they are.
on real3 nft "$guard"
before=$(rules)
doctor_up
expect_contains 'the rules of real3' "ip saddr $VIP_BY_TUNNEL " "$(rules)"
expect_equal 'rules of the old tables' '' "$(on real3 sh -c 'iptables-legacy-save; iptables-save -t mangle' 2>/dev/null | grep TCPMSS || :)"
realserver real3 up --vip "$VIP_BY_TUNNEL" --mode ipip
expect_equal 'tables after another up' 1 "$(rules | grep -c 'table inet lvs_realserver')"

client_keeps_to 1440 "$VIP_BY_TUNNEL" 'with the rule'

section 'Segments that do not fit into the tunnel'
on real3 nft delete table inet "lvs_realserver_$(echo "$VIP_BY_TUNNEL" | tr . _)"
finds real3 segments-too-large
fixed real3
finds real3 ''
expect_contains 'the rules of real3' "ip saddr $VIP_BY_TUNNEL " "$(rules)"

section 'IPv6'
realserver real3 up --vip "$VIP6" --mode ipip
expect_contains 'the rules of real3' "ip6 saddr $VIP6 " "$(rules)"
realserver real3 down --vip "$VIP6"

section 'A firewall that drops what IPVS hides from it'
seen_on_director ''
on director nft "$guard"
seen_on_director drops-invalid
expect_contains 'what was seen' 'ct state invalid drop' "$(cat "$LAB_TMP/doctor")"
fixed director
seen_on_director ''

realserver real3 down
expect_equal 'the rules of real3 at the end' "$before" "$(rules)"
