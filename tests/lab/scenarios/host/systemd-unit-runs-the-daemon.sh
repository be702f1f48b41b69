# shellcheck shell=sh
# The daemon runs by its systemd unit with few of root's rights: it adds a VIP, applies a profile and timeouts, restores all of it at
# a stop, is restarted after a kill, and reloads its configuration.
# namespaces: no, they share one kernel's init, and that is not systemd

put director /etc/ipvsd/ipvsd.yaml <<Y
director: {profile: nat-gateway, timeouts: {tcp: 11m}}
services:
  - listen: tcp://$DIRECT_VIP:80
    vip: {interface: front}
    on_stop: remove
    scheduler: wrr
    forwarding: nat
    check: {http: {path: /test.html}, every: 1s}
    real_servers: ["$RIP1:80", "$RIP2:80"]
Y
settings() {
    on director sh -c 'sysctl net.ipv4.ip_forward net.ipv4.vs; ipvsadm -L --timeout; ip -o -4 address show dev front | grep -o "inet [^ ]*"' </dev/null
}
served() { [ "$(tally 4 "$DIRECT_VIP" 2>/dev/null | paste -sd,)" = '2 real1,2 real2' ]; }
main_process() { on director systemctl show -p MainPID --value ipvsd; }
active() { on director systemctl -q is-active ipvsd; }
journal() { on director journalctl -u ipvsd -o cat --no-pager; }

on director cp "$LAB_ROOT/dist/ipvsd.service" /etc/systemd/system/ipvsd.service
on director cp "$LAB_ROOT/dist/ipvsd.sysusers" /etc/sysusers.d/ipvsd.conf
on director systemd-sysusers
on director install -m 755 "/ipvsd/vagrant/bin/ipvsd" /usr/sbin/ipvsd
on director install -m 755 "/ipvsd/vagrant/bin/ipvsctl" /usr/bin/ipvsctl
on director systemctl daemon-reload
before=$(settings)
on director systemctl start ipvsd || fail "it does not start: $(journal)"
eventually 20 served
expect_contains 'the addresses' "inet $DIRECT_VIP/32" "$(settings)"
expect_contains 'the time limits' '660 ' "$(settings)"
expect_contains 'what it says of the settings' 'net.ipv4.vs.' "$(journal)"
case $(journal) in *'Read-only'* | *'ermission denied'* | *'not permitted'*) fail "it lacks a right: $(journal)" ;; esac
expect_equal 'the mode of the state file' 600 "$(on director stat -c %a /var/lib/ipvsd/state.json)"
# Of root's power it has what the network and check commands with a user need.
power=$(on director sed -n 's/^CapEff:[[:space:]]*//p' "/proc/$(main_process)/status")
expect_equal 'its capabilities' 00000000000030e0 "$power"

# Killed, it is there again, and clients never noticed.
first=$(main_process)
on director kill -KILL "$first"
is_another() { now_main=$(main_process); [ "${now_main:-0}" -ne 0 ] && [ "$now_main" != "$first" ] && active; }
served
eventually 20 is_another
eventually 10 served

# New definitions, and definitions that are none.
on director sed -i "s/, \"$RIP2:80\"//" /etc/ipvsd/ipvsd.yaml
on director systemctl reload ipvsd
alone() { [ "$(tally 4 "$DIRECT_VIP" 2>/dev/null)" = '4 real1' ]; }
eventually 10 alone
on director sh -c 'echo nonsense: 1 >>/etc/ipvsd/ipvsd.yaml'
expect_not on director systemctl reload ipvsd 2>/dev/null
expect active
expect alone
on director sed -i /^nonsense/d /etc/ipvsd/ipvsd.yaml

# What it made of the machine is undone at the stop, the service and its address too, since that is asked for.
on director systemctl stop ipvsd
expect_equal 'the machine after the stop' "$before" "$(settings)"
