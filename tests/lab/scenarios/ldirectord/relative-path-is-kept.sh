# shellcheck shell=sh
# A configuration file given by a relative path is found for as long as the daemon runs.
# machines: no, it is about one process and its files, and about packages of the host, not about a network

take_the_place
# shellcheck disable=SC2016 # the shell's own
nearby() { gives 0 sh -c 'cd /run/near && exec ldirectord near.cf "$1"' nearby "$1"; }
site | site_define /run/near/near.cf
nearby start
founding_table | eventually_table 5
site | sed 's/scheduler=rr/scheduler=wrr/' | site_define /run/near/near.cf
nearby reload
{ service wrr; server "$RIP1"; server "$RIP2"; } | eventually_table 5
nearby stop
