# shellcheck shell=sh
# `persistent=0` means no persistence, and an expression that is invalid matches nothing. Where a reload makes an expression
# invalid, the service stays as it was.

. "$LAB_DIRECTORY/cf-sites.sh"

define_sites <<D
$(site 82 'receive="OK"' persistent=0)
$(site 83 'receive="O(K"')
D
director_start
eventually_table 10 <<T
$(stands 82 wrr "$RIP1")
$(stands 83 wrr "$FALLBACK")
T

define_sites <<D
$(site 81 'receive="OK"' scheduler=rr)
$(site 82 'receive="OK"')
$(site 83 'receive="OK"')
D
director_reload
good=$(stands 81 rr "$RIP1"; stands 82 wrr "$RIP1"; stands 83 wrr "$RIP1")
echo "$good" | eventually_table 10

define_sites <<D
$(site 81 'receive="O(K"' scheduler=rr)
$(site 82 'receive="OK"')
$(site 83 'receive="[OK"')
D
director_reload
eventually 5 status_matches "BROKEN: the service $VIP:83 at .*, kept as it was"
echo "$good" | throughout_table 4
