# shellcheck shell=sh
# A service that the kernel refuses is left out while all others serve, and `status` names it. Where a reload brings the fault,
# the service goes on as before.

. "$LAB_DIRECTORY/cf-sites.sh"

define_sites <<D
$(site 80 'receive="OK"')
$(site 81 'receive="OK"' scheduler=best)
D
director_start
stands 80 wrr "$RIP1" | eventually_table 10
# The table shows what the kernel has taken before the director knows what it has refused.
eventually 5 status_matches "BROKEN: the service $VIP:81 at .*, not managed; what the kernel has of it stays, unchecked"
eventually_log 5 'no scheduler best'

# The two change places.
define_sites <<D
$(site 80 'receive="OK"' scheduler=best)
$(site 81 'receive="OK"' scheduler=rr)
D
director_reload
{ stands 80 wrr "$RIP1"; stands 81 rr "$RIP1"; } | eventually_table 10
eventually 5 status_matches "BROKEN: the service $VIP:80 at .*, kept as it was"
eventually_log 5 "the service $VIP:80 has errors and is kept as it was"
{ stands 80 wrr "$RIP1"; stands 81 rr "$RIP1"; } | throughout_table 2
