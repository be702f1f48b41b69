# shellcheck shell=sh
# `persistent=0` means no persistence, and an expression that is invalid matches nothing. Where a reload makes an expression
# invalid, the service stays as it was.

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
$(site 82 'receive="OK"' persistent=0)
$(site 83 'receive="O(K"')
D
director_start
eventually_table 10 <<T
$(stands 82 wrr "$RIP1")
$(stands 83 wrr "$FALLBACK")
T

define <<D
$(site 81 'receive="OK"' scheduler=rr)
$(site 82 'receive="OK"')
$(site 83 'receive="OK"')
D
director_reload
good=$(stands 81 rr "$RIP1"; stands 82 wrr "$RIP1"; stands 83 wrr "$RIP1")
echo "$good" | eventually_table 10

define <<D
$(site 81 'receive="O(K"' scheduler=rr)
$(site 82 'receive="OK"')
$(site 83 'receive="[OK"')
D
director_reload
eventually 5 says "BROKEN: the service $VIP:83 at .*, kept as it was"
echo "$good" | throughout_table 4
