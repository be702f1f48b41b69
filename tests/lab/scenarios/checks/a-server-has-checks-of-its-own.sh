# shellcheck shell=sh disable=SC2034
# A real server with checks of its own is judged by them, and all others by those of the service. A reload that gives or takes them
# moves no traffic.

web_listen '80 8080' real1 real2
DEFINITIONS=$LAB_TMP/director/definitions.yaml
# own CHECKS: the service, its first server with these keys in addition.
own() {
    director_define <<D
services:
- listen: tcp://$VIP:80
  scheduler: rr
  forwarding: nat
  check: {http: {path: /test.html}, every: 1s, fall: 1}
  on_failure: remove
  real_servers:
  - {address: $RIP1$1}
  - $RIP2
D
}
both() {
    service
    server "$RIP1"
    server "$RIP2"
}

own ', checks: [{tcp: {}, port: 8080, every: 1s, fall: 1}, {http: {path: /whoami}, every: 1s, fall: 1}]'
director_start
both | eventually_table 5

# The page of the service is not asked of the first server.
on real1 mv "$(web_root real1)/pages/test.html" "$(web_root real1)/pages/away.html"
on real2 mv "$(web_root real2)/pages/test.html" "$(web_root real2)/pages/away.html"
eventually_table 5 <<T
$(service)
$(server "$RIP1")
T
on real2 mv "$(web_root real2)/pages/away.html" "$(web_root real2)/pages/test.html"
both | eventually_table 5
expect_contains 'how the first server is checked' 'http' "$(on director ipvsctl explain "$VIP:80" "$RIP1:80" 2>&1)"

# Its port 8080 is asked of it alone.
web_listen 80 real1 real2
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
web_listen '80 8080' real1
both | eventually_table 5

# Reloads change nothing while everything is well.
on real1 mv "$(web_root real1)/pages/away.html" "$(web_root real1)/pages/test.html"
for keys in '' ', check: {tcp: {}, port: 8080, every: 1s}' ', checks: [tcp, {http: {path: /whoami}}]' ''; do
    own "$keys"
    director_reload
    both | throughout_table 2
done
