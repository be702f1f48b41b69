# shellcheck shell=sh
# The kernel settings of a profile apply while ipvsd runs. They are restored when the profile changes or leaves the
# configuration, at a stop, and by the next start after a kill. `ipvsctl plan` shows each with its reason. A setting that was
# right before is not touched.

# shellcheck disable=SC2034 # director_define and director_start read it
DEFINITIONS=$LAB_TMP/director/definitions.yaml
# NAME VALUE PROFILE REASON: the reason is as much of it as tells it from others.
profiles() {
    cat <<P
ip_forward 1 nat-gateway this machine forwards the replies
conf.all.send_redirects 0 nat-gateway an ICMP redirect would let replies
vs.conntrack 1 nat-gateway stateful firewall rules
vs.snat_reroute 1 nat-gateway rewritten replies are routed by the VIP
vs.conn_reuse_mode 1 nat-gateway a reused client port
vs.expire_nodest_conn 1 nat-gateway a client whose server was removed
vs.expire_quiescent_template 1 nat-gateway a persistent client leaves
vs.conn_reuse_mode 3 dr a client may reuse a port
vs.backup_only 1 dr a backup director
vs.expire_nodest_conn 1 dr a client whose server was removed
vs.expire_quiescent_template 1 dr a persistent client leaves
vs.sloppy_tcp 1 maglev-ecmp a connection that another director accepted
vs.sloppy_sctp 1 maglev-ecmp the same for SCTP
vs.schedule_icmp 1 maglev-ecmp an ICMP error
vs.conn_reuse_mode 3 maglev-ecmp a client that reuses a port
P
}
# Every setting of any profile, as it is now: NAME VALUE a line.
settings() {
    # shellcheck disable=SC2046 # one word each
    on director sysctl $(profiles | sed 's/ .*//; s/^/net.ipv4./' | sort -u) </dev/null | sed 's/^net\.ipv4\.//; s/ = / /'
}
# with PROFILE: the settings as they are with it: its own, and all others as before.
with() {
    profiles | awk -v p="$1" '$3 == p { print $1, $2 }' >"$LAB_TMP/own"
    printf '%s\n' "$before" | awk -v own="$LAB_TMP/own" 'BEGIN { while ((getline line < own) > 0) { split(line, w, " "); value[w[1]] = w[2] } }
        { print $1, ($1 in value ? value[$1] : $2) }'
}
definitions_of() {
    cat <<Y
director: {resync: 1s${1:+, profile: $1}}
services:
  - {listen: 'tcp://$VIP:80', scheduler: rr, forwarding: nat, on_stop: remove, check: none, real_servers: ['$RIP1:80']}
Y
}
plan_of() {
    definitions_of "$1" | put director "$DEFINITIONS.next"
    on director ipvsctl plan "$DEFINITIONS.next"
}
settings_are() {
    [ "$(settings)" = "$1" ]
}
eventually_settings() {
    within 10 settings_are "$2" || fail "$(printf '%s:\n--- expected\n%s\n--- actual\n%s\n--- the daemon said\n%s' "$1" "$2" "$(settings)" "$(director_log | tail -n 20)")"
}

# Every setting is other than each profile wants it, so that all of them show; but one that is right already.
load_modules director ip_vs
sysctl_on director net.ipv4.ip_forward=0 net.ipv4.conf.all.send_redirects=1 net.ipv4.vs.conntrack=0 net.ipv4.vs.snat_reroute=0 \
    net.ipv4.vs.conn_reuse_mode=2 net.ipv4.vs.backup_only=0 net.ipv4.vs.expire_nodest_conn=0 net.ipv4.vs.expire_quiescent_template=0 \
    net.ipv4.vs.sloppy_tcp=0 net.ipv4.vs.sloppy_sctp=1 net.ipv4.vs.schedule_icmp=0
before=$(settings)

for profile in nat-gateway dr maglev-ecmp; do
    plan=$(plan_of $profile)
    profiles | awk -v p=$profile '$3 == p' >"$LAB_TMP/own"
    while read -r name value _ reason; do
        former=$(printf '%s\n' "$before" | sed -n "s/^$name //p")
        [ "$former" != "$value" ] || continue
        expect_contains "the plan of $profile" "set     net.ipv4.$name  $former -> $value   ($profile: $reason" "$plan"
    done <"$LAB_TMP/own"
    # Nothing else, so not what is right already.
    differ=$(with $profile | printf '%s\n' "$before" "$(cat)" | sort | uniq -u | wc -l)
    expect_equal "settings in the plan of $profile" $((differ / 2)) "$(printf '%s\n' "$plan" | grep -c '^ *set     net')"

    definitions_of $profile | director_define
    director_start
    eventually_settings "while a director with $profile runs" "$(with $profile)"
    expect_equal "the plan while $profile is in force" 0 "$(plan_of $profile | grep -c -e ' net\.ipv4' || true)"
    director_stop
    expect_equal "after the stop of a director with $profile" "$before" "$(settings)"
done

# Another profile, then none, by reload.
definitions_of dr | director_define
director_start
eventually_settings 'with dr' "$(with dr)"
plan=$(plan_of maglev-ecmp)
expect_contains 'the plan of another profile' 'restore net.ipv4.vs.backup_only  1 -> 0   (set by ipvsd and no longer configured' "$plan"
expect_contains 'the plan of another profile' 'restore net.ipv4.vs.expire_quiescent_template  1 -> 0   (set by ipvsd and no longer configured' "$plan"
expect_contains 'the plan of another profile' 'set     net.ipv4.vs.sloppy_tcp  0 -> 1   (maglev-ecmp: ' "$plan"
definitions_of maglev-ecmp | director_define
director_reload
eventually_settings 'after a reload from dr to maglev-ecmp' "$(with maglev-ecmp)"
definitions_of '' | director_define
director_reload
eventually_settings 'after a reload without a profile' "$before"

# What a killed director left is known to the next one.
definitions_of maglev-ecmp | director_define
director_reload
eventually_settings 'with maglev-ecmp again' "$(with maglev-ecmp)"
director_kill
expect_equal 'after a kill' "$(with maglev-ecmp)" "$(settings)"
definitions_of dr | director_define
director_start
eventually_settings 'with dr after a kill with maglev-ecmp' "$(with dr)"
director_stop
expect_equal 'at the end' "$before" "$(settings)"
