# shellcheck shell=sh
# A service that the kernel refuses is left out while all others serve, and `status` names it. Where a reload brings the fault,
# the service goes on as before.

# site PORT LINE...: a service of the file.
site() {
    cat <<S

virtual=$VIP:$1
    real=$RIP1:80 masq
    fallback=$FALLBACK:80 masq
    service=http
    request="test.html"
S
    shift
    printf '    %s\n' "$@"
}
# stands PORT SCHEDULER RIP: a service of the table.
stands() { printf -- '-A -t %s:%s -s %s\n-a -t %s:%s -r %s:80 -m -w 1\n' "$VIP" "$1" "$2" "$VIP" "$1" "$3"; }
define() { { printf 'checkinterval=1\nnegotiatetimeout=2\n'; cat; } | director_define; }
says() { on director ipvsctl status | grep -q "$1"; }

define <<D
$(site 80 'receive="OK"')
$(site 81 'receive="OK"' scheduler=best)
D
director_start
stands 80 wrr "$RIP1" | eventually_table 10
# The table shows what the kernel has taken before the director knows what it has refused.
eventually 5 says "BROKEN: the service $VIP:81 at .*, left out"
eventually_log 5 'no scheduler best'

# The two change places.
define <<D
$(site 80 'receive="OK"' scheduler=best)
$(site 81 'receive="OK"' scheduler=rr)
D
director_reload
{ stands 80 wrr "$RIP1"; stands 81 rr "$RIP1"; } | eventually_table 10
eventually 5 says "BROKEN: the service $VIP:80 at .*, kept as it was"
eventually_log 5 "the service $VIP:80 has errors and is kept as it was"
{ stands 80 wrr "$RIP1"; stands 81 rr "$RIP1"; } | throughout_table 2
