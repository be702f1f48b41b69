# shellcheck shell=sh
# A server that is dead when ipvsd starts, or that a reload adds, never gets a connection: it is checked before it is put into
# service.

web_stop real2
web_stop real3
spawn director watch sh -c "while :; do ipvsadm -S -n | sort | tr '\n' ' '; echo; sleep 0.1; done"
start_founding_director_with() { fast_definitions "$@" | director_define; director_start; }
never() {
    for rip in "$RIP2" "$RIP3"; do
        case $1 in *"$rip:80 -m -w 1"*) fail "a dead server was put into service: $1" ;; esac
    done
}

start_founding_director_with quiescent=yes
eventually_table 5 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2" 0)
T
director_define <<D
$(fast_definitions quiescent=yes | sed "/real=$RIP2/a\\        real=$RIP3:80 masq")
D
director_reload
with_both=$(service; server "$RIP1"; server "$RIP2" 0; server "$RIP3" 0)
echo "$with_both" | eventually_table 5
director_stop
start_founding_director_with quiescent=yes cleanstop=no
eventually_table 5 <<T
$(service)
$(server "$RIP1")
$(server "$RIP2" 0)
T
director_stop
start_founding_director_with quiescent=no
eventually_table 5 <<T
$(service)
$(server "$RIP1")
T
signal director watch KILL
never "$(log_of director watch)"
never "$(director_log)"
