# shellcheck shell=sh
# A real server given by name follows the name to another address, without a reload; connections of other servers stay. While
# the name cannot be resolved the last address stays, and `status` says so.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/names.yaml

named() { printf '127.0.0.1 localhost\n%s\n' "$*" | director_knows; }

named "$RIP1 first.lab.example
$RIP2 second.lab.example"
director_define <<D
director: {resolve: {every: 1s}}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s, timeout: 5s, fall: 1}
    on_failure: remove
    real_servers: [first.lab.example, second.lab.example]
D
director_start
founding_table | eventually_table 5
download_start first
download_start second

# The second moves; the first keeps its connection, whichever of the downloads that is.
expect_equal 'connections at the first' 1 "$(open_connections "$RIP1")"
named "$RIP1 first.lab.example
$RIP3 second.lab.example"
eventually_table 10 <<T
$(service)
$(server "$RIP1")
$(server "$RIP3")
T
expect_equal 'connections at the first' 1 "$(open_connections "$RIP1")"
eventually_log 5 "host name second.lab.example changed from $RIP2 to $RIP3"

# No name can be resolved: the last answers stay.
named ''
eventually 10 status_says "NOT RESOLVED: first.lab.example keeps $RIP1"
eventually 10 status_says "NOT RESOLVED: second.lab.example keeps $RIP3"
throughout_table 2 <<T
$(service)
$(server "$RIP1")
$(server "$RIP3")
T
director_reload
eventually_log 10 'its last address'
table_is "$(service; server "$RIP1"; server "$RIP3")" || fail 'a reload without names changed the table'
director_answers || fail 'the daemon ended'

# They can again.
named "$RIP1 first.lab.example
$RIP2 second.lab.example"
founding_table | eventually_table 10
# Each name is asked for by itself.
eventually 10 status_lacks 'NOT RESOLVED'

# An operator may say the name, too.
on director ipvsctl drain web second -m 'new disks' --author ann
expect_contains 'the chain' 'drain: new disks (override by root (ann))' "$(on director ipvsctl explain web second.lab.example)"
on director ipvsctl enable web second.lab.example:80 --author ann
founding_table | eventually_table 5
