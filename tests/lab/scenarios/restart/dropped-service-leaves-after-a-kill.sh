# shellcheck shell=sh
# A service that leaves the configuration while the daemon is away leaves the kernel when it is back. Services of other programs
# stay.

other=$VIP:8080
foreign="-A -t $VIP:9999 -s mh"
on director ipvsadm -A -t "$VIP:9999" -s mh
{ fast_definitions cleanstop=no; printf '\nvirtual=%s\n    real=%s:80 masq\n    checktype=on\n' "$other" "$RIP1"; } | director_define
director_start
eventually_table 10 <<T
$foreign
-A -t $other -s wrr
-a -t $other -r $RIP1:80 -m -w 1
$(founding_table)
T
director_kill
fast_definitions cleanstop=no | director_define
director_start
eventually_table 10 <<T
$foreign
$(founding_table)
T
