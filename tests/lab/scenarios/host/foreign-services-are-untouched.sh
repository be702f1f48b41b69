# shellcheck shell=sh
# Services in the kernel's table that are not in the configuration stay as they are over start, failure, reload, kill and a
# clean stop.

on director ipvsadm -R <<T
-A -t $VIP:8080 -s lc -p 77
-a -t $VIP:8080 -r $RIP3:80 -m -w 7
-A -u $VIP:53 -s sh
-A -f 9 -s wlc
T
foreign=$(table)
expect_contains 'the table' '-p 77' "$foreign"

director_define <<D
$(fast_definitions)
D
director_start
eventually_table 5 <<T
$foreign
$(service)
$(server "$RIP1")
$(server "$RIP2")
T
web_stop real1
eventually_table 5 <<T
$foreign
$(service)
$(server "$RIP2")
T
director_reload
director_kill
director_start
expect_equal 'who answers at the foreign service' '3 real3' "$(tally 3 "$VIP:8080")"
director_stop
eventually_table 5 <<T
$foreign
T
