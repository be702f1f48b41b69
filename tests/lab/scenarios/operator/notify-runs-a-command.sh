# shellcheck shell=sh
# A command under `notify` runs once when several servers go down together and once when they come up, with a summary of what
# happened.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
put director "$LAB_TMP/director/page" <<'P'
#!/bin/sh
printf '%s\n' "$IPVSD_SUMMARY" >>"${0%/*}/pages"
P
on director chmod 755 "$LAB_TMP/director/page"
director_define <<D
notify:
  - {command: [$LAB_TMP/director/page], topics: [servers, services], group_wait: 3s}
director: {freeze: off}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    real_servers: [$RIP1:80, $RIP2:80, $RIP3:80]
D
paged() {
    on director grep -q "$1" "$LAB_TMP/director/pages" 2>/dev/null
}
director_start
{ founding_table; server "$RIP3"; } | eventually_table 20
web_stop real2
web_stop real3
{ service; server "$RIP1"; } | eventually_table 20
eventually 10 paged '2 servers down'
web_start real2
web_start real3
{ founding_table; server "$RIP3"; } | eventually_table 20
eventually 10 paged '2 servers up'
