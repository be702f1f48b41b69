# shellcheck shell=sh
# ipvsd asks for the addresses of all its VIPs at the same time: fifty are there within a few seconds. A VIP that is withdrawn
# meanwhile leaves at once, a VIP of another machine stays away, and a stop stops adding.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$YAML_DEFINITIONS
FIRST=172.17.60.100
TAKEN=172.17.60.149
# definitions_of COUNT FIRST-NUMBER: services with a VIP each; the first has a server of its own.
definitions_of() {
    cat <<Y
defaults:
  service:
    scheduler: rr
    forwarding: nat
    on_stop: remove
    check: {tcp: {}, every: 1s, fall: 1}
    minimum_healthy: {servers: 1, below: withdraw}
services:
Y
    number=$2
    while [ "$number" -lt $(($1 + $2)) ]; do
        server=$RIP1
        [ "$number" -ne 100 ] || server=$RIP2
        echo "  - {listen: \"tcp://172.17.60.$number:80\", vip: {interface: front}, real_servers: [\"$server:80\"]}"
        number=$((number + 1))
    done
}
vips() {
    on director ip -o -4 address show dev front | grep -c '/32 ' || :
}
vips_are() {
    [ "$(vips)" = "$1" ]
}
has_not() {
    ! on director ip -o address show dev front | grep -q " $1/"
}
# took LIMIT WHAT: not more hundredths of a second since BEGAN.
took() {
    now
    echo "$2: $((NOW - BEGAN)) hundredths of a second"
    [ $((NOW - BEGAN)) -le $(($1 * ${LAB_PATIENCE:-3})) ] || fail "$2 took $((NOW - BEGAN)) hundredths of a second"
}

before=$(vips)
on client ip address add "$TAKEN/32" dev front
definitions_of 50 100 | director_define
director_start
now
BEGAN=$NOW
eventually 10 vips_are $((before + 49))
took 300 'adding 49 VIPs'
expect has_not "$TAKEN"
eventually_log 10 "$TAKEN/32 on front: not added: "
requests_begin users 172.17.60.110

# The server of the first one fails while fifty others are being added.
definitions_of 100 100 | director_define
director_reload
eventually_log 5 'configuration loaded: 100 '
web_stop real2
now
BEGAN=$NOW
eventually 10 has_not "$FIRST"
took 200 'withdrawing a VIP while others are added'
eventually 10 vips_are $((before + 98))
requests_end users

# Of a hundred that are missing, a stop adds none more.
director_stop
expect_equal 'VIPs after the stop' "$before" "$(vips)"
web_start real2
director_start
now
BEGAN=$NOW
director_stop
took 200 'a stop during the additions'
expect_equal 'VIPs after a stop during the additions' "$before" "$(vips)"
