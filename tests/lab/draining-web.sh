# shellcheck shell=sh
# A web service that says nothing of drains: its servers drain when they fail or leave the configuration.

export DEFINITIONS="$YAML_DEFINITIONS"

# web SERVERS [SERVICE]: the configuration: the servers of the service, and another service beside it.
web() {
    director_define <<D
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: rr
    forwarding: nat
    check: {http: {path: /test.html}, every: 500ms, fall: 1}
    real_servers: [$1]
${2:+  - $2}
D
}
