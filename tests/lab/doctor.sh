# shellcheck shell=sh
# The words and the machines of the doctor's scenarios: a director with three healthy services, faults that are made on
# purpose, and what the doctor says of them, kept for tests/lab/doctor-transcripts.md. Leaves the faults to the scenarios.

for host in director real1 real2 real3; do
    load_modules "$host" ipip iptable_filter xt_conntrack iptable_mangle 2>/dev/null || :
done
VIP_BY_TUNNEL=172.17.60.202
definitions=$LAB_TMP/director/web.yaml

# state_of HOST: hosts of the lab share /run, so each has a memory of its own.
state_of() { echo "$LAB_TMP/$1/realserver.json"; }

# realserver HOST ARGUMENT...
realserver() {
    realserver_host=$1
    shift
    on "$realserver_host" ipvsctl realserver "$@" --state "$(state_of "$realserver_host")" >/dev/null
}

# Three services, as they should be: real1 by NAT, real2 by direct routing, real3 through a tunnel.
doctor_up() {
    direct_director
    on director ip address add "$VIP_BY_TUNNEL/24" dev front
    on real2 ip address add "$DIRECT_RIP2/24" dev front
    on real2 ip link set front up
    realserver real2 up --vip "$DIRECT_VIP" --mode dr
    on real3 ip address add "$DIRECT_RIP3/24" dev front
    on real3 ip link set front up
    realserver real3 up --vip "$VIP_BY_TUNNEL" --mode ipip
    on director ipvsadm -R <<T
-A -t $VIP:80 -s rr
-a -t $VIP:80 -r $RIP1:80 -m -w 1
-A -t $DIRECT_VIP:80 -s rr
-a -t $DIRECT_VIP:80 -r $DIRECT_RIP2:80 -g -w 1
-A -t $VIP_BY_TUNNEL:80 -s rr
-a -t $VIP_BY_TUNNEL:80 -r $RIP3:80 -i -w 1
T
    # As ipvsd would set it, which does not run here.
    sysctl_on director net.ipv4.vs.conn_reuse_mode=3
    put director "$definitions" <<Y
services:
  - {listen: 'tcp://$VIP:80', scheduler: rr, forwarding: nat, real_servers: ['$RIP1:80']}
  - {listen: 'tcp://$DIRECT_VIP:80', scheduler: rr, forwarding: dr, real_servers: ['$DIRECT_RIP2:80']}
  - {listen: 'tcp://$VIP_BY_TUNNEL:80', scheduler: rr, forwarding: tunnel, real_servers: ['$RIP3:80']}
Y
}

# section TITLE: what follows is about this fault.
section() {
    echo "## $1" | tee -a "$LAB_RESULTS/$SCENARIO.doctor"
}

# untried TITLE: this kernel does not allow to make that fault.
untried() {
    echo "$1" >>"$LAB_RESULTS/$SCENARIO.untried"
}

# told HOST COMMAND...: what stands on standard input came of the command there.
told() {
    told_host=$1
    shift
    { echo "$told_host# $*" | sed "s|${definitions}[.a-z]*|web.yaml|"; cat; } | tee -a "$LAB_RESULTS/$SCENARIO.doctor"
}

# doctor WAIT HOST [ARGUMENT...]: the faults that it names, one a line, each once, in `found`; its status in `doctor_status`.
doctor() {
    doctor_wait=$1
    doctor_host=$2
    shift 2
    doctor_status=0
    on "$doctor_host" ipvsctl doctor --wait "$doctor_wait" --state "$(state_of "$doctor_host")" "$@" >"$LAB_TMP/doctor" 2>&1 || doctor_status=$?
    found=$(sed -n 's/^\([a-z][a-z-]*\): .*/\1/p' "$LAB_TMP/doctor" | sort -u)
}

# finds HOST FAULT [ARGUMENT...]: the doctor finds this fault and no other there. On a slow machine an answer of the network
# may come late; the doctor then gets more time, once.
finds() {
    finds_host=$1
    wanted=$2
    shift 2
    doctor 1 "$finds_host" "$@"
    [ "$found" = "$wanted" ] || doctor $((2 * ${LAB_PATIENCE:-3})) "$finds_host" "$@"
    [ "$found" = "$wanted" ] || fail "$(printf '%s should have %s:\n%s' "$finds_host" "${wanted:-no fault}" "$(cat "$LAB_TMP/doctor")")"
    expect_equal 'the exit status' "$([ -z "$wanted" ] && echo 0 || echo 1)" "$doctor_status"
    told "$finds_host" ipvsctl doctor "$@" <"$LAB_TMP/doctor"
}

# on_director FAULT, seen_on_director FAULT: with and without echoes and questions over the network.
on_director() {
    finds director "$1" --config "$definitions"
}
seen_on_director() {
    finds director "$1" --quiet --config "$definitions"
}

# fixed HOST: runs there the fix that the doctor just printed; of several ways, the first.
fixed() {
    sed -n 's/^  fix       //p' "$LAB_TMP/doctor" | sed 's/^on [0-9a-f.:]*: //; s/;.*//' >"$LAB_TMP/fix"
    while IFS= read -r fix; do
        case $fix in
        'ipvsctl realserver '*) own="--state $(state_of "$1")" ;;
        *) own= ;;
        esac
        on "$1" sh -c "$fix $own" </dev/null >"$LAB_TMP/fix.out" 2>&1 ||
            fail "the doctor's own words do not fix it: $fix: $(cat "$LAB_TMP/fix.out")"
        told "$1" "$fix" <"$LAB_TMP/fix.out"
    done <"$LAB_TMP/fix"
}
