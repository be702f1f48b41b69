# shellcheck shell=sh
# kill -9 at any instant, again and again: a server known to be down gets no weight, also when it left no trace in the kernel and
# when another program raises it while the daemon is away.

on director ipvsadm -A -t "$VIP:9999" -s mh
foreign="-A -t $VIP:9999 -s mh"
slow() {
    # One look at a server each 30 s, and five of them take it down: only what is remembered can be quicker.
    fast_definitions cleanstop=no "$@" | sed "s/checkinterval=1/checkinterval=30/; s/failurecount=1/failurecount=5/"
}
never() {
    # shellcheck disable=SC2016
    spawn director watch sh -c 'while :; do ipvsadm -S -n | sort | tr "\n" " "; echo; done'
}
seen() {
    signal director watch KILL
    case $(log_of director watch) in *"$RIP2:80 -m -w 1"*) fail "a server known to be bad got weight: $(log_of director watch | grep "$RIP2:80 -m -w 1" | head -n 1)" ;; esac
}

fast_definitions cleanstop=no quiescent=no | director_define
director_start
{ echo "$foreign"; founding_table; } | eventually_table 10
web_stop real2
eventually_table 10 <<T
$foreign
$(service; server "$RIP1")
T
slow quiescent=no | director_define
never
for pause in 0 0.05 0.1 0.2 0.4 0.8 1.6; do
    director_kill
    spawn director daemon ipvsd --config "$DEFINITIONS"
    sleep "$pause"
done
director_ready
throughout_table 2 <<T
$foreign
$(service; server "$RIP1")
T
seen
eventually_log 5 '1 real server known to be down'

# Another program gives it weight while the daemon is away: it is out as soon as the daemon is back, not by its next answers.
director_kill
slow quiescent=yes | director_define
on director ipvsadm -a -t "$VIP:80" -r "$RIP2:80" -m -w 1
director_start
eventually_table 8 <<T
$foreign
$(service; server "$RIP1"; server "$RIP2" 0)
T
