# shellcheck shell=sh
# With `reload_on_change`, ipvsd rereads a configuration of several files by itself when one of them changes, appears or goes.
# What does not change keeps its state.

. "$LAB_DIRECTORY/conf-d.sh"

main_file <<D
groups:
  web: [$RIP1, $RIP2]
D
site a 80 web
director_start
lines 80 "$RIP1" "$RIP2" | eventually_table 5

# A new file, by itself. What was there is not probed again: its state is as old as before.
site b 8080 "[$RIP3:80]"
eventually_table 5 <<T
$(lines 80 "$RIP1" "$RIP2")
$(lines 8080 "$RIP3")
T
eventually 5 port_answered_by 8080 real3

# The group changes in the first file, and with it the service that uses it.
on director sed -i "s/web: .*/web: [$RIP1]/" "$DEFINITIONS"
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP3")
T

# A file that goes takes its service along.
on director rm "$CONF_D/b.yaml"
lines 80 "$RIP1" | eventually_table 5
