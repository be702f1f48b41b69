# shellcheck shell=sh
# The vagrant driver: every host of the lab is a machine of vagrant/Vagrantfile, reached by ssh. The machines must be up and
# have a snapshot `base` (`make lab-vagrant` sees to both); each scenario begins with that snapshot restored.
#
# Invariant: the machines' management interface (eth0) is never touched; the lab's networks are eth1 and eth2, which get the
# names that scenarios use. Environment: LAB_RESTORE=no leaves the machines as they are between scenarios.

VAGRANT_CWD=$LAB_ROOT/vagrant
VAGRANT_CHECKPOINT_DISABLE=1
LAB_SSH=$VAGRANT_CWD/state/ssh
export VAGRANT_CWD VAGRANT_CHECKPOINT_DISABLE

vagrant_usable() {
    command -v vagrant >/dev/null 2>&1 && [ -s "$LAB_SSH/config" ]
}

vagrant_needs() {
    echo "it needs the machines of vagrant/ up, with a snapshot; 'make lab-vagrant' does all of that"
}

# vagrant_write_ssh: how the machines are reached, one connection each for all commands.
vagrant_write_ssh() {
    mkdir -p "$LAB_SSH"
    {
        printf 'ControlMaster auto\nControlPath %s/%%n\nControlPersist 600\nLogLevel ERROR\n' "$LAB_SSH"
        # shellcheck disable=SC2086 # one word each
        vagrant ssh-config $HOSTS
    } >"$LAB_SSH/config.new"
    # Options before the first Host hold for all.
    mv "$LAB_SSH/config.new" "$LAB_SSH/config"
}

# vagrant_disconnect: a connection does not outlive a snapshot.
vagrant_disconnect() {
    for host in $HOSTS; do ssh -q -F "$LAB_SSH/config" -O exit "$host" 2>/dev/null || :; done
}

vagrant_quote() {
    for word in "$@"; do
        printf "'%s' " "$(printf '%s' "$word" | sed "s/'/'\\\\''/g")"
    done
}

# driver_on HOST COMMAND...: runs the command as root of that machine.
driver_on() {
    lab_host=$1
    shift
    # What scenarios export counts there too.
    set -- ${IPVSD_STATE:+"IPVSD_STATE=$IPVSD_STATE"} "$@"
    ssh -F "$LAB_SSH/config" "$lab_host" "sudo -n env $(vagrant_quote "PATH=$LAB_GUEST_PATH" "$@")"
}

LAB_GUEST_PATH=/ipvsd/vagrant/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin

# vagrant_isolated COMMAND...: the machines are as they were when the snapshot was taken.
vagrant_isolated() {
    if [ "${LAB_RESTORE:-yes}" = yes ]; then
        # shellcheck source=tests/lab/topology.env
        . "$LAB_DIRECTORY/topology.env"
        vagrant_disconnect
        vagrant_restore base >"$LAB_RESULTS/restore.log" 2>&1 || {
            cat "$LAB_RESULTS/restore.log" >&2
            return 97
        }
    fi
    "$@"
}

# vagrant_restore SNAPSHOT: all machines at the same time, by libvirt itself where it knows them (5 s for five against 22 s).
vagrant_restore() {
    snapshot=$1
    restoring=''
    for host in $HOSTS; do
        { virsh -q -c qemu:///system snapshot-revert "ipvsd_$host" "$snapshot" 2>/dev/null ||
            vagrant snapshot restore --no-provision --no-start "$host" "$snapshot"; } &
        restoring="$restoring $!"
    done
    restored=0
    for process in $restoring; do wait "$process" || restored=1; done
    for host in $HOSTS; do vagrant_reached "$host" || restored=1; done
    return $restored
}

# vagrant_reached HOST: it answers; after a restore the bridges forget for a while where everybody is.
vagrant_reached() {
    tries=0
    until ssh -F "$LAB_SSH/config" -o ConnectTimeout=5 "$1" true 2>/dev/null; do
        tries=$((tries + 1))
        [ $tries -lt 30 ] || { echo "vagrant: $1 does not answer by ssh" >&2; return 1; }
        sleep 0.5
    done
}

# driver_up: the lab's clock and files on every machine; networks are as vagrant_prepare left them.
driver_up() {
    for host in $HOSTS; do
        # shellcheck disable=SC2016 # the shell on the host expands
        on "$host" sh -c 'date -s "@$1" >/dev/null && mkdir -p "$2" "${3%/*}" && { [ -e "$3" ] || ln -s /ipvsd "$3"; }' \
            driver_up "$(date +%s)" "$LAB_TMP" "$LAB_ROOT" </dev/null
    done
}

# vagrant_prepare: what the netns driver does with namespaces, once, before the snapshot is taken: the machines' own services
# stop, the interfaces get the names, addresses and routes of topology.env.
vagrant_prepare() {
    for host in $HOSTS; do
        vagrant_network "$host" | on "$host" sh -eu
    done
    for host in $ROUTERS; do
        on "$host" sysctl -q -w net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 </dev/null
    done
}

# The commands that give one machine its place in the lab.
vagrant_network() {
    cat <<'C'
for unit in ipvsd nginx lab-addresses lab-routes; do systemctl stop "$unit" 2>/dev/null || :; done
modprobe ip_vs 2>/dev/null || :
ipvsadm -C 2>/dev/null || :
sysctl -q -w net.ipv4.ip_nonlocal_bind=0 net.ipv6.conf.all.disable_ipv6=0
number=0
place() {
    number=$((number + 1))
    ip link show "$1" >/dev/null 2>&1 || { ip link set "eth$number" down; ip link set "eth$number" name "$1"; }
    ip address flush dev "$1"
}
C
    for network in front back; do
        printf '%s\n' "$LINKS" | grep -q "^$1 *$network" && echo "place $network"
    done
    echo "$LINKS" | while read -r host network addresses; do
        if [ "$host" != "$1" ] || [ -z "$addresses" ]; then continue; fi
        echo "ip link set $network up"
        for address in $addresses; do
            case $address in
            *:*) echo "ip address replace $address dev $network nodad" ;;
            *) echo "ip address replace $address dev $network" ;;
            esac
        done
    done
    # The management network is no way out: where the lab has no route, there is none.
    echo 'while ip route del default 2>/dev/null; do :; done'
    echo "$GATEWAYS" | while read -r host via; do
        [ "$host" = "$1" ] || continue
        # Before the way that a renewed lease may bring back.
        for address in $via; do echo "ip route replace default via $address metric 50"; done
    done
}
