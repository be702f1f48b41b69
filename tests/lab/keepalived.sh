# shellcheck shell=sh disable=SC2034
# Debian's keepalived on the director, and ours with the same file.

KEEPALIVED_CONF=$LAB_TMP/director/keepalived.conf

# director_log: what either of them has said, for a failure.
director_log() {
    log_of director keepalived 2>/dev/null || :
    log_of director daemon 2>/dev/null || :
}

# keepalived_start: the checker half of keepalived begins with the file. Its own names for its files keep it apart from one of
# the machine.
keepalived_start() {
    spawn director keepalived keepalived -C -n -l -f "$KEEPALIVED_CONF" -p "$LAB_TMP/director/parent.pid" -c "$LAB_TMP/director/checkers.pid"
}

keepalived_stop() {
    signal director keepalived TERM
    eventually 20 ended director keepalived
}

# keepalived_kill: both of its processes end without a chance to remove anything. The parent is stopped first: when it ends, the
# checkers remove their services; when they end, it starts new ones.
keepalived_kill() {
    # shellcheck disable=SC2016
    on director sh -c 'read -r checkers <"$1" && read -r parent <"$2" && kill -s STOP "$parent" && kill -s KILL "$checkers" && kill -s KILL "$parent"' keepalived_kill \
        "$LAB_TMP/director/checkers.pid" "$LAB_TMP/director/keepalived.pid"
    eventually 5 ended director keepalived
}

# ipvsd_start: the daemon begins with the same file.
ipvsd_start() {
    DEFINITIONS=$KEEPALIVED_CONF
    director_start
}

# --- Pairs of directors: the director and real3, which is a director here ---------------------------

SECOND_FRONT=172.17.60.3

# second_director: real3 joins the network of the clients, and is no web server any more.
second_director() {
    web_stop real3
    on real3 ip link set front up
    on real3 ip address add "$SECOND_FRONT/24" dev front
}

# direct_servers: real1 and real2 are behind the direct routing of both directors.
direct_servers() {
    for host in real1 real2; do on $host ip link set front up; done
    on real1 ip address add "$DIRECT_RIP1/24" dev front
    on real2 ip address add "$DIRECT_RIP2/24" dev front
    for host in real1 real2; do on $host ipvsctl realserver up --vip "$DIRECT_VIP" --mode dr >/dev/null; done
}

has_vip() { on "$1" ip -o address show dev front | grep -q " $DIRECT_VIP/32 "; }
lacks_vip() { ! has_vip "$1"; }

# daemon_begin HOST: the daemon of a director begins with its site.yaml.
daemon_begin() {
    spawn "$1" daemon env IPVSD_STATE="$LAB_TMP/$1/state.json" ipvsd --config "$LAB_TMP/$1/site.yaml"
    eventually 20 daemon_answers "$1"
}
daemon_answers() { on "$1" ipvsctl status >/dev/null 2>&1; }

# vrrp_begin HOST: the VRRP half of keepalived begins there with the configuration of standard input.
vrrp_begin() {
    put "$1" "$LAB_TMP/$1/vrrp.conf"
    spawn "$1" keepalived keepalived -P -n -l -f "$LAB_TMP/$1/vrrp.conf" -p "$LAB_TMP/$1/keepalived-parent.pid" -r "$LAB_TMP/$1/vrrp.pid"
}

# direct_site HOST [DIRECTOR]: the site of both directors, with these keys of its director section.
direct_site() {
    put "$1" "$LAB_TMP/$1/site.yaml" <<D
director: {${2:-}}
services:
  - listen: tcp://$DIRECT_VIP:80
    scheduler: rr
    forwarding: dr
    check: {tcp: {}, every: 500ms, timeout: 2s}
    real_servers: [$DIRECT_RIP1, $DIRECT_RIP2]
D
}

# direct_vrrp HOST PRIORITY: keepalived moves the VIP of that site.
direct_vrrp() {
    vrrp_begin "$1" <<C
vrrp_instance front {
    interface front
    virtual_router_id 52
    priority $2
    advert_int 1
    virtual_ipaddress { $DIRECT_VIP/32 }
}
C
}

# first_vanishes: the first director is cut off, and the second has the VIP. first_returns: it is back, and has the VIP again.
first_vanishes() {
    on director ip link set front down
    eventually 20 has_vip real3
}
first_returns() {
    on director ip link set front up
    eventually 20 has_vip director
    eventually 20 lacks_vip real3
}

# entries HOST [STATE]: connections with that VIP that its kernel knows.
entries() { on "$1" ipvsadm -L -n -c | grep -c "${2:-}.*$DIRECT_VIP:80" || :; }
has_entries() { [ "$(entries "$1" "${3:-}")" -ge "$2" ]; }
