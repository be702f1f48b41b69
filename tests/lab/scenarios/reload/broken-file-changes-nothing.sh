# shellcheck shell=sh
# A reload with a broken file changes nothing in the kernel, ipvsd goes on with what it had, and `status` shows the error. The
# next good file counts.

start_founding_director
both=$(founding_table)

# broken NAME: the daemon is given standard input; it must refuse it and say so.
broken() {
    echo "# a reload with $1"
    director_define
    director_reload
    eventually 5 status_shows_refusal
    table_is "$both" || fail "$(printf 'a reload with %s changed the table to:\n%s' "$1" "$(table)")"
    director_answers || fail "the daemon ended at a reload with $1"
    # The mended file is taken, and the complaint goes.
    fast_definitions | director_define
    director_reload
    eventually 5 status_is_content
}
status_shows_refusal() { on director ipvsctl status --wide | grep -q 'REFUSED .* configuration'; }
status_is_content() { status_lacks REFUSED; }

fast_definitions | sed 's/scheduler=rr/shceduler=rr/' | broken 'a misspelt directive'
fast_definitions nonsense=1 | broken 'an unknown directive'
fast_definitions | sed "s/$RIP1:80/192.168.6.400:80/" | broken 'an address out of range'
fast_definitions | sed "s/$RIP1:80/$RIP1:70000/" | broken 'a port 70000'
fast_definitions | sed "s/real=$RIP1:80 masq/& -1/" | broken 'a weight of -1'
fast_definitions | sed "s/real=$RIP1:80 masq/real=$RIP1:80/" | broken 'a server without forwarding method'
fast_definitions | sed "s/real=$RIP1:80/real=[$RIP61]:80/" | broken 'an IPv6 server under an IPv4 NAT service'
fast_definitions | sed '/^virtual/,$p' | broken 'a virtual service defined twice'
fast_definitions | sed 's/^  *//' | broken 'a block without indentation'
fast_definitions | sed 's/^virtual=[^:]*:/virtual=nowhere.invalid:/' | broken 'a VIP name without an address'
head -c 3000 /dev/urandom | broken 'bytes that are no text'
: | broken 'an empty file'

# Still on duty.
web_stop real1
eventually_table 5 <<T
$(service)
$(server "$RIP2")
T
on director rm "$DEFINITIONS"
director_reload
eventually 5 status_shows_refusal
expect table_is "$(service; server "$RIP2")"
