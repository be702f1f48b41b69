# shellcheck shell=sh
# What someone else changes in our services is put right within the watch interval, and the log says
# what was found.

start_founding_director
on director ipvsadm -e -t "$VIP:80" -r "$RIP1:80" -m -w 9
on director ipvsadm -d -t "$VIP:80" -r "$RIP2:80"
on director ipvsadm -a -t "$VIP:80" -r "$RIP3:80" -m
founding_table | eventually_table 15
expect_contains 'the log' drift "$(director_log)"

on director ipvsadm -C
founding_table | eventually_table 15
