# shellcheck shell=sh disable=SC2154,SC2034
# Faults of the kernel's table and network: cleared, changed by another program, interface and address gone, module unloaded.

add_fault cleared explains 'ipvsadm -C'
fault_cleared() { repeatedly 5 2 cleared; }
cleared() {
    on director ipvsadm -C
    within 20 whole || complain "the table is not restored: $(table)"
}

add_fault cleared_at_once explains 'ipvsadm -C every second, 5 times, without a wait'
fault_cleared_at_once() {
    soak_times=1
    for _ in 1 2 3 4 5; do on director ipvsadm -C; sleep 1; done
}

# It deletes, adds and edits in services of ipvsd, as fast as it can, and has a service of its own, which stays.
add_fault foreign_writer explains 'another program that changes the table'
fault_foreign_writer() {
    long_or_short 6 3
    # shellcheck disable=SC2016 # the shell on the host expands
    on director timeout "$LENGTH" sh -c 'ipvsadm -A -t "$1:9999" -s rr
        while :; do
            ipvsadm -d -t "$1:80" -r "$2:80"
            ipvsadm -e -t "$1:80" -r "$3:80" -m -w 7
            ipvsadm -a -t "$1:80" -r "$4:80" -m -w 1
            ipvsadm -E -t "$1:80" -s lc
        done' writer "$VIP" "$RIP1" "$RIP2" "$RIP3" >/dev/null 2>&1 || :
    on director ipvsadm -D -t "$VIP:9999" || complain 'a service of another program was removed'
    # ipvsd leaves a server of another program in its service only until it compares the table again.
    within 20 whole || :
}

add_fault link_gone explains 'the interface to the real servers goes down'
fault_link_gone() {
    link_down
    persists 6 2
    link_up
}

add_fault address_gone explains 'the VIP is removed from its interface'
fault_address_gone() {
    on director ip address del "$VIP/24" dev front
    persists 5 2
    on director ip address add "$VIP/24" dev front
}

# ipvsd is paused meanwhile, as it would use the table at once.
add_fault module_unloaded explains 'the module ip_vs is unloaded'
fault_module_unloaded() {
    in_a_guest || { soak_words="$soak_words (not played: the kernel is not of the lab alone)"; return 0; }
    signal director daemon STOP
    on director ipvsadm -C
    modules=$(awk '$1 ~ /^ip_vs_/ { print $1 }' /proc/modules)
    # shellcheck disable=SC2086 # one word each
    within 5 "$(cat /proc/sys/kernel/modprobe)" -r -a $modules ip_vs 2>"$SOAK/rmmod.log" || soak_words="$soak_words (refused by the kernel: a table only cleared)"
    signal director daemon CONT
    persists 3 2
    load_modules director ip_vs
}
