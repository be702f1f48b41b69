# shellcheck shell=sh
# The netns driver: every host of the lab is a network namespace of this kernel, joined by one bridge
# per network. Leaves the words of scenarios to lib.sh.
#
# Invariant: everything happens in namespaces made here (network, mount, process); nothing reaches the
# host's own interfaces, IPVS table, /run or /var/log, and all of it ends with the first process.

netns_usable() {
    [ "$(id -u)" -eq 0 ] && unshare --net ipvsadm -L -n >/dev/null 2>&1
}

netns_needs() {
    echo 'it needs root and a kernel with IPVS (modprobe ip_vs)'
}

# netns_isolated COMMAND...: runs it as the first process of fresh namespaces; all its children end with it.
netns_isolated() {
    # shellcheck disable=SC2016 # the inner shell expands
    unshare --net --mount --pid --fork --kill-child --mount-proc sh -c '
        mount -t tmpfs -o mode=755 tmpfs /run && mount -t tmpfs -o mode=755 tmpfs /var/log || exit 97
        ip link set lo up
        # Stays as the first process, which is the one that buries orphans.
        "$@"
        status=$?
        # IPVS keeps the route to a real server of IPv6 that is the director itself until `lo` goes down. That route holds the
        # interface of the address, so that the kernel would wait for ever for the end of an interface that dies before `lo`, as
        # a veth does with its peer (net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_forget_dev; net/ipv6/route.c, ip6_rt_copy_init).
        for host in /run/netns/*; do
            [ ! -e "$host" ] || nsenter --net="$host" ip link set lo down
        done
        exit $status' netns "$@"
}

# driver_up: creates the hosts and networks of topology.env in the current namespaces.
driver_up() {
    mkdir -p /run/netns
    {
        for host in $HOSTS; do echo "netns add $host"; done
        for network in $NETWORKS; do echo "link add $network type bridge"; echo "link set $network up"; done
        echo "$LINKS" | while read -r host network _; do
            [ -n "$host" ] || continue
            echo "link add $host-$network type veth peer name $network netns $host"
            echo "link set $host-$network master $network"
            echo "link set $host-$network up"
        done
    } | ip -batch -
    for host in $HOSTS; do netns_configure "$host" | ip -n "$host" -batch -; done
    for host in $ROUTERS; do
        on "$host" sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 1 >/proc/sys/net/ipv6/conf/all/forwarding'
    done
}

# The commands of `ip` that give one host its addresses and routes.
netns_configure() {
    echo 'link set lo up'
    while read -r host network addresses; do
        if [ "$host" != "$1" ] || [ -z "$addresses" ]; then continue; fi
        for address in $addresses; do
            case $address in
            *:*) echo "address add $address dev $network nodad" ;;
            *) echo "address add $address dev $network" ;;
            esac
        done
        echo "link set $network up"
    done <<L
$LINKS
L
    while read -r host via; do
        [ "$host" = "$1" ] || continue
        for address in $via; do echo "route add default via $address"; done
    done <<G
$GATEWAYS
G
}

# driver_on HOST COMMAND...: runs the command on that host.
driver_on() {
    lab_host=$1
    shift
    if [ -n "${LAB_ENTER:-}" ]; then
        "$LAB_ENTER" "/run/netns/$lab_host" "$@"
    else
        nsenter --net="/run/netns/$lab_host" "$@"
    fi
}
