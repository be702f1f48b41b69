# shellcheck shell=sh
# With `on_error: isolate`, a broken service or file keeps its last good configuration, while all others change.

. "$LAB_DIRECTORY/conf-d.sh"

main_file </dev/null
site a 80 "[$RIP1]"
site b 8080 "[$RIP3:80]"
director_start
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP3")
T

# A broken service stays as it was, while its neighbour changes in the same moment.
site b 8080 "[192.168.6.400]"
eventually 5 status_matches 'BROKEN: service b at .*conf.d/b.yaml:2:5, kept'
eventually 5 status_says '192.168.6.400 is not an IPv4 address'
site c 8081 "[$RIP3:80]"
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP3")
$(lines 8081 "$RIP3")
T
eventually 5 port_answered_by 8080 real3
eventually_log 5 'service b has errors and is kept as it was'

# So does a file that is no YAML; mended, it counts; removed, its service leaves.
echo 'services: [' | put director "$CONF_D/c.yaml"
eventually 5 status_matches 'BROKEN: the file .*conf.d/c.yaml'
site b 8080 "[$RIP2:80]"
eventually_table 5 <<T
$(lines 80 "$RIP1")
$(lines 8080 "$RIP2")
$(lines 8081 "$RIP3")
T
on director rm "$CONF_D/c.yaml" "$CONF_D/b.yaml"
lines 80 "$RIP1" | eventually_table 5
eventually 5 status_lacks BROKEN
