# shellcheck shell=sh
# Changes that another program makes to our services are reverted within the resync interval and logged.

start_founding_director
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 9
on director ipvsadm -d -t "$VIP:80" -r "$RIP2:80"
on director ipvsadm -a -t "$VIP:80" -r "$RIP3:80" -m
founding_table | eventually_table 15
eventually_log 5 drift

on director ipvsadm -C
founding_table | eventually_table 15
