# shellcheck shell=sh
# The database pool of examples/site-mysql.yaml goes through every ordinary fault and every operation. No query fails but those that
# a fault explains, and connections that stay open live on through all that operators do.
# machines: no, the servers that it uses are not installed on the machines
# limit: 600

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
SITE_REST=0
POLL=0.4
. "$LAB_DIRECTORY/site.sh"
rip_of() { case $1 in real1) echo "$RIP1" ;; real2) echo "$RIP2" ;; *) echo "$RIP3" ;; esac; }
database() { serve "$1" mariadb "$(rip_of "$1")"; }
ready() { log_of "$1" mariadb | grep -q 'ready for connections'; }
for host in real1 real2 real3; do database $host; done
for host in real1 real2 real3; do
    within 40 ready $host || fail "the database of $host does not start: $(log_of $host mariadb)
$(cat "$LAB_TMP/$host/servers/mariadb/install.log")"
done
director_define <"$LAB_ROOT/examples/site-mysql.yaml"
director_start
site_becomes site_is replicas up
# A program that logs in for each query, and one that keeps its connection.
site_used_by 4 program mysql "$VIP" 3306 session mysql-session "$VIP" 3306
# session_at: the server of the connection that stays open.
session_at() {
    case $(on director ipvsadm -L -n -c | awk -v v="$VIP:3306" '$5 == v && $3 == "ESTABLISHED" && $2 > most { most = $2; at = $6 } END { print at }') in
    "$RIP1":*) echo real1 ;;
    "$RIP2":*) echo real2 ;;
    *) echo none ;;
    esac
}
other_than() { case $1 in real1) echo real2 ;; *) echo real1 ;; esac; }

# What operators do.
at=$(session_at)
harmless 'a drain' quiesces "$(rip_of "$at")" ctl drain replicas "$(rip_of "$at")" -m 'kernel upgrade'
expect_equal 'where the open connection is during the drain' "$at" "$(session_at)"
harmless 'its end' ctl enable replicas "$(rip_of "$at")"
harmless 'maintenance' quiesces "$(rip_of "$at")" ctl maintenance replicas "$(rip_of "$at")" -m 'new disk'
harmless 'its end' ctl enable replicas "$(rip_of "$at")"
harmless 'another weight' file_changes 's|real_servers: .*|real_servers: [192.168.6.4, {address: 192.168.6.5, weight: 3}]|'
harmless 'a broken file' broken_file
harmless 'a restart of ipvsd' restart
harmless 'a killed ipvsd' killed
site_becomes site_is replicas up
expect_equal 'where the open connection is after all that' "$at" "$(session_at)"
# No query has a server until ipvsd has compared the table.
fault 'a cleared table' table_cleared
# The weights of the slow start rise meanwhile.
restored() { [ "$(table | grep -c '^-a')" -eq 2 ]; }
answered restored
only_failed program session
# A disabled server loses its connections at once, and a query of this moment with them.
at=$(session_at)
fault 'a database that is disabled' ctl disable replicas "$(rip_of "$at")" -m smoke
answered site_is replicas DEGRADED
only_failed program=1 session=1
harmless 'its end' ctl enable replicas "$(rip_of "$at")"
site_becomes site_is replicas up
fault 'a director that starts again' boots :
answered site_is replicas up
only_failed program session

# The server of the open connection fails: the connection ends, and the next one goes to the other server.
at=$(session_at)
fault 'a database that stops' server_dies "$at" mariadb
answered site_is replicas DEGRADED
# The open connection ends, and a new one may go to the same server until two probes have failed.
only_failed program session
harmless 'its return' database "$at"
# It begins with less than its weight.
site_becomes site_is replicas up
expect_contains 'the explanation' 'slow start' "$(ctl explain replicas "$(rip_of "$at")")"
at=$(session_at)
fault 'a database that hangs' server_hangs "$at" mariadb
answered site_is replicas DEGRADED
# Two probes without an answer take 12 s at most, and each program gives up after 10 s.
only_failed program=3 session=3
harmless 'its return' server_resumes "$at" mariadb
site_becomes site_is replicas up
at=$(session_at)
fault 'a machine that is cut off' cut_off "$at" back
answered site_is replicas DEGRADED
only_failed program=3 session=3
harmless 'its return' rejoins "$at" back
site_becomes site_is replicas up
harmless 'a drain during slow start' ctl drain replicas "$(rip_of "$at")" -m again
harmless 'its end' ctl enable replicas "$(rip_of "$at")"

# All replicas fail, and the primary serves.
stop_all() { server_dies real1 mariadb; server_dies real2 mariadb; }
start_all() { database real1; database real2; }
fault 'all replicas stop' stop_all
answered site_is replicas 'ON FALLBACK'
only_failed program session
harmless 'their return' start_all
site_becomes site_is replicas up
hang_all() { server_hangs real1 mariadb; server_hangs real2 mariadb; }
resume_all() { server_resumes real1 mariadb; server_resumes real2 mariadb; }
fault 'all replicas hang' hang_all
answered site_is replicas 'ON FALLBACK'
only_failed program session
harmless 'their return' resume_all
site_becomes site_is replicas up
site_ends
