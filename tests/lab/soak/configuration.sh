# shellcheck shell=sh disable=SC2154,SC2034
# The configurations of the site: what clients use, a healthy server whose checks are timed, and what faults put beside them.

DEFINITIONS=$YAML_DEFINITIONS
PULSE_PORT=8088

# base_configuration [WEIGHT [SECTION]]: with this weight of real1's servers, and with more sections before the services.
base_configuration() {
    cat <<Y
${2-}
director: {resync: 1s, safety_limits: off}
checks:
  page: {http: {path: /test.html, expect: {body: OK}}, every: 1s, timeout: 5s, fall: 3}
services:
  - name: web
    listen: tcp://$VIP:80
    scheduler: wrr
    forwarding: nat
    check: page
    real_servers: [{address: "$RIP1:80", weight: ${1:-1}}, "$RIP2:80"]
  - name: web6
    listen: "tcp://[$VIP6]:80"
    scheduler: wrr
    forwarding: nat
    check: page
    real_servers: [{address: "[$RIP61]:80", weight: ${1:-1}}, "[$RIP62]:80"]
$(healthy_service)
Y
}

# healthy_service: its server writes down when each check comes (see pulse).
healthy_service() {
    cat <<Y
  - name: pulse
    listen: tcp://$VIP:$PULSE_PORT
    scheduler: rr
    forwarding: nat
    check: {http: {path: /}, every: 1s, timeout: 5s, fall: 3}
    real_servers: ["$RIP3:$PULSE_PORT"]
Y
}

# other_configuration: other weights, and five services more.
other_configuration() {
    base_configuration 3
    for other_port in 8090 8091 8092 8093 8094; do
        echo "  - {listen: \"tcp://$VIP:$other_port\", scheduler: rr, forwarding: nat, check: page, real_servers: [\"$RIP1:80\", \"$RIP2:80\"]}"
    done
}

# use: standard input becomes the configuration, and the daemon reads it.
use() {
    director_define
    on director ipvsctl reload --force >"$SOAK/reload.log" 2>&1 || complain "a reload fails during \"$soak_words\": $(cat "$SOAK/reload.log")"
}

# base_again: the configuration of the beginning.
base_again() {
    base_configuration | use
}
